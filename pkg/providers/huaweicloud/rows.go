package huaweicloud

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// keep turns rows into live grants, and marks the resources that they are of where the list is broken. The list is its own then,
// unless a listing keeps it.
func (r *Reader) keep(ctx context.Context, q provider.Query, list provider.Listed[grantRow], ids map[string]spec.Ref, of []spec.Ref, live *diff.Live) error {
	groups, accounts := r.api.known.all()
	refs, have := map[int32]spec.Ref{}, map[spec.Ref]int{}
	rows := list.Rows
	if q.Listing.KeepsHolders() {
		rows = slices.Clone(rows)
	}
	rows = slices.DeleteFunc(rows, func(row grantRow) bool {
		if row.group == noGroup {
			list.Broken = "a row names no app group"
		}
		ref, seen := refs[row.group]
		if !seen {
			ref = ids[groups[row.group]]
			refs[row.group] = ref
		}
		return ref == spec.Ref{} || row.onApp // on one app of the group, which the vendor documents as not in use
	})
	for _, row := range rows {
		have[refs[row.group]]++
	}
	r.countRows(q, of, have)
	holders, err := r.holdersOf(ctx, rows, accounts)
	if err != nil {
		return err
	}
	for _, row := range rows {
		r.addGrant(refs[row.group], holders[row.account], row.begun, live)
	}
	for _, ref := range of {
		list.Judge(live, ref, "the list of authorizations")
	}
	return nil
}

// holder is an account, and whom it stands for.
type holder struct {
	account
	is    spec.Subject // found when it is asked for
	shown bool         // live knows its id, and it has a place among those who are known
	place int32
}

// holdersOf are those whom rows name, by number.
func (r *Reader) holdersOf(ctx context.Context, rows []grantRow, accounts []account) (map[int32]*holder, error) {
	holders := map[int32]*holder{}
	var all []*account
	for _, row := range slices.Backward(rows) {
		if holders[row.account] == nil {
			h := &holder{account: accounts[row.account]}
			holders[row.account], all = h, append(all, &h.account)
		}
	}
	slices.Reverse(all) // who stands last stays last
	return holders, r.join(ctx, all)
}

// subject is without a kind where the type of the account is not known.
func (h *holder) subject() spec.Subject {
	if h.is == (spec.Subject{}) {
		h.is = subject(holderKinds[h.AccountType], h.Account, h.Domain)
	}
	return h.is
}

// addGrant records a row as a grant that began at a moment; several rows of one account are one. Rows that a grant can't tell
// apart, or that don't say whose they are, make the resource's list unfit to revoke by.
func (r *Reader) addGrant(ref spec.Ref, a *holder, begun instant, live *diff.Live) {
	g := spec.Grant{Resource: ref, Subject: a.subject(), Role: spec.RoleAccess}
	switch {
	case g.Subject.Kind == "" || a.Account == "":
		live.Distrust(ref, "account %q has the unknown type %q, or no name", a.Account, a.AccountType)
	case a.Domain == "":
		live.Distrust(ref, "account %q is there without its domain, and the directory does not tell it", a.Account)
	case live.Grants.Insert(g, spec.Origin{}):
		if !a.shown {
			live.AddName(g.Subject, a.ID)
			a.shown, a.place = true, r.seen.holders.place(a.account)
		}
		r.seen.holders.putAt(g, a.place, begun)
	default:
		first, _ := r.seen.holders.account(g)
		both, same := first.and(a.account)
		if !same {
			live.Distrust(ref, "account %q stands there twice, on different platforms", a.Account)
		}
		if first.ID != "" && a.ID != "" && first.ID != a.ID {
			live.Note(ref, "account %q is there with two ids, %s and %s; one is that of a deleted account", a.Account, first.ID, a.ID)
		}
		r.seen.holders.put(g, both, instantOf(later(r.seen.holders.since(g), begun.time())))
	}
}

