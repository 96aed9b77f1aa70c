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

// grant makes live hold every grant of a role that is wanted.
func (w *groupIntent) grant(ref spec.Ref, role spec.Role, live *diff.Live) {
	for at, subjects := range w.named {
		for _, s := range subjects {
			if at.role == role {
				live.Grants.Add(spec.Grant{Resource: ref, Subject: s, Role: role}, spec.Origin{})
			}
		}
	}
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
	shown           view = iota // read, and changed as the files want
	meaningless                 // neither: it is empty, or about to be
	takenForGranted             // neither: it is taken to be as the files want
)

// view says how. Accepted senders mean something, and can be read and written, only while a group is for them (custom).
func (r *Reader) view(l memberList, w *groupIntent, live string) view {
	changes := w.senders() != "" && w.senders() != live && live != ""
	matters := l.role == spec.RoleMember || live == sendersCustom || w.senders() == sendersCustom
	switch {
	case !matters, w.Absent && live == "":
		return meaningless
	case !r.may[l.word] && w.Ownership == spec.Ignored:
		return meaningless
	case !r.may[l.word]:
		return takenForGranted
	case l.role == spec.RoleMember || w.Absent || !changes:
		return shown
	case r.may[wordUpdate]:
		return meaningless // in the end it is for others, or just became custom, and is empty
	case w.senders() == sendersCustom:
		return takenForGranted // the mode stays as it is
	}
	return shown
}

// keepSettings takes over the settings that the files want, where none may be changed, and says which are not so.
func (r *Reader) keepSettings(refs []spec.Ref, live *diff.Live) {
	if r.may[wordUpdate] {
		return
	}
	for _, ref := range refs {
		have, exists := live.Resources[ref]
		w := r.intents[ref]
		if !exists || w.Absent || w.Ownership == spec.Ignored || live.Unsupported[ref] != "" {
			continue
		}
		for field, wanted := range w.Settings.All() {
			if is := have.Settings.Get(field); is != wanted {
				live.Note(ref, "its %s is %q and the files want %q; change it by hand, %s", field, is, wanted, without(wordUpdate))
			}
		}
		have.Settings = have.Settings.And(w.Settings)
		live.Resources[ref] = have
	}
}

// without says why something is not done.
func without(word string) string {
	return fmt.Sprintf("since no public page documents the call and experimental does not list %q", word)
}
