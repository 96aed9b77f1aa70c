package huaweicloud

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// standing is what the vendor says of a user that keeps the user from using what is granted; "" where nothing does.
func (u user) standing() string {
	var flags []string
	for _, flag := range []struct {
		is   bool
		word string
	}{{u.Disabled, "disabled"}, {u.Locked, "locked"}, {u.Expired, "expired"}} {
		if flag.is {
			flags = append(flags, flag.word)
		}
	}
	return strings.Join(flags, " and ")
}

// noteStandings notes how people stand who are granted something, and which user groups that give access hold people who left. The
// former were looked up; it asks for the latter only.
func (r *Reader) noteStandings(ctx context.Context, q provider.Query, live *diff.Live) error {
	if err := r.noteMembers(ctx, q, live); err != nil || !q.Notices || q.ReadBack {
		return err
	}
	granted := slices.DeleteFunc(q.Missing(*live), func(s spec.Subject) bool { return s.Kind != spec.SubjectUser })
	for _, s := range granted {
		provider.NoteStanding(live, s, r.seen.people[s].standing())
	}
	r.noteOldIDs(granted, live)
	return nil
}

// noteMembers notes which user groups give people access who left, under whatever name the directory showed them. Users name
// their groups without the domain.
func (r *Reader) noteMembers(ctx context.Context, q provider.Query, live *diff.Live) error {
	giving := q.Giving(*live, spec.SubjectUserGroup)
	if len(giving) == 0 {
		return nil
	}
	var leavers []spec.Subject
	for s := range q.Desired.Departed {
		if s.Kind == spec.SubjectUser && s.Domain != "" {
			leavers = append(leavers, s)
		}
	}
	hasLeft := diff.Departed(q.Desired, *live)
	for g := range live.Grants.All() { // under the vendor's spelling
		if _, left := hasLeft(g.Subject); left && g.Subject.Kind == spec.SubjectUser {
			leavers = append(leavers, g.Subject)
		}
	}
	slices.SortFunc(leavers, spec.Subject.Compare)
	unmet := slices.DeleteFunc(leavers, func(s spec.Subject) bool { _, known := r.seen.people[s]; return known })
	if _, err := r.ask(ctx, unmet); err != nil {
		return err
	}
	for _, s := range slices.SortedFunc(maps.Keys(r.seen.people), spec.Subject.Compare) {
		if _, left := hasLeft(s); !left {
			continue
		}
		for group, ref := range giving {
			if slices.Contains(r.seen.people[s].GroupNames, group.Name) {
				live.Note(ref, "%s holds %s, who has left, and gives access; take them out of it at the vendor", group, s)
			}
		}
	}
	return nil
}

// noteOldIDs notes which grants of people are those of a deleted account: the directory knows their name by another id.
func (r *Reader) noteOldIDs(people []spec.Subject, live *diff.Live) {
	if len(people) == 0 {
		return
	}
	concerned := map[spec.Subject]bool{}
	for _, s := range people {
		concerned[s] = r.seen.people[s].ID != ""
	}
	for g := range live.Grants.Within(nil, concerned) {
		holder, _ := r.seen.holders.account(g)
		if id, now := holder.ID, r.seen.people[g.Subject].ID; id != "" && id != now {
			live.Note(g.Resource, "the grant of %s is that of a deleted account (%s); the one of now, %s, may not have it", g.Subject, id, now)
		}
	}
}
