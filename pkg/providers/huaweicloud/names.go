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

// maxNames is how many users are asked for at once: a few fewer than fill a page, so that the page is a short one and the last,
// also where it holds some that nobody asked for.
const maxNames = pageSize * 9 / 10

// usersNamed asks for users by name (f1). Others that the vendor answers with are users all the same, and no reason to ask for fewer.
func (r *Reader) usersNamed(ctx context.Context, names []string) ([]user, error) {
	names = slices.Clone(names)
	slices.Sort(names)
	chunks := slices.Collect(slices.Chunk(slices.Compact(names), maxNames))
	found, err := gather(ctx, r.api, len(chunks), func(ctx context.Context, i int) ([]user, error) {
		return whole(ctx, r.api, listUsers, url.Values{"user_names": chunks[i]}, "users", user.key)
	})
	return slices.Concat(found...), err
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
	_, err := r.learn(ctx, spec.Each(beside, spec.Grant.Holder), live)
	return err
}

// lookUpLeavers finds who left under the names and addresses that the directory has. It asks nothing where nobody who left can be
// among the holders.
func (r *Reader) lookUpLeavers(ctx context.Context, q provider.Query, live *diff.Live) error {
	return q.Trace(live, func(left, suspects []spec.Subject) (string, error) {
		why := "the directory shows none of the holders by their names or addresses"
		if len(left) == 0 {
			return why, nil
		}
		if len(suspects) > maxSuspects { // it can't be asked by address
			why = fmt.Sprintf("the directory shows nobody by their names; %d holders are too many to look up their addresses", len(suspects))
			suspects = nil
		}
		_, err := r.learn(ctx, slices.Concat(suspects, left), live)
		return why, err
	})
}

// checkUnmade compares app groups that are to be made with those that are there. all are these, or nil where
// they were not all read.
func (r *Reader) checkUnmade(ctx context.Context, q provider.Query, all []appGroup, live *diff.Live) error {
	unmade := q.Unmade(kindAppGroup, *live)
	if len(unmade) == 0 {
		return nil
	}
	if all == nil {
		var err error
		if all, err = wholeOf(ctx, r.api, listAppGroups, q.Listing, "app groups", appGroup.key); err != nil {
			return err
		}
	}
	names := spec.Each(all, func(g appGroup) string { return g.Name })
	if err := provider.Overlooked("the list of app groups by name", unmade, names); err != nil {
		return err
	}
	q.Alike(unmade, names, live)
	return nil
}
