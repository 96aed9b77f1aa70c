package spec

import (
	"maps"
	"slices"
	"strings"
)

// about is what reviewers decide about, as files write it.
func (r reviewer) about() string {
	if r.team != "" {
		return teamPrefix + r.team
	}
	return r.resource
}

// who is the names of reviewers as one text, whatever their order.
func (r reviewer) who() string { return strings.Join(slices.Sorted(slices.Values(r.names)), ", ") }

// reviewers finds those who decide in access reviews no longer, or beside whom somebody else does.
func (w *weakened) reviewers() {
	had, have := reviewersOf(w.earlier), reviewersOf(w.later)
	for about, r := range had {
		if now := have[about]; r.who() != "" && now.who() != r.who() && w.later.lists(r) {
			w.add(GuardReviewers, about, r.who(), now.who(), now.at, r.at)
		}
	}
	for about, r := range have {
		if _, was := had[about]; was || !w.earlier.lists(r) {
			continue
		}
		if from := w.earlier.decided(r); from != "" && from != r.who() {
			w.add(GuardReviewers, about, from, r.who(), r.at, Position{})
		}
	}
}

func reviewersOf(s *Spec) map[string]reviewer {
	all := make(map[string]reviewer, len(s.reviewers))
	for _, r := range s.reviewers {
		all[r.about()] = r
	}
	return all
}

// lists says whether files have what reviewers decide about.
func (s *Spec) lists(r reviewer) bool {
	switch {
	case r.team != "":
		return slices.ContainsFunc(s.teams, func(t *team) bool { return t.name == r.team })
	case r.resource == anything:
		return true
	}
	return slices.ContainsFunc(s.resources, func(res *resource) bool { return res.ref().String() == r.resource })
}

// decided is who decided about something that nobody was named for by itself; "" for nobody.
func (s *Spec) decided(r reviewer) string {
	all := reviewersOf(s)
	teams := slices.ContainsFunc(s.reviewers, func(o reviewer) bool { return o.team != "" && len(o.names) > 0 })
	if teams && r.resource != anything {
		return "by team"
	}
	return all[anything].who()
}

// people finds files of people that are named no longer, and columns of theirs that are.
func (w *weakened) people() {
	now := map[string]Included{}
	for _, f := range w.later.Included {
		now[f.Name] = f
	}
	for _, had := range w.earlier.Included {
		have, still := now[had.Name]
		if !still {
			w.add(GuardPeople, had.Name, "", "", Position{}, had.at)
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(had.columns)) {
			if from, to := had.columns[key], have.columns[key]; from != to {
				w.add(GuardPeople, had.Name+" "+key, from, to, have.at, had.at)
			}
		}
	}
}

// lostNames are the names by which somebody was known at a connection, and is no longer: what is held under them is theirs no longer.
// A connection that is another by now tells nothing about it.
func (w *weakened) lostNames(had, have *user) (lost []string) {
	for _, site := range slices.Sorted(maps.Keys(w.earlier.sites)) {
		was, is := w.earlier.sites[site], w.later.sites[site]
		if is == nil || !SameTenant(was.Connection, is.Connection) {
			continue
		}
		now := is.names(have)
		for _, s := range was.names(had) { // an account with its domain and without is one, and so is an address in each of its roles
			if !slices.Contains(now, s) && !slices.Contains(lost, s.Name) {
				lost = append(lost, s.Name)
			}
		}
	}
	return lost
}

// byName are the people of files.
func (s *Spec) byName() map[string]*user {
	all := make(map[string]*user, len(s.users))
	for _, u := range s.users {
		all[u.name] = u
	}
	return all
}
