package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Comment is a plan in the order in which a reviewer reads it: what can't be done, what is taken away, who gains and loses what,
// the rest, and what was so before.
type Comment struct {
	own, before []entry
	several     bool // connections, so that rows name theirs
	id          string
}

// write writes the comment: the blocks in the order of reading, with room given in the order of need. Once a row of one is left
// out, none of those that are needed less is kept: nobody should take a comment that shows grants for one that shows all revokes.
// Where what is taken away does not fit in rows of its own, it is told by resource in few words or, if that is too long as well,
// in totals by resource and by person.
func (c *Comment) write(w io.Writer, r Report) error {
	head := markdownHead(r)
	foot := c.foot()
	notes, leftNotes := noteLines(r.Sections, MarkdownLimit/2)
	room := MarkdownLimit - len(head) - len(foot) - len(notes) - noticeRoom
	takes, stuck, people, rest, before := c.takes(), c.stuck(), c.people(), c.rest(), c.apart(r.Apart.Title)
	var totals []*block
	if takes.size() > room {
		if short := c.shortTakes(); short.size() <= room {
			takes = short
		} else {
			totals = []*block{c.totals("Taken away, by resource", resourceTitle), c.totals("Taken away, by person", personOrSubject)}
		}
	}
	for i, t := range totals {
		room -= t.fit(room / (4 - i))
	}
	full := false
	for _, b := range []*block{takes, stuck, people, rest, before} {
		if !full {
			room -= b.fit(room)
			full = b.kept < len(b.rows)
		}
	}
	reading := slices.Concat(totals, []*block{stuck, takes, people, rest, before})
	text := head + leftOutOf([]*block{takes, stuck, people, rest, before}, leftNotes) + before.leftTakings() + notes
	for _, b := range reading {
		text += b.text()
	}
	_, err := io.WriteString(w, text+foot)
	return err
}

func (c *Comment) table(title string, folded bool, entries []entry) *block {
	b := &block{title: fmt.Sprintf("%s (%d)", title, len(entries)), folded: folded, columns: changeColumns}
	for _, e := range entries {
		line := tableLine{text: tableRow(c.resource(e), e.row), mark: e.row.Mark.Text, n: 1}
		if e.row.Risk == Takes {
			line.takes = c.resource(e)
		}
		b.rows = append(b.rows, line)
	}
	return b
}

// resource names the resource of a row, and its connection where there are several.
func (c *Comment) resource(e entry) string {
	if c.several {
		return e.name + " " + resourceTitle(e)
	}
	return resourceTitle(e)
}

// held is what somebody has by a row, and under which name, where the vendor has another one than the files.
func (c *Comment) held(e entry) string {
	text := resourceOf(*e.change, false)
	if c.several {
		text = e.name + " " + text
	}
	if text = code(text); e.change.Person != "" && e.change.Person != e.change.Subject.Name {
		text += " as " + code(e.change.Subject.String())
	}
	return text
}

func resourceTitle(e entry) string { return string(e.change.Kind) + " " + e.change.Resource }

// personOrSubject is who a change is about.
func personOrSubject(e entry) string {
	switch name := personOf(*e.change); {
	case name != "":
		return name
	case e.change.Subject.Name != "":
		return e.change.Subject.String()
	}
	return "everybody there who is not granted it"
}

func (c *Comment) takes() *block { return c.table("Taken away", false, risky(c.own, Takes)) }

// shortTakes names by resource from whom something is taken, without lines and reasons.
func (c *Comment) shortTakes() *block {
	all := risky(c.own, Takes)
	b := &block{title: fmt.Sprintf("Taken away (%d)", len(all)), columns: shortColumns}
	by := map[string][]entry{}
	for _, e := range all {
		name := c.resource(e)
		by[name] = append(by[name], e)
	}
	for _, name := range sortedNames(by) {
		for rest := by[name]; len(rest) > 0; {
			n := min(perLine*perLine, len(rest))
			who := strings.Join(spec.Each(rest[:n], func(e entry) string { return code(takenFrom(e)) }), ", ")
			b.rows = append(b.rows, tableLine{text: "| " + code(name) + " | " + who + " |\n", mark: opMark(diff.OpRevoke).Text, n: n, takes: name})
			rest = rest[n:]
		}
	}
	return b
}

