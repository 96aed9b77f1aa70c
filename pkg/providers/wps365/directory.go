package wps365

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// lookUp finds the people who should own groups and the subjects of grants that live lacks, and says of the latter why they
// can't be granted anything. Who was found once is not looked up again.
func (r *Reader) lookUp(ctx context.Context, q provider.Query, refs []spec.Ref, live *diff.Live) error {
	addresses := map[string]bool{}
	for _, ref := range refs {
		if w := r.intents[ref]; w.owned() {
			addresses[w.owner()] = true
		}
	}
	missing := q.Missing(*live)
	for _, s := range slices.Concat(missing, r.others(q, *live)) {
		if s.Kind == spec.SubjectUser || s.Kind == spec.SubjectAddress {
			addresses[fold(s.Name)] = true
		}
	}
	if err := r.lookUpUsers(ctx, addresses); err != nil {
		return err
	}
	if err := r.lookUpMailboxes(ctx, r.mayBeMailboxes(missing)); err != nil {
		return err
	}
	for _, s := range missing {
		if _, why := r.entry(s); why != "" {
			live.UnknownSubjects[s] = why
		} else if q.Notices && !q.ReadBack {
			provider.NoteStanding(live, s, r.seen.standings[fold(s.Name)])
		}
	}
	return nil
}

// statuses are those of users who may be found. One of them must be asked for.
var statuses = []string{"active", "notactive", "disabled"}

// lookUpUsers asks for users by address (WPS 365 open platform, query users by email). Who is not there, or outside of the
// range of contacts that the app may see, is left out of the answer.
func (r *Reader) lookUpUsers(ctx context.Context, addresses map[string]bool) error {
	maps.DeleteFunc(addresses, func(a string, _ bool) bool { _, known := r.seen.people[a]; return known || r.asked[a] })
	maps.Copy(r.asked, addresses)
	users, err := r.users(ctx, "/v7/users/by_emails", "emails", slices.Sorted(maps.Keys(addresses)))
	for _, u := range users {
		if u.Email == "" || u.ID == "" {
			return errors.New("the vendor shows users without their address; the app needs the scope kso.user_email.read")
		}
		r.seen.people[fold(u.Email)], r.seen.standings[fold(u.Email)] = u.ID, standings[u.Status]
	}
	return err
}

// emails finds the addresses of users (WPS 365 open platform, query users by id).
func (r *Reader) emails(ctx context.Context, ids []string) (map[string]string, error) {
	emails := map[string]string{}
	slices.Sort(ids)
	users, err := r.users(ctx, "/v7/users/batch_read", "user_ids", slices.Compact(ids))
	for _, u := range users {
		emails[u.ID] = fold(u.Email)
	}
	return emails, err
}

// users asks for users by what a call takes at most pageSize of.
func (r *Reader) users(ctx context.Context, path, key string, values []string) ([]user, error) {
	chunks := slices.Collect(slices.Chunk(values, pageSize))
	found, err := provider.Gather(ctx, r.api.http.Env.Parallelism, len(chunks), func(ctx context.Context, i int) ([]user, error) {
		return r.someUsers(ctx, path, key, chunks[i])
	})
	return slices.Concat(found...), err
}

func (r *Reader) someUsers(ctx context.Context, path, key string, values []string) ([]user, error) {
	var found page[user]
	err := r.api.query(ctx, path, map[string]any{key: values, "status": statuses, "with_dept": false}, &found)
	total, odd := found.Total.Total(false)
	switch {
	case err != nil:
	case found.Items == nil:
		err = fmt.Errorf("POST %s: the answer is no list: it has no items", path)
	case found.Next != "" || odd != "" || total > len(found.Items):
		err = &provider.NotWhole{What: "the list of users that POST " + path + " finds", Why: cmp.Or(odd, "it has more rows than its answer")}
	}
	return found.Items, err
}

// lookUpMailboxes reads the public mailboxes, once, where they are needed (WPS 365 open platform, list public mailboxes).
func (r *Reader) lookUpMailboxes(ctx context.Context, needed bool) error {
	if !needed || r.seen.mailboxes != nil {
		return nil
	}
	all, err := pages(ctx, r.api, list{path: "/v7/public_mailboxes"}, func(p publicMailbox) string { return p.ID })
	if err := cmp.Or(err, all.Whole("the list of public mailboxes")); err != nil {
		return err
	}
	r.seen.mailboxes = map[string]string{}
	for _, p := range all.Rows {
		r.seen.mailboxes[fold(p.Address)] = p.ID
	}
	return nil
}

func (r *Reader) mayBeMailboxes(missing []spec.Subject) bool {
	return slices.ContainsFunc(missing, func(s spec.Subject) bool {
		_, isUser := r.seen.people[fold(s.Name)]
		return s.Kind == spec.SubjectMailbox || s.Kind == spec.SubjectAddress && !isUser
	})
}

// entry is a subject as a list of a mail group takes it, or why none does.
func (r *Reader) entry(s spec.Subject) (e entry, why string) {
	e.Address = fold(s.Name)
	_, isUser := r.seen.people[e.Address]
	_, isMailbox := r.seen.mailboxes[e.Address]
	switch {
	case s.Kind == spec.SubjectDepartment && strings.Contains(s.Name, "@"):
		e.Type = typeDept // no call tells which addresses are departments'
	case s.Kind == spec.SubjectDepartment:
		why = "mail groups know departments by address, and no call tells the address of one by name; write dept:ADDRESS"
	case isUser && s.Kind != spec.SubjectMailbox:
		e.Type = typeUser
	case isMailbox && s.Kind != spec.SubjectUser:
		e.Type = typeMailbox
	case s.Kind == spec.SubjectUser:
		why = unknownUser(s.Name)
	case s.Kind == spec.SubjectMailbox:
		why = fmt.Sprintf("the tenant has no public mailbox %s; create it there or correct the address", s.Name)
	default:
		why = fmt.Sprintf("%s is no user and no public mailbox that the app sees, and mail groups take no addresses from outside", s.Name)
	}
	return e, why
}

func unknownUser(address string) string {
	return fmt.Sprintf("no user within the app's range of contacts has the address %s; create one, correct the address, or widen the range", address)
}
