package wps365

import (
	"context"
	"fmt"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// shownList is a list of a group that is to be read.
type shownList struct {
	memberList
	ref spec.Ref
	id  string
}

// readLists reads who the members and the accepted senders are.
func (r *Reader) readLists(ctx context.Context, q provider.Query, refs []spec.Ref, groups map[spec.Ref]mailGroup, live *diff.Live) error {
	lists := r.shownLists(refs, groups, live)
	read, err := provider.Gather(ctx, r.api.http.Env.Parallelism, len(lists), func(ctx context.Context, i int) (provider.Listed[entry], error) {
		return r.readList(ctx, q, lists[i])
	})
	for i, all := range read {
		l := lists[i]
		for _, e := range all.Rows {
			r.addGrant(l.memberList, l.ref, e, live)
		}
		all.Judge(live, l.ref, "the list of "+l.words())
	}
	return err
}

// shownLists are the lists that are to be read. Of others it tells live why they can't be.
func (r *Reader) shownLists(refs []spec.Ref, groups map[spec.Ref]mailGroup, live *diff.Live) (lists []shownList) {
	for _, l := range memberLists {
		for _, ref := range refs {
			w, g := r.intents[ref], groups[ref]
			if live.Unseen[diff.Aspect{Resource: ref, Role: l.role}] != "" {
				continue
			}
			switch r.view(l, w, live.Resources[ref].Settings.Get("senders")) {
			case hidden:
				live.CantSee(diff.Aspect{Resource: ref, Role: l.role}, undocumented(l.word))
				live.Uncount(ref, "its %s can't be read, %s", l.words(), without(l.word))
			case shown:
				if g.ID != "" {
					lists = append(lists, shownList{l, ref, g.ID})
				}
			}
		}
	}
	return lists
}

// readList reads one list of a group.
func (r *Reader) readList(ctx context.Context, q provider.Query, l shownList) (provider.Listed[entry], error) {
	path := l.path(l.id, "")
	all, err := provider.HoldersOnce(q.Listing, path, func() (provider.Listed[entry], error) {
		return pages(ctx, r.api, list{path: path}, func(e entry) string { return e.Type + " " + fold(e.Address) })
	})
	if err != nil && missing(err) {
		err = fmt.Errorf("the tenant does not have this call, so take %q out of experimental: %w", l.word, err)
	} else {
		all, err = provider.Spare(all, err)
	}
	if err != nil {
		err = fmt.Errorf("read %s of %s: %w", l.words(), l.ref, err)
	}
	return all, err
}

// addGrant records an entry as a grant, to each subject by which the files know its address: a mail group holds an address once,
// whatever it is taken for. A department that the files list by its name is known by that.
func (r *Reader) addGrant(l memberList, ref spec.Ref, e entry, live *diff.Live) {
	w, address, kind := r.intents[ref], fold(e.Address), subjectKinds[e.Type]
	if kind == "" || address == "" {
		live.Distrust(ref, "%q is there with the unknown type %q", e.Address, e.Type)
		return
	}
	subjects := w.named[naming{l.role, address}]
	if name := fold(e.Name); len(subjects) == 0 && kind == spec.SubjectDepartment && !strings.Contains(name, "@") {
		subjects = w.named[naming{l.role, name}]
	}
	if len(subjects) == 0 && kind == spec.SubjectDepartment && e.Name == "" && !r.listing {
		live.Distrust(ref, "department %q is there without its name, by which the files may list it", e.Address)
		return
	}
	if len(subjects) == 0 {
		subjects = []spec.Subject{{Kind: kind, Name: address}}
	}
	if l.role == roleSender && !w.Absent && w.senders() != sendersCustom && !w.hasLeft(subjects) {
		return // the files leave open who may send
	}
	for _, s := range subjects {
		g := spec.Grant{Resource: ref, Subject: s, Role: l.role}
		if live.Grants.Has(g) {
			live.Distrust(ref, "two entries may be %s; list them by address", s)
		}
		live.Grants.Add(g, spec.Origin{})
		r.seen.holders.Put(g, e.Address)
		if kind == spec.SubjectDepartment {
			live.AddName(s, e.Name, address)
		}
	}
}
