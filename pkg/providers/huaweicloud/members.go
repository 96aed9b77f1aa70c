package huaweicloud

import (
	"context"
	"fmt"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Members lists who is in user groups (g6), which the directory knows by id (g1).
func (r *Reader) Members(ctx context.Context, groups []spec.Subject) (map[spec.Subject][]spec.Subject, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	rows, err := r.userGroups(ctx, userNames(groups))
	if err != nil {
		return nil, fmt.Errorf("look up user groups: %w", err)
	}
	ids := map[spec.Subject]string{}
	for _, row := range rows {
		ids[r.fold.named(subject(spec.SubjectUserGroup, row.Name, row.Domain))] = row.ID
	}
	known := slices.DeleteFunc(slices.Clone(groups), func(s spec.Subject) bool { return ids[s] == "" })
	lists, err := gather(ctx, r.api, len(known), func(ctx context.Context, i int) ([]user, error) {
		return whole(ctx, r.api, listMembers(ids[known[i]]), nil, "members of user group "+known[i].Name, user.key)
	})
	if err != nil {
		return nil, err
	}
	members := map[spec.Subject][]spec.Subject{}
	for i, group := range known {
		members[group] = spec.Each(lists[i], func(u user) spec.Subject { return r.fold.named(subject(spec.SubjectUser, u.Name, u.Domain)) })
		slices.SortFunc(members[group], spec.Subject.Compare)
	}
	return members, nil
}