// holderKinds are the vendor's types of accounts.
var holderKinds = map[string]spec.SubjectKind{typeUser: spec.SubjectUser, typeSimple: spec.SubjectUser, typeUserGroup: spec.SubjectUserGroup}

func subject(kind spec.SubjectKind, name, domain string) spec.Subject {
	return spec.Subject{Kind: kind, Name: name, Domain: strings.ToLower(cmp.Or(domain, defaultDomain))}
}

// and is an account that two rows of one list name, without what they don't agree about. They may be about two accounts, and
// then ok is false: where both say it, the platforms must be the same. Ids may differ, as those of a deleted account and of
// one that was made again under its name.
func (a account) and(b account) (both account, ok bool) {
	agreed := func(x, y string) string {
		if x != "" && y != "" && x != y {
			return ""
		}
		return cmp.Or(x, y)
	}
	both = account{ID: agreed(a.ID, b.ID), Account: agreed(a.Account, b.Account), AccountType: agreed(a.AccountType, b.AccountType),
		Domain: agreed(a.Domain, b.Domain), PlatformType: agreed(a.PlatformType, b.PlatformType)}
	return both, a.PlatformType == "" || b.PlatformType == "" || a.PlatformType == b.PlatformType
}

// join completes rows that leave out the domain, without which a name may be two people's: by rows and look-ups that have the
// same id, else by the directory. Where that does not tell whose a row is, its domain stays blank.
func (r *Reader) join(ctx context.Context, rows []*account) error {
	open := slices.DeleteFunc(slices.Clone(rows), func(a *account) bool { return a.Domain != "" || a.Account == "" })
	if len(open) == 0 {
		return nil
	}
	byID := map[string]string{}
	for _, a := range r.seen.directory {
		byID[a.ID] = a.Domain
	}
	for _, a := range rows {
		if a.Domain != "" {
			byID[a.ID] = a.Domain
		}
	}
	delete(byID, "")
	open = slices.DeleteFunc(open, func(a *account) bool {
		a.Domain = byID[a.ID]
		return a.Domain != ""
	})
	return r.joinWithDirectory(ctx, open)
}

// joinWithDirectory completes rows by the users and user groups that have their names.
func (r *Reader) joinWithDirectory(ctx context.Context, open []*account) error {
	names := map[bool][]string{} // of user groups, and of users
	for _, a := range open {
		isGroup := a.AccountType == typeUserGroup
		names[isGroup] = append(names[isGroup], a.Account)
	}
	known := map[bool][]account{}
	users, err := r.usersNamed(ctx, names[false])
	if err != nil {
		return err
	}
	for _, u := range users {
		known[false] = append(known[false], account{ID: u.ID, Account: u.Name, Domain: u.Domain})
	}
	if len(names[true]) > 0 {
		slices.Sort(names[true])
		groups, err := r.userGroups(ctx, slices.Compact(names[true]))
		if err != nil {
			return err
		}
		for _, g := range groups {
			known[true] = append(known[true], account{ID: g.ID, Account: g.Name, Domain: g.Domain})
		}
	}
	for _, a := range open {
		a.Domain = domainIn(known[a.AccountType == typeUserGroup], *a)
	}
	return nil
}

// domainIn is the domain of the one account that a row without one can mean; "" where there is none, or several. An account whose
// own domain is blank is of the default one, unless another has its name.
func domainIn(directory []account, row account) string {
	found, namesakes := "", map[string]bool{} // by id
	for _, a := range directory {
		if a.Account == row.Account {
			namesakes[a.ID] = true
		}
		if row.ID != "" && a.ID == row.ID || row.ID == "" && a.Account == row.Account {
			found = cmp.Or(a.Domain, defaultDomain)
			if a.Domain != "" && row.ID != "" {
				return found
			}
		}
	}
	if len(namesakes) != 1 {
		return ""
	}
	return found
}
