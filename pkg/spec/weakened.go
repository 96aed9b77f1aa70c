package spec

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Weakening is something by which earlier files guarded access, and later ones do not, or do less.
type Weakening struct {
	What Guard  `json:"what"`
	On   string `json:"on"`             // which rule, subject, resource or connection it is about
	From string `json:"from,omitempty"` // what the earlier files say
	To   string `json:"to,omitempty"`   // what the later ones say; "": nothing
	// Source is the line of the later files, and Was that of the earlier ones; "" where there is none.
	Source string `json:"source,omitempty"`
	Was    string `json:"was,omitempty"`
}

// Guard is what guards access.
type Guard string

// The guards.
const (
	GuardRule       Guard = "rule"      // a limit is higher, or off
	GuardProtected  Guard = "protected" // a subject is protected no longer
	GuardSelf       Guard = "require-self"
	GuardMinMembers Guard = "min-members"
	GuardResource   Guard = "resource"  // is listed no longer, and so nobody looks at who holds it
	GuardOwnership  Guard = "ownership" // how far the files rule a resource
	GuardSetting    Guard = "setting"   // lets in more, or is looked after no longer
	GuardLeft       Guard = "left"      // somebody who left loses what they hold no longer
	GuardConnection Guard = "connection"
	GuardTest       Guard = "test"       // an access test is gone
	GuardPeople     Guard = "usersFrom"  // what lists people, or says of them that they leave, is another or gone
	GuardReviewers  Guard = "reviewers"  // others decide in access reviews, or nobody
	GuardFormer     Guard = "previously" // the name that a resource is still live under is gone, so that another one is made
)

// Guards lists all guards in the order in which they are told.
var Guards = []Guard{GuardRule, GuardProtected, GuardSelf, GuardMinMembers, GuardTest, GuardReviewers, GuardPeople, GuardConnection, GuardOwnership, GuardSetting, GuardResource, GuardFormer, GuardLeft}

// Weakened lists what guards access by the earlier files and does not, or does less, by the later ones, sorted by guard.
func Weakened(earlier, later *Spec) []Weakening {
	w := weakened{earlier: earlier, later: later}
	w.limits()
	w.protections(GuardProtected, earlier.Rules.Protected, later.Rules.Protected)
	w.protections(GuardSelf, earlier.Rules.RequireSelf, later.Rules.RequireSelf)
	w.minMembers()
	w.tests()
	w.reviewers()
	w.people()
	w.connections()
	w.resources()
	w.left()
	slices.SortStableFunc(w.found, func(a, b Weakening) int {
		return cmp.Or(cmp.Compare(slices.Index(Guards, a.What), slices.Index(Guards, b.What)), strings.Compare(a.On, b.On))
	})
	return w.found
}

type weakened struct {
	earlier, later *Spec
	found          []Weakening
}

func (w *weakened) add(what Guard, on, from, to string, source, was Position) {
	w.found = append(w.found, Weakening{what, on, from, to, source.Source(), was.Source()})
}

func (w *weakened) limits() {
	for _, l := range limits {
		had, have := *l.of(&w.earlier.Rules), *l.of(&w.later.Rules)
		if had.stricter(have) {
			w.add(GuardRule, l.rule, had.text(l.percent), have.text(l.percent), w.later.ruleAt[l.rule], w.earlier.ruleAt[l.rule])
		}
	}
}

func (l Limit) text(percent bool) string {
	switch {
	case l.Off:
		return "off"
	case percent:
		return fmt.Sprintf("%d%%", l.Value)
	}
	return fmt.Sprint(l.Value)
}

// protections finds those that are gone, under each name that counted for them.
func (w *weakened) protections(what Guard, had, have []Protection) {
	still := map[string]bool{}
	for _, p := range have {
		still[p.text()] = true
	}
	for _, p := range had {
		if on := p.text(); !still[on] {
			still[on] = true
			w.add(what, on, "", "", Position{}, p.Source)
		}
	}
}

// text is the protection as rules write it.
func (p Protection) text() string {
	text := formOf(p.Subject.Kind).prefix + ":" + strings.TrimPrefix(p.Subject.String(), p.Subject.prefix())
	if p.Resource != nil {
		text = string(p.Resource.Kind) + ":" + p.Resource.Name + "/" + text
	}
	return text
}

func (w *weakened) minMembers() {
	for _, had := range w.earlier.Rules.MinMembers {
		same := func(m MinMembers) bool { return m.Kind == had.Kind && m.Name == had.Name }
		have, to := MinMembers{}, ""
		if i := slices.IndexFunc(w.later.Rules.MinMembers, same); i >= 0 {
			have = w.later.Rules.MinMembers[i]
			to = fmt.Sprint(have.Count)
		}
		if have.Count < had.Count {
			w.add(GuardMinMembers, string(had.Kind)+":"+had.Name, fmt.Sprint(had.Count), to, have.Source, had.Source)
		}
	}
}

// tests finds those that are gone, whatever line they were in.
func (w *weakened) tests() {
	still := map[string]bool{}
	for _, t := range w.later.tests {
		still[t.String()] = true
	}
	was, is := w.earlier.byName(), w.later.byName()
	for _, t := range w.earlier.tests {
		on := t.String()
		if !still[on] {
			still[on] = true
			w.add(GuardTest, on, "", "", Position{}, t.Source)
		} else if t.Asserts == AssertCannot {
			w.testedNames(t, was[t.Who], is[t.Who])
		}
	}
}