// takenFrom is who loses by a change, and by which, where it takes from more than one person.
func takenFrom(e entry) string {
	if e.change.Op == diff.OpRevoke {
		return nameOf(*e.change)
	}
	return e.row.Subject
}

func (c *Comment) stuck() *block { return c.table("Blocked", false, risky(c.own, Stuck)) }

func risky(entries []entry, risk Risk) (found []entry) {
	for _, e := range entries {
		if e.row.Risk == risk {
			found = append(found, e)
		}
	}
	return found
}

// gains says whether the table of people shows what a person gets by a change.
func gains(e entry) bool {
	return e.row.Risk == Harmless && e.change.Op == diff.OpGrant && personOf(*e.change) != "" && e.row.Mark.Text == opMark(diff.OpGrant).Text
}

func (c *Comment) rest() *block {
	return c.table("The rest", true, slices.DeleteFunc(risky(c.own, Harmless), gains))
}

func (c *Comment) apart(title string) *block { return c.table(title, true, c.before) }

// perLine bounds how much of one person a line shows.
const perLine = 10

// people is what each person gains, with its lines, and what each loses, whose lines stand above.
func (c *Comment) people() *block {
	b := &block{title: "By person", columns: peopleColumns}
	plus, minus, names := map[string][]string{}, map[string][]string{}, map[string]bool{}
	for _, e := range c.own {
		switch name := personOf(*e.change); {
		case gains(e):
			plus[name] = append(plus[name], strings.TrimSpace(c.held(e)+" "+code(strings.TrimSpace(e.row.Source+" "+e.row.Why))))
			names[name] = true
		case e.change.Op == diff.OpRevoke && e.row.Risk == Takes && name != "":
			minus[name] = append(minus[name], c.held(e))
			names[name] = true
		}
	}
	for _, name := range sortedNames(names) {
		for got, lost := plus[name], minus[name]; len(got)+len(lost) > 0; {
			nGot, nLost := min(perLine, len(got)), min(perLine, len(lost))
			text := "| " + strings.Join([]string{code(name), strings.Join(got[:nGot], "<br>"), strings.Join(lost[:nLost], "<br>")}, " | ") + " |\n"
			b.rows = append(b.rows, tableLine{text: text, mark: opMark(diff.OpGrant).Text, n: nGot})
			got, lost = got[nGot:], lost[nLost:]
		}
	}
	return b
}

// totals counts what is taken by what its rows have in common, the most first.
func (c *Comment) totals(title string, of func(entry) string) *block {
	b := &block{title: title, columns: totalColumns}
	counts := map[string]int{}
	for _, e := range risky(c.own, Takes) {
		name := of(e)
		if c.several && e.change.Resource != "" && strings.HasPrefix(name, string(e.change.Kind)+" ") {
			name = e.name + " " + name
		}
		counts[name]++
	}
	names := sortedNames(counts)
	slices.SortStableFunc(names, func(a, b string) int { return counts[b] - counts[a] })
	for _, name := range names {
		b.rows = append(b.rows, tableLine{text: fmt.Sprintf("| %s | %d |\n", code(name), counts[name]), n: counts[name]})
	}
	return b
}

// foot says which plan it is, and how to apply just that.
func (c *Comment) foot() string {
	if c.id == "" || len(c.own)+len(c.before) == 0 {
		return ""
	}
	return "\nPlan " + code(c.id) + "; where it was saved, this applies just that: " + code("entitlectl apply plan.json --require-plan "+c.id) + "\n"
}
