package render

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// entry is a row with the change that it is about.
type entry struct {
	name       string // of the connection
	connection string // the title of its section
	change     *diff.Change
	row        Row
	drift      bool
}

// byResource gives the resource of each entry its group, in the order of kinds and then by name. Rows keep their order.
func byResource(entries []entry) []Group {
	return groupRows(len(entries), func(i int) *diff.Change { return entries[i].change }, func(i int) Row { return entries[i].row })
}

// byConnection gives each connection a section with its rows.
func byConnection(entries []entry) (sections []Section) {
	for from, to := 0, 0; from < len(entries); from = to {
		for to = from; to < len(entries) && entries[to].connection == entries[from].connection; {
			to++
		}
		sections = append(sections, Section{Title: entries[from].connection, Groups: byResource(entries[from:to])})
	}
	return sections
}

// nobody is the title of what is about no person.
const nobody = "not about one person"

// byPerson gives each person a section, by name, and the rest one at the end. The groups of a section are connections.
func byPerson(entries []entry) (sections []Section) {
	people := map[string][]entry{}
	for _, e := range entries {
		name := personOf(*e.change)
		people[name] = append(people[name], e)
	}
	for _, name := range sortedNames(people) {
		sections = append(sections, personSection(name, people[name]))
	}
	return sections
}

// sortedNames are the keys, "" last.
func sortedNames[T any](by map[string]T) []string {
	return slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		if (a == "") != (b == "") {
			return -strings.Compare(a, b)
		}
		return strings.Compare(a, b)
	})
}

// personOf is the person that a change is about: as the files name them or, of strangers, as the vendor does; "": none.
func personOf(c diff.Change) string {
	if !c.Subject.Kind.Personal() || c.Op == diff.OpResend && c.Mailing().Recipient != "" {
		return ""
	}
	switch {
	case c.Person != "":
		return c.Person
	case stranger(c):
		return c.Subject.String() + " (not in the files)"
	}
	return c.Subject.String()
}

// stranger says whether the files know nobody by the subject of a change.
func stranger(c diff.Change) bool { return c.Person == "" && c.Source == "" && c.Was == "" }

// personSection is what a person gains and loses.
func personSection(name string, entries []entry) Section {
	s := Section{Title: nobody, Person: name}
	if name != "" {
		s.Title = name + ": " + cmp.Or(gainsAndLosses(entries), "no change of access")
	}
	at := map[string]int{}
	for _, e := range entries {
		title := e.connection
		if called := e.change.Subject.String(); name != "" && e.change.Person != "" && e.change.Subject.Name != name {
			title += " as " + called
		}
		i, known := at[title]
		if !known {
			i = len(s.Groups)
			at[title], s.Groups = i, append(s.Groups, Group{Title: title})
		}
		row := e.row
		row.Subject = resourceOf(*e.change, name == "")
		s.Groups[i].Rows = append(s.Groups[i].Rows, row)
	}
	return s
}

// resourceOf names what a change is about, without its person.
func resourceOf(c diff.Change, subject bool) string {
	text := string(c.Kind) + " " + c.Resource
	switch {
	case subject || c.Op == diff.OpUpdate || c.Op == diff.OpResend:
		return text + ": " + subjectOf(c)
	case c.Role != "" && c.Role != spec.RoleAccess && c.Role != spec.RoleMember:
		return text + " (" + string(c.Role) + ")"
	}
	return text
}

// gainsAndLosses counts what changes give and take; what is blocked does neither. Of drift it counts what is missing and what
// is there beyond the files.
func gainsAndLosses(entries []entry) string {
	gains, losses, blocked, gainWord, lossWord := 0, 0, 0, "gains ", "loses "
	if len(entries) > 0 && entries[0].drift {
		gainWord, lossWord = "lacks ", "holds, beyond the files, "
	}
	for _, e := range entries {
		switch c := e.change; {
		case c.Problem != "":
			blocked++
		case c.Op == diff.OpGrant:
			gains++
		case c.Op == diff.OpRevoke:
			losses++
		}
	}
	var parts []string
	for _, part := range []struct {
		n    int
		text string
	}{{gains, gainWord}, {losses, lossWord}} {
		if part.n > 0 {
			parts = append(parts, part.text+Count(part.n, "grant"))
		}
	}
	if blocked > 0 {
		parts = append(parts, Count(blocked, "row")+" blocked")
	}
	return strings.Join(parts, ", ")
}
