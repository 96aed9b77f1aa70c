package wps365

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// groupIntent is what the files want of one mail group. Writers do not ask it: a change holds what is sent.
type groupIntent struct {
	spec.Resource
	named map[naming][]spec.Subject
	left  map[spec.Subject]spec.Origin
}

// naming is a role and a folded name: the address of a subject, or the name of a department.
type naming struct {
	role spec.Role
	name string
}

// learn takes over what desired says.
func (r *Reader) learn(desired spec.State) {
	for ref, res := range desired.Resources {
		r.intents[ref] = &groupIntent{res, map[naming][]spec.Subject{}, desired.Departed}
	}
	for g := range desired.Grants.All() {
		w, at := r.intents[g.Resource], naming{g.Role, fold(g.Subject.Name)}
		w.named[at] = append(w.named[at], g.Subject)
	}
}

func (w *groupIntent) owner() string   { return w.Settings.Get("owner") }
func (w *groupIntent) senders() string { return w.Settings.Get("senders") }

// owned says whether it matters whose the group is.
func (w *groupIntent) owned() bool {
	return w.owner() != "" && !w.Absent && w.Ownership != spec.Ignored
}

func (w *groupIntent) hasLeft(subjects []spec.Subject) bool {
	return slices.ContainsFunc(subjects, func(s spec.Subject) bool { _, left := w.left[s]; return left })
}

// bodyOf is how a group is made with settings. What they leave open is the first part of the address and the tenant's own people.
func bodyOf(address string, settings spec.Settings) mailGroupBody {
	local, _, _ := strings.Cut(address, "@")
	return mailGroupBody{Address: address, Name: cmp.Or(settings.Get("name"), local), OwnerAddress: settings.Get("owner"),
		AcceptedType: acceptedType(cmp.Or(settings.Get("senders"), sendersCompany))}
}

// view is how a list of a group is dealt with.
type view int

const (
	shown       view = iota // read, and changed as the files want
	meaningless             // neither: it is empty, or about to be
	hidden                  // neither: no call may show or change it
)

// view says how. Accepted senders mean something, and can be read and written, only while a group is for them (custom).
func (r *Reader) view(l memberList, w *groupIntent, live string) view {
	changes := w.senders() != "" && w.senders() != live && live != ""
	matters := l.role == spec.RoleMember || live == sendersCustom || w.senders() == sendersCustom
	switch {
	case !matters, w.Absent && (live == "" || !r.may[wordDelete]):
		return meaningless
	case !r.may[l.word] && w.Ownership == spec.Ignored:
		return meaningless
	case !r.may[l.word]:
		return hidden
	case l.role == spec.RoleMember || w.Absent || !changes:
		return shown
	case r.may[wordUpdate], w.senders() == sendersCustom:
		return meaningless // in the end it is for others, or became custom and is empty; or the mode stays as it is
	}
	return shown
}

// fixSettings says of the settings that are not as the files want them that nothing may change them, where that is so.
func (r *Reader) fixSettings(refs []spec.Ref, live *diff.Live) {
	if r.may[wordUpdate] {
		return
	}
	for _, ref := range refs {
		for field := range r.intents[ref].Settings.All() {
			live.CantSet(ref, field, "change it by hand, "+without(wordUpdate))
		}
	}
}

// without says why something is not done.
func without(word string) string { return "since " + undocumented(word) }

func undocumented(word string) string {
	return fmt.Sprintf("no public page documents the call and experimental does not list %q", word)
}
