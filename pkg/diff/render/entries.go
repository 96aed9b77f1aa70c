package render

import (
	"cmp"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// entry is a row with the change that it is about.
type entry struct {
	connection string // the title of its section
	change     diff.Change
	row        Row
}

// byResource gives the resource of each entry its group, in the order of kinds and then by name. Rows keep their order.
func byResource(entries []entry) []Group {
	return groupRows(len(entries), func(i int) *diff.Change { return &entries[i].change }, func(i int) Row { return entries[i].row })
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
		name := personOf(e.change)
		people[name] = append(people[name], e)
	}
	names := make([]string, 0, len(people))
	for name := range people {
		names = append(names, name)
	}
	slices.SortFunc(names, compareNames)
	for _, name := range names {
		sections = append(sections, personSection(name, people[name]))
	}
	return sections
}

// compareNames puts "" last.
func compareNames(a, b string) int {
	if (a == "") != (b == "") {
		return -strings.Compare(a, b)
	}
	return strings.Compare(a, b)
}

// personOf is the person that a change is about: as the files name them or, of strangers, as the vendor does; "": none.
func personOf(c diff.Change) string {
	if !c.Subject.Kind.Personal() || c.Op == diff.OpResend && c.Notice.Recipient != "" {
		return ""
	}
	if c.Person == "" {
		return c.Subject.String() + " (not in the files)"
	}
	return c.Person
}

// personSection is what a person gains and loses.
func personSection(name string, entries []entry) Section {
	s := Section{Title: nobody}
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
		row.Subject = resourceOf(e.change, name == "")
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

// gainsAndLosses counts what changes give and take; what is blocked does neither.
func gainsAndLosses(entries []entry) string {
	gains, losses, blocked := 0, 0, 0
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
	}{{gains, "gains "}, {losses, "loses "}} {
		if part.n > 0 {
			parts = append(parts, part.text+Count(part.n, "grant"))
		}
	}
	if blocked > 0 {
		parts = append(parts, Count(blocked, "row")+" blocked")
	}
	return strings.Join(parts, ", ")
}
