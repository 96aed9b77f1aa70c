package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// team is a set of users that several lists share.
type team struct {
	name  string
	users []string // sorted
	teams []string // sorted
	holds []string // the names of what it is used for, sorted
	whole []string // of these, what nobody else holds
}

// peopled is a list with people in it.
type peopled struct {
	*roll
	of *entry
}

// peopled are the lists of all resources that have people in them, and the names of these, sorted.
func (c *composer) peopled() (lists []peopled, names []string) {
	for _, e := range c.entries {
		for i := range e.lists {
			if l := &e.lists[i]; len(l.users) > 0 {
				lists, names = append(lists, peopled{l, e}), append(names, l.users...)
			}
		}
	}
	slices.Sort(names)
	return lists, slices.Compact(names)
}

// gather finds teams among the people of all lists, and writes the lists with them.
func (c *composer) gather() {
	lists, names := c.peopled()
	number := make(map[string]int, len(names))
	for i, name := range names {
		number[name] = i
	}
	sets := spec.Each(lists, func(l peopled) set {
		people := newSet(len(names))
		for _, name := range l.users {
			people.add(number[name])
		}
		return people
	})
	all := mine(sets, spec.Each(names, func(name string) int { return len(Scalar(name)) + len(", ") }))
	shared := all[len(lists):]
	c.teams = spec.Each(shared, func(t cover) *team { return &team{users: named(t.open, names)} })
	for i, l := range lists {
		for _, t := range all[i].teams {
			c.teams[t].holds = append(c.teams[t].holds, l.of.ref.Name)
			if shared[t].people.len() == all[i].people.len() && len(l.others) == 0 {
				c.teams[t].whole = append(c.teams[t].whole, l.of.ref.Name)
			}
		}
	}
	c.callTeams(shared)
	for i, l := range lists {
		l.users = named(all[i].open, names)
		for _, t := range all[i].teams {
			l.teams = append(l.teams, c.teams[t].name)
		}
		slices.Sort(l.teams)
	}
	slices.SortFunc(c.teams, func(a, b *team) int { return strings.Compare(a.name, b.name) })
}

// named are the names of those in a set, sorted as they are.
func named(people set, names []string) (all []string) {
	for p := range people.all {
		all = append(all, names[p])
	}
	return all
}

// callTeams names teams by what they hold: first those that are all who hold something, then those with most.
func (c *composer) callTeams(covers []cover) {
	outer := map[int][]int{} // teams that have a team in them
	for i := range covers {
		for _, t := range covers[i].teams {
			outer[t] = append(outer[t], i)
		}
	}
	order := make([]int, len(c.teams))
	for i := range order {
		order[i] = i
		slices.Sort(c.teams[i].holds)
		slices.Sort(c.teams[i].whole)
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(min(len(c.teams[b].whole), 1), min(len(c.teams[a].whole), 1)),
			cmp.Compare(covers[b].people.len(), covers[a].people.len()), cmp.Compare(a, b))
	})
	taken := map[string]bool{}
	for _, name := range c.opts.TakenTeams {
		taken[strings.ToLower(name)] = true
	}
	for _, i := range order {
		t := c.teams[i]
		var around []string
		for _, o := range outer[i] {
			if c.teams[o].name != "" {
				around = append(around, c.teams[o].name)
			}
		}
		t.name = freeTeamName(t.proposals(around), taken)
		taken[strings.ToLower(t.name)] = true
	}
	for i, t := range c.teams {
		for _, inner := range covers[i].teams {
			t.teams = append(t.teams, c.teams[inner].name)
		}
		slices.Sort(t.teams)
	}
}

// proposals are names for a team, the best first: what all names of what it holds begin with, what it alone holds, what it holds
// with others, and what it is the core of.
func (t *team) proposals(around []string) []string {
	var all []string
	add := func(names []string, ending string) {
		if prefix := commonPrefix(names); prefix != "" {
			all = append(all, prefix+ending)
		}
		for _, name := range names {
			all = append(all, plainWord(name)+ending)
		}
	}
	add(t.whole, "")
	add(t.holds, "")
	add(around, "-core")
	for i, name := range t.holds {
		for _, other := range t.holds[i+1:] {
			all = append(all, plainWord(name)+"-and-"+plainWord(other))
		}
		if i == leastShared { // there are enough
			break
		}
	}
	return slices.DeleteFunc(all, func(name string) bool { return strings.HasPrefix(name, "-") || len([]rune(name)) > 100 })
}

// freeTeamName is the first of some names that is not taken; at last one with a number.
func freeTeamName(names []string, taken map[string]bool) string {
	for _, name := range names {
		if !taken[strings.ToLower(name)] {
			return name
		}
	}
	stem := "team"
	if len(names) > 0 {
		stem = names[0]
	}
	for n := 2; ; n++ {
		if name := fmt.Sprintf("%s-%d", stem, n); !taken[strings.ToLower(name)] {
			return name
		}
	}
}

// commonPrefix is what several names begin with, up to where a word ends; "" where that says nothing.
func commonPrefix(names []string) string {
	if len(names) < 2 {
		return ""
	}
	words := strings.FieldsFunc(plainWord(names[0]), isSeparator)
	first := plainWord(names[0])
	for n := len(words); n > 0; n-- {
		end := 0
		for _, word := range words[:n] {
			end += strings.Index(first[end:], word) + len(word)
		}
		prefix := first[:end]
		same := !slices.ContainsFunc(names, func(name string) bool {
			rest, begins := strings.CutPrefix(plainWord(name), prefix)
			return !begins || rest != "" && !isSeparator([]rune(rest)[0])
		})
		if same && strings.ContainsFunc(prefix, unicode.IsLetter) && len(prefix) >= leastShared {
			return prefix
		}
	}
	return ""
}

func isSeparator(r rune) bool { return strings.ContainsRune("-_. ", r) }

// plainWord is a resource's name as part of the name of a team.
func plainWord(name string) string {
	name, _, _ = strings.Cut(name, "@")
	word := strings.Map(func(r rune) rune {
		if isWord(r) || r == '_' || r == '.' || r == '-' {
			return r
		}
		return '-'
	}, name)
	return strings.Trim(word, "-._")
}

// lines are the team as a file has it.
func (t *team) lines() lines {
	items := slices.Concat(spec.Each(t.teams, teamItem), spec.Each(t.users, Scalar))
	return FlowList(Scalar(t.name), items, Width-len("  "))
}

func teamItem(name string) string { return Item("team:", name, "") }

// teamSections are the teams, which all files share.
func (c *composer) teamSections() []section {
	if len(c.teams) == 0 {
		return nil
	}
	var body lines
	for _, t := range c.teams {
		body = append(body, t.lines()...)
	}
	return []section{{"teams", body}}
}
