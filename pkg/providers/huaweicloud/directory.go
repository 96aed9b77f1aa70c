package huaweicloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// lookUp finds in the vendor's directory the subjects of grants that live lacks, and says of the others why they can't be
// granted anything: an authorization of an unknown account is answered with success and does nothing.
func (r *Reader) lookUp(ctx context.Context, q provider.Query, live *diff.Live) error {
	missing := map[spec.SubjectKind][]spec.Subject{}
	for _, s := range q.Missing(*live) {
		missing[s.Kind] = append(missing[s.Kind], s)
	}
	if err := r.lookUpUsers(ctx, missing[spec.SubjectUser], q, live); err != nil {
		return err
	}
	if err := r.lookUpUserGroups(ctx, missing[spec.SubjectUserGroup], q, live); err != nil {
		return err
	}
	if err := r.lookUpBeside(ctx, q, live); err != nil {
		return err
	}
	return r.lookUpLeavers(ctx, q, live)
}

// lookUpUsers finds the users by name, together with holders whose names are spellings of theirs.
func (r *Reader) lookUpUsers(ctx context.Context, wanted []spec.Subject, q provider.Query, live *diff.Live) error {
	if len(wanted) == 0 {
		return nil
	}
	users, err := r.learn(ctx, slices.Concat(wanted, q.Respelt(*live)), live)
	if err != nil {
		return err
	}
	domains := map[string][]string{} // user name to the domains that have it now
	for _, u := range users {
		domains[u.Name] = append(domains[u.Name], subject(spec.SubjectUser, u.Name, u.Domain).Domain)
	}
	for _, s := range wanted {
		if !slices.Contains(domains[s.Name], s.Domain) && !r.fold.folded(s) {
			if len(domains[""]) > 0 {
				return &provider.NotWhole{What: "the list of users", Why: nameless}
			}
			live.UnknownSubjects[s] = unknownUser(s, domains[s.Name])
		}
	}
	return nil
}

// nameless is why nobody can tell of a list whom it lacks.
const nameless = "it has a row without a name"

// mailsTo is how many mails a notice to the user makes: none where there is no address.
func mailsTo(u user) int {
	if u.Email == "" {
		return 0
	}
	return 1
}

// userNames lists the names of subjects, each once, in their order.
func userNames(subjects []spec.Subject) []string {
	return slices.Compact(spec.Each(subjects, func(s spec.Subject) string { return s.Name }))
}

func unknownUser(s spec.Subject, domains []string) string {
	if len(domains) > 0 {
		return fmt.Sprintf("the directory has no user %q in domain %s, but in %s; say so with domain:", s.Name, s.Domain, strings.Join(domains, ", "))
	}
	return fmt.Sprintf("the directory has no user %q in domain %s; create it there or correct the name", s.Name, s.Domain)
}

// lookUpUserGroups finds user groups (g1): few by keyword, many in the whole list.
func (r *Reader) lookUpUserGroups(ctx context.Context, wanted []spec.Subject, q provider.Query, live *diff.Live) error {
	if len(wanted) == 0 {
		return nil
	}
	groups, err := r.userGroups(ctx, userNames(wanted))
	if err != nil {
		return err
	}
	found := map[spec.Subject]bool{}
	known := make([]string, 0, len(groups))
	for _, g := range groups {
		s := r.fold.named(subject(spec.SubjectUserGroup, g.Name, g.Domain))
		r.seen.directory[s] = account{ID: g.ID, Account: g.Name, Domain: g.Domain, PlatformType: g.PlatformType}
		live.AddName(s, g.ID)
		found[s], known = true, append(known, g.Name)
	}
	for _, s := range wanted {
		if !found[s] && !r.fold.folded(s) {
			if slices.Contains(known, "") {
				return &provider.NotWhole{What: "the list of user groups", Why: nameless}
			}
			hint := spec.DidYouMean(s.Name, known, "create it there or correct the name")
			live.UnknownSubjects[s] = fmt.Sprintf("the directory has no user group %q in domain %s; %s", s.Name, s.Domain, hint)
		} else if err := r.countMails(ctx, s, q); err != nil {
			return err
		}
	}
	return nil
}

// countMails finds how many mails granting an app group to the user group sends: one to each member who has an address
// (g6). It asks only where that is going to happen, and only once.
func (r *Reader) countMails(ctx context.Context, group spec.Subject, q provider.Query) error {
	if _, counted := r.seen.mails[group]; counted || !q.Notices {
		return nil
	}
	notified := false
	for g := range q.Desired.Grants.Within(nil, map[spec.Subject]bool{group: true}) {
		notified = notified || g.Resource.Kind == kindAppGroup
	}
	if !notified {
		return nil
	}
	id := r.seen.directory[group].ID
	members, err := whole(ctx, r.api, listMembers(id), nil, "members of user group "+group.Name, user.key)
	if err != nil {
		return err
	}
	mails := 0
	for _, u := range members {
		mails += mailsTo(u)
	}
	r.seen.mails[group] = mails
	return nil
}

// userGroups reads the whole list, or asks by keyword where that is fewer calls.
func (r *Reader) userGroups(ctx context.Context, wanted []string) ([]userGroup, error) {
	list, err := pages(ctx, r.api, listUserGroups, nil, provider.MostRows(pageSize, make([]int, len(wanted))), userGroup.key)
	if errors.Is(err, provider.ErrTooLong) {
		return r.userGroupsNamed(ctx, wanted)
	}
	return list.Rows, cmp.Or(err, list.Whole("the list of user groups"))
}

// userGroupsNamed asks for user groups by keyword (g1). The vendor may answer with others too.
func (r *Reader) userGroupsNamed(ctx context.Context, names []string) ([]userGroup, error) {
	found, err := gather(ctx, r.api, len(names), func(ctx context.Context, i int) ([]userGroup, error) {
		return whole(ctx, r.api, listUserGroups, url.Values{"keyword": {names[i]}}, "user groups", userGroup.key)
	})
	return slices.Concat(found...), err
}
