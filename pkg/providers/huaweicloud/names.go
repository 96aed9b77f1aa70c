package huaweicloud

import (
	"cmp"
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
	chunks := slices.Collect(slices.Chunk(slices.Compact(names), pageSize))
	if len(names) == 0 {
		chunks = [][]string{nil} // everybody
	}
	for _, chunk := range chunks {
		users, err := pages(ctx, r.api, listUsers, url.Values{"user_names": chunk}, 0, func(u user) string { return u.ID })
		if err := cmp.Or(err, users.Whole("the list of users")); err != nil {
			return nil, err
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

// ask asks the directory about users, and keeps what it says, also that it does not have one.
func (r *Reader) ask(ctx context.Context, asked []spec.Subject) ([]user, error) {
	users, err := r.usersNamed(ctx, userNames(asked))
	if err != nil {
		return nil, err
	}
	for _, s := range asked {
		if !r.fold.folded(s) {
			r.seen.people[s] = user{}
		}
	}
	for _, u := range users {
		s := r.fold.named(subject(spec.SubjectUser, u.Name, u.Domain))
		r.seen.directory[s] = account{ID: u.ID, Account: u.Name, Domain: u.Domain}
		r.seen.people[s], r.seen.mails[s] = u, mailsTo(u)
	}
	return users, nil
}

// learn asks the directory about users, and tells live their names.
func (r *Reader) learn(ctx context.Context, asked []spec.Subject, live *diff.Live) ([]user, error) {
	users, err := r.ask(ctx, asked)
	for _, u := range users {
		live.AddName(r.fold.named(subject(spec.SubjectUser, u.Name, u.Domain)), u.ID, u.Email)
	}
	return users, err
}

// maxSuspects is of how many holders the addresses are looked up at once, to find somebody by one.
const maxSuspects = 20 * pageSize

// lookUpBeside finds the addresses of holders who go while somebody whom the files give an address is not found by name.
func (r *Reader) lookUpBeside(ctx context.Context, q provider.Query, live *diff.Live) error {
	beside := q.Beside(*live, func(s spec.Subject) bool {
		return live.UnknownSubjects[s] != "" && (q.Desired.Addresses[s] != "" || strings.Contains(s.Name, "@"))
	})
	if q.ReadBack || len(beside) == 0 {
		return nil
	}
	holders := make([]spec.Subject, len(beside))
	for i, g := range beside {
		holders[i] = g.Subject
	}
	_, err := r.learn(ctx, holders, live)
	return err
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
	if _, err := r.learn(ctx, ask, live); err != nil {
		return err
	}
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
	q.Alike(unmade, provider.Names(all, func(g appGroup) string { return g.Name }), live)
	return nil
}
