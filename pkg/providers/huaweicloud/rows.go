package huaweicloud

import (
	"cmp"
	"context"
	"slices"
)

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
	if len(names[false]) > 0 {
		users, err := r.usersNamed(ctx, names[false])
		if err != nil {
			return err
		}
		for _, u := range users {
			known[false] = append(known[false], account{ID: u.ID, Account: u.Name, Domain: u.Domain})
		}
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