// testedNames adds the names under which somebody may have by now what a test says that they must not.
func (w *weakened) testedNames(t Test, had, have *user) {
	if had == nil || have == nil {
		return
	}
	for _, name := range w.lostNames(had, have) {
		w.add(GuardTest, t.String()+", of "+name+",", "", "", have.source, t.Source)
	}
}

// connections finds those that reach something else, or with another credential, or may do more.
func (w *weakened) connections() {
	for _, had := range w.earlier.Connections {
		i := slices.IndexFunc(w.later.Connections, func(c Connection) bool { return c.Name == had.Name })
		if i < 0 {
			continue // what it held is found by itself
		}
		have := w.later.Connections[i]
		was, is := had.reaches(), have.reaches()
		for _, key := range slices.Sorted(maps.Keys(merged(was, is))) {
			if was[key] != is[key] {
				w.add(GuardConnection, had.Name+" "+key, was[key], is[key], have.Source, had.Source)
			}
		}
	}
}

// reaches is what a connection reaches and by what, as words.
func (c Connection) reaches() map[string]string {
	all := map[string]string{"provider": c.Provider}
	for key, value := range c.Settings {
		all[key] = value
	}
	for family, url := range c.Endpoints {
		all[strings.TrimSpace("endpoint "+family)] = url
	}
	for key, ref := range c.Auth {
		all[key] = ref.String()
	}
	if len(c.Experimental) > 0 {
		all["experimental"] = strings.Join(c.Experimental, ", ")
	}
	if c.Packing != (Packing{}) {
		all["packing"] = fmt.Sprintf("regrant %d, coverAbsent %d", c.Packing.Regrant, c.Packing.CoverAbsent)
	}
	return all
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// SameTenant says whether two connections surely reach the same, with the same credentials.
func SameTenant(a, b Connection) bool {
	return a.Provider == b.Provider && maps.Equal(a.Settings, b.Settings) && maps.Equal(a.Endpoints, b.Endpoints) &&
		maps.EqualFunc(a.Auth, b.Auth, func(a, b Reference) bool { return a.String() == b.String() })
}

func (w *weakened) resources() {
	now := make(map[Ref]*resource, len(w.later.resources))
	for _, r := range w.later.resources {
		now[r.ref()] = r
		if former, renamed := r.FormerRef(r.ref()); renamed {
			now[former] = r
		}
	}
	for _, had := range w.earlier.resources {
		have, on := now[had.ref()], had.in.name+" "+had.ref().String()
		switch {
		case had.Absent && (have == nil || !have.Absent):
			w.undeleted(on, had, have)
		case have == nil && had.Ownership != Ignored:
			w.add(GuardResource, on, "", "", Position{}, had.Source)
		case have == nil || have.Absent:
		default:
			if had.Ownership != have.Ownership {
				w.add(GuardOwnership, on, string(had.Ownership), string(have.Ownership), have.Source, had.Source)
			}
			w.settings(on, had, have)
		}
	}
}

// undeleted adds that a resource stays which was to go.
func (w *weakened) undeleted(on string, had, have *resource) {
	if have == nil {
		w.add(GuardResource, on, absent, "", Position{}, had.Source)
	} else {
		w.add(GuardResource, on, absent, present, have.Source, had.Source)
	}
}

// settings finds those that let in more than they did, or that are looked after no longer.
func (w *weakened) settings(on string, had, have *resource) {
	for _, s := range had.schema.Settings {
		from, to := had.meant(s.Key), have.meant(s.Key)
		if s.Reach == nil && !s.User || from == "" || from == to {
			continue
		}
		if to == "" || s.Reach != nil && s.Reach.Words != nil && s.Reach.Narrows(to, from) {
			w.add(GuardSetting, on+" "+s.Key, from, to, have.Source, had.Source)
		}
	}
}

// meant is what the files say of a setting, be it without words.
func (r *resource) meant(key string) string { return cmp.Or(r.Settings.Get(key), r.Implied.Get(key)) }

// leaves adds that somebody leaves later, or not at all.
func (w *weakened) leaves(had, have *user) {
	to, source := "", Position{}
	if have != nil {
		to, source = "active", have.source
		if have.leaves != nil {
			to = have.leaves.text
		}
	}
	w.add(GuardLeft, had.name, had.leaves.text, to, source, had.source)
}

func (w *weakened) left() {
	now := w.later.byName()
	for _, u := range w.earlier.users {
		have := now[u.name]
		switch {
		case u.leaves != nil && (have == nil || !have.left && (have.leaves == nil || have.leaves.at.After(u.leaves.at))):
			w.leaves(u, have)
		case !u.left && u.leaves == nil:
		case have != nil && (have.left || u.leaves != nil):
			for _, name := range w.lostNames(u, have) {
				w.add(GuardLeft, u.name+" as "+name, "", "", have.source, u.source)
			}
		case have == nil:
			w.add(GuardLeft, u.name, "", "", Position{}, u.source)
		default:
			w.add(GuardLeft, u.name, "", "active", have.source, u.source)
		}
	}
}
