package huaweicloud

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// usersNamed asks for users by name (f1), as many in a call as a page has rows. Where the vendor does not know that filter it
// answers with everyone, which serves as well: then one list is enough.
func (r *Reader) usersNamed(ctx context.Context, names []string) ([]user, error) {
	var all []user
	names = slices.Clone(names)
	slices.Sort(names)
	for chunk := range slices.Chunk(slices.Compact(names), pageSize) {
		users, err := pages(ctx, r.api, listUsers, url.Values{"user_names": chunk}, 0, func(u user) string { return u.ID })
		if err != nil {
			return nil, err
		}
		if users.Broken != "" {
			return nil, fmt.Errorf("the list of users is not whole: %s", users.Broken)
		}
		all = append(all, users.Rows...)
		if slices.ContainsFunc(users.Rows, func(u user) bool {
			return !slices.ContainsFunc(chunk, func(n string) bool { return strings.EqualFold(n, u.Name) })
		}) {
			break
		}
	}
	return all, nil
}

// learn keeps what the directory says of users.
func (r *Reader) learn(users []user, live *diff.Live) {
	for _, u := range users {
		s := subject(spec.SubjectUser, u.Name, u.Domain)
		r.seen.directory[s] = account{ID: u.ID, Account: u.Name, Domain: u.Domain}
		r.seen.people[s], r.seen.mails[s] = u, mailsTo(u)
		live.AddName(s, u.ID, u.Email)
	}
}

// asked keeps that the directory was asked about users, so that nobody is asked about again whom it does not have.
func (r *Reader) asked(users []spec.Subject) {
	for _, s := range users {
		r.seen.people[s] = user{}
	}
}

// maxSuspects is of how many holders the addresses are looked up at once, to find somebody by one.
const maxSuspects = 20 * pageSize

// lookUpBeside finds the addresses of holders who go while somebody whom the files give an address is not found by name.
func (r *Reader) lookUpBeside(ctx context.Context, q provider.Query, live *diff.Live) error {
	beside := q.Beside(*live, func(s spec.Subject) bool {
		return live.UnknownSubjects[s] != "" && (q.Desired.Addresses[s] != "" || strings.Contains(s.Name, "@"))
	})
	var names []string
	for _, g := range beside {
		names = append(names, g.Subject.Name)
	}
	if q.ReadBack || len(beside) == 0 {
		return nil
	}
	users, err := r.usersNamed(ctx, names)
	if err != nil {
		return err
	}
	r.learn(users, live)
	return nil
}

// lookUpLeavers finds who left under the names and addresses that the directory has. It asks nothing where nobody who left can be
// among the holders.
func (r *Reader) lookUpLeavers(ctx context.Context, q provider.Query, live *diff.Live) error {
	leavers, suspects := q.Leavers(*live)
	if len(leavers) == 0 {
		return nil
	}
	why := "the directory shows none of the holders by their names or addresses"
	ask := slices.Clone(suspects) // it can't be asked by address
	if len(ask) > maxSuspects {
		ask, why = nil, fmt.Sprintf("the directory shows nobody by their names; %d holders are too many to look up their addresses", len(suspects))
	}
	for _, l := range leavers {
		ask = append(ask, l.Users()...)
	}
	users, err := r.usersNamed(ctx, userNames(ask))
	if err != nil {
		return err
	}
	r.asked(ask)
	r.learn(users, live)
	provider.Untraced(q, live, leavers, suspects, why)
	return nil
}

// checkUnmade compares app groups that are to be made with those that are there. all are these, or nil where
// they were not all read.
func (r *Reader) checkUnmade(ctx context.Context, q provider.Query, all []appGroup, live *diff.Live) error {
	unmade := q.Unmade(kindAppGroup, *live)
	if len(unmade) == 0 {
		return nil
	}
	if all == nil {
		list, err := pages(ctx, r.api, listAppGroups, nil, 0, func(g appGroup) string { return g.ID })
		if err != nil {
			return err
		}
		all = list.Rows
	}
	names := make([]string, len(all))
	for i, g := range all {
		names[i] = g.Name
	}
	slices.Sort(names)
	q.Alike(unmade, names, live)
	return nil
}
