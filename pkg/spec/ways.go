package spec

import (
	"cmp"
	"slices"
)

// choice is an item of a team that leads to a person, and how many teams are still in between.
type choice struct {
	in    *team
	it    *item
	steps int
}

// way is how to get from a team to one person: its items that lead there, the shortest ways first, and of those in the order of
// the file.
type way struct{ choices []choice }

// memberships are the places in teams at which users and teams are listed.
type memberships struct {
	users map[*user][]choice
	inner map[*team][]choice
	named map[string]*team
	words map[string]map[word]bool // of teams that were asked for
}

func membershipsOf(teams []*team) memberships {
	m := memberships{map[*user][]choice{}, map[*team][]choice{}, map[string]*team{}, map[string]map[word]bool{}}
	for _, t := range teams {
		m.named[t.name] = t
		for i := range t.members {
			switch place := (choice{in: t, it: &t.members[i]}); {
			case place.it.user != nil:
				m.users[place.it.user] = append(m.users[place.it.user], place)
			case place.it.team != nil:
				m.inner[place.it.team] = append(m.inner[place.it.team], place)
			}
		}
	}
	return m
}

// lists says whether a team has what an item says.
func (m memberships) lists(name string, it *item) bool {
	t, asked := m.named[name], m.words[name]
	if t != nil && asked == nil {
		asked = make(map[word]bool, len(t.members))
		for i := range t.members {
			asked[t.members[i].word] = true
		}
		m.words[name] = asked
	}
	return asked[it.word]
}

// maxWays bounds what is remembered of ways: teams may nest so deep that each person is in very many.
const maxWays = 1 << 18

// waysTo are the teams that hold a person, and how to get from each to them.
func (c *Chains) waysTo(u *user) map[*team]*way {
	ways, known := c.ways[u]
	if known || u == nil {
		return ways
	}
	ways = map[*team]*way{}
	var open []*team
	add := func(places []choice, steps int) {
		for i, p := range places {
			if i > 0 && p.in == places[i-1].in { // it says so twice
				continue
			}
			if p.steps = steps; ways[p.in] == nil {
				ways[p.in] = &way{}
				open = append(open, p.in)
			}
			ways[p.in].choices = append(ways[p.in].choices, p)
		}
	}
	add(c.teams.users[u], 0)
	distance := map[*team]int{}
	for i := 0; i < len(open); i++ { // breadth first: the nearest teams come first
		t := open[i]
		distance[t] = ways[t].choices[0].steps + 1
		add(c.teams.inner[t], distance[t])
	}
	for _, w := range ways {
		slices.SortStableFunc(w.choices, func(a, b choice) int {
			return cmp.Or(cmp.Compare(a.steps, b.steps), a.it.at.Compare(b.it.at))
		})
	}
	if c.kept += len(ways); c.kept > maxWays {
		clear(c.ways)
		c.kept = len(ways)
	}
	c.ways[u] = ways
	return ways
}

// paths are the ways from an item of a resource to a person, the shortest first, but no more than so many. An item that names no
// team is one without steps. Every team on the way leads there, so that none is walked in vain.
func paths(from *item, ways map[*team]*way, most int) (found [][]choice) {
	if from.team == nil && most > 0 {
		return [][]choice{nil}
	}
	var walk func(t *team, path []choice)
	walk = func(t *team, path []choice) {
		for _, next := range ways[t].choices {
			switch path := append(path, next); {
			case len(found) >= most:
				return
			case next.it.team == nil:
				found = append(found, slices.Clone(path))
			default:
				walk(next.it.team, path)
			}
		}
	}
	if from.team != nil {
		walk(from.team, nil)
	}
	slices.SortStableFunc(found, func(a, b []choice) int { return cmp.Compare(len(a), len(b)) })
	return found
}
