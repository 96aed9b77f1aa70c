package diff

import (
	"cmp"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Aspect is one list or one setting of a resource.
type Aspect struct {
	Resource spec.Ref
	Role     spec.Role // whose list it is; "" of a setting
	Setting  string    // its key; "" of a list
}

// Unseen is an aspect that reads do not show, so that nobody can tell whether it is as the files want it. It is neither a match
// nor a difference, and is never confirmed.
type Unseen struct {
	Resource string    `json:"resource"` // KIND/NAME
	Role     spec.Role `json:"role,omitempty"`
	Setting  string    `json:"setting,omitempty"`
	Grants   int       `json:"grants,omitempty"` // of a list: how many the files want there and no read shows
	Why      string    `json:"why"`
}

// CantSee says why a list or a setting can't be read, of a resource that may not be there yet. Nothing is granted, revoked or
// set there.
func (l *Live) CantSee(a Aspect, why string) {
	if l.Unseen == nil {
		l.Unseen = map[Aspect]string{}
	}
	l.Unseen[a] = why
}

// CantSet says why a setting, which can be read, can't be made what it is to be; the first reason stays. All else of the resource
// goes on.
func (l *Live) CantSet(ref spec.Ref, key, why string) {
	if l.Unsettable == nil {
		l.Unsettable = map[Aspect]string{}
	}
	if a := (Aspect{Resource: ref, Setting: key}); l.Unsettable[a] == "" {
		l.Unsettable[a] = why
	}
}

// hides says whether the list that a grant would be on can't be read, or was not read whole: what it lacks may be there.
func (l *Live) hides(g spec.Grant) bool {
	_, hidden := l.Unseen[Aspect{Resource: g.Resource, Role: g.Role}]
	return hidden || l.Resources[g.Resource].Incomplete != ""
}

// Tells says whether live would show what a change does, were it done: the list or the setting that it is about was read, and whole.
// Of what live does not tell, that it lacks something says nothing.
func (l *Live) Tells(connection string, c Change) bool {
	ref := c.Ref(connection)
	r := l.Resources[ref]
	switch {
	case r.Incomplete != "" || l.Unsupported[ref] != "": // of what is not supported no list may have been read
		return false
	case c.Op == OpGrant || c.Op == OpRevoke:
		return !r.Open && !l.hides(c.Grant(connection))
	}
	return !l.hidesSetting(ref, c.Field)
}

// hidesSetting says whether a setting can't be read.
func (l *Live) hidesSetting(ref spec.Ref, key string) bool {
	_, hidden := l.Unseen[Aspect{Resource: ref, Setting: key}]
	return hidden
}

// Seen says how many of the wanted grants live shows, and what it can't show, sorted.
func (c *Comparison) Seen() (matching int, unseen []Unseen) {
	matching = c.ruled() - c.missing.Len() + len(c.respelt)
	by := map[Aspect]*Unseen{}
	add := func(a Aspect, why string) *Unseen {
		if by[a] == nil {
			by[a] = &Unseen{Resource: a.Resource.String(), Role: a.Role, Setting: a.Setting, Why: why}
		}
		return by[a]
	}
	for a, why := range c.live.Unseen {
		want, listed := c.desired.Resources[a.Resource]
		if listed && want.Ownership != spec.Ignored && (a.Setting == "" || want.Settings.Get(a.Setting) != "") {
			add(a, why)
		}
	}
	for _, g := range c.hidden {
		a := Aspect{Resource: g.Resource, Role: g.Role}
		add(a, cmp.Or(c.live.Unseen[a], c.live.Resources[g.Resource].Incomplete)).Grants++
	}
	for _, u := range by {
		unseen = append(unseen, *u)
	}
	slices.SortFunc(unseen, Unseen.compare)
	return matching - len(c.hidden), unseen
}

// ruled is how many grants the files want where they do more than watch.
func (c *Comparison) ruled() int {
	n := c.desired.Grants.Len()
	for ref, r := range c.desired.Resources {
		if r.Ownership == spec.Ignored {
			n -= c.desired.Grants.CountOn(ref)
		}
	}
	return n
}

func (u Unseen) compare(o Unseen) int {
	return cmp.Or(strings.Compare(u.Resource, o.Resource), strings.Compare(string(u.Role), string(o.Role)), strings.Compare(u.Setting, o.Setting))
}

// Tally counts apart what is as the files want it, what is not, and what nobody can tell.
type Tally struct {
	Match          int `json:"match"`          // grants that are wanted and there
	Differ         int `json:"differ"`         // changes that would be needed, blocked ones included
	Unseen         int `json:"unseen"`         // grants that are wanted on lists that can't be read
	UnseenSettings int `json:"unseenSettings"` // settings that are wanted and can't be read
}

// add counts a connection.
func (t *Tally) add(matching, differing int, unseen []Unseen) {
	t.Match += matching
	t.Differ += differing
	for _, u := range unseen {
		t.Unseen += u.Grants
		if u.Setting != "" {
			t.UnseenSettings++
		}
	}
}
