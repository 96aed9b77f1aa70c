package render

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// DefaultRows is how many rows a report has where nobody says otherwise.
const DefaultRows = 2000

// How many resources and people are counted one by one where there are too many rows.
const (
	countedResources = 200
	countedPeople    = 10
)

// within returns what of several lists is shown row by row where there is room for so many rows, 0 for all: what takes access
// first, then what can't be done. Of one risk the first are shown, and where one is left out nothing of a lesser risk is shown:
// nobody should take a list of grants for one that begins with all revokes. hidden counts the others. Lists keep their order, and
// are the very ones that were given where all of them fit.
func within[T any](rows int, lists [][]T, risk func(*T) Risk) (shown [][]T, hidden int) {
	total := [Takes + 1]int{}
	for _, list := range lists {
		for i := range list {
			total[risk(&list[i])]++
		}
	}
	all := total[Harmless] + total[Stuck] + total[Takes]
	if rows == 0 || all <= rows {
		return lists, 0
	}
	room := [Takes + 1]int{}
	for left, r := rows, Takes; r >= Harmless; r-- {
		room[r] = min(left, total[r])
		left -= room[r]
	}
	shown = make([][]T, len(lists))
	for at, list := range lists {
		for i := range list {
			if r := risk(&list[i]); room[r] > 0 {
				room[r]--
				shown[at] = append(shown[at], list[i])
			}
		}
	}
	return shown, all - rows
}

// hiddenText says what is not shown, and how to see it.
func hiddenText(hidden int) string {
	switch hidden {
	case 0:
		return ""
	case 1:
		return " 1 row is not shown but only counted; --max-rows 0 shows all, -o json has all."
	}
	return fmt.Sprintf(" %d rows are not shown but only counted; --max-rows 0 shows all, -o json has all.", hidden)
}

// tally counts what happens to resources and who loses by it.
type tally struct {
	resources map[string]map[string]int // by resource and word
	takings   map[string]int            // by resource
	losses    map[spec.Subject]int
}

func newTally() tally {
	return tally{map[string]map[string]int{}, map[string]int{}, map[spec.Subject]int{}}
}

// tallied counts a list, of which word says what happens.
func tallied[T any](list []T, change func(*T) *diff.Change, word func(*T) string) tally {
	t := newTally()
	for i := range list {
		t.add(change(&list[i]), word(&list[i]))
	}
	return t
}

func (t tally) add(c *diff.Change, word string) {
	resource := string(c.Kind) + " " + c.Resource
	if t.resources[resource] == nil {
		t.resources[resource] = map[string]int{}
	}
	t.resources[resource][word]++
	if riskOf(*c) == Takes {
		t.takings[resource]++
		if c.Subject != (spec.Subject{}) {
			t.losses[c.Subject]++
		}
	}
}

// notes are the counts: of each resource, those that lose most first, and of those who lose most.
func (t tally) notes(words []string) []Note {
	resources := slices.SortedFunc(maps.Keys(t.resources), func(a, b string) int {
		return cmp.Or(cmp.Compare(t.takings[b], t.takings[a]), cmp.Compare(sum(t.resources[b]), sum(t.resources[a])), strings.Compare(a, b))
	})
	notes := []Note{{Text: "all rows by resource, shown or not:"}}
	for _, resource := range resources[:min(countedResources, len(resources))] {
		notes = append(notes, Note{Text: resource + ": " + countsText(t.resources[resource], words)})
	}
	if others := resources[min(countedResources, len(resources)):]; len(others) > 0 {
		rest := map[string]int{}
		for _, resource := range others {
			for word, n := range t.resources[resource] {
				rest[word] += n
			}
		}
		notes = append(notes, Note{Text: "and " + Count(len(others), "resource") + " more: " + countsText(rest, words)})
	}
	if text := t.losers(); text != "" {
		notes = append(notes, Note{Text: text})
	}
	return notes
}

// losers says who loses most.
func (t tally) losers() string {
	people := slices.SortedFunc(maps.Keys(t.losses), func(a, b spec.Subject) int {
		return cmp.Or(cmp.Compare(t.losses[b], t.losses[a]), a.Compare(b))
	})
	if len(people) == 0 {
		return ""
	}
	parts := spec.Each(people[:min(countedPeople, len(people))], func(s spec.Subject) string { return fmt.Sprintf("%s %d", s, t.losses[s]) })
	if others := people[len(parts):]; len(others) > 0 {
		n := 0
		for _, s := range others {
			n += t.losses[s]
		}
		parts = append(parts, fmt.Sprintf("and %d more %d", len(others), n))
	}
	return "who loses most: " + strings.Join(parts, ", ")
}

func countsText(counts map[string]int, words []string) string {
	return listed(spec.Each(words, func(word string) count { return count{counts[word], word} })...)
}

func sum(counts map[string]int) (n int) {
	for _, k := range counts {
		n += k
	}
	return n
}
