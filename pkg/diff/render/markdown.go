package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// MarkdownLimit is the most that Markdown writes, in bytes. GitHub takes comments of 65,536 characters; the rest is left
// for what a workflow adds.
const MarkdownLimit = 60_000

// MarkdownRows are as many rows as may fit where texts are of usual length.
const MarkdownRows = 250

// FitsMarkdown says whether Markdown leaves nothing of a report out.
func FitsMarkdown(r Report) bool {
	if r.Comment != nil { // which counts what it leaves out
		return true
	}
	r.Sections = slices.Concat(r.Sections, r.Apart.Sections)
	lines := markdownLines(r)
	fits(lines, r.Sections, markdownRoom(r))
	return !slices.ContainsFunc(lines, func(l line) bool { return !l.kept })
}

// markdownRoom is how many bytes there are for lines.
func markdownRoom(r Report) int {
	return MarkdownLimit - len(markdownHead(r)) - noticeRoom
}

func markdownHead(r Report) string {
	return fmt.Sprintf("### %s\n\n**%s**\n", r.Title, inert(r.Totals))
}

// inert is our own words, among which there may be a name: no markup, link or mention comes of it.
func inert(s string) string {
	const active = "<>&`|*_[]\\@#~$!"
	s = Visible(s)
	if !strings.ContainsAny(s, active) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(active, r) {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Markdown writes a report as a comment on a pull request: totals first, then a table for each connection. What does not
// fit is left out by whole lines and counted, the least risky rows first. Every text that is not ours stands in code, so
// that it can't become markup, a link or a mention.
func Markdown(w io.Writer, r Report) error {
	if r.Comment != nil {
		return r.Comment.write(w, r)
	}
	apart := len(r.Sections)
	r.Sections = slices.Concat(r.Sections, r.Apart.Sections)
	lines := markdownLines(r)
	fits(lines, r.Sections, markdownRoom(r))
	var b strings.Builder
	b.WriteString(markdownHead(r))
	b.WriteString(leftOut(lines))
	section, table, folded := -1, false, ""
	for _, l := range lines {
		if !l.kept {
			continue
		}
		fresh := l.section != section
		if fresh && l.section >= apart && section < apart {
			b.WriteString("\n<details><summary>" + inSummary(r.Apart.Title) + "</summary>\n")
			folded = "\n</details>\n"
		}
		if fresh {
			b.WriteString(sectionHead(r.Sections[l.section]))
		}
		if fresh || l.row != table {
			b.WriteString("\n")
			if l.row {
				b.WriteString(tableHead)
			}
		}
		section, table = l.section, l.row
		b.WriteString(l.text)
	}
	_, err := io.WriteString(w, b.String()+folded)
	return err
}

// noticeRoom is for what leftOut says, and for what folds.
const noticeRoom = 4096

// line is a note or a row, and whether there is room for it.
type line struct {
	section int
	row     bool
	mark    string // of a row
	group   string // of a row
	rank    int    // lower ones are more needed
	text    string
	kept    bool
}

const tableHead = "| | Resource | Subject | Source | Why |\n|---|---|---|---|---|\n"

func sectionHead(s Section) string { return "\n#### " + code(s.Title) + "\n" }

// The ranks of lines.
const (
	rankLoud = iota
	rankTakes
	rankStuck
	rankInfo
	rankRow
	ranks
)

// markdownLines writes every note and row out, notes before rows.
func markdownLines(r Report) []line {
	var lines []line
	for i, s := range r.Sections {
		for _, n := range s.Notes {
			l := line{section: i, rank: rankLoud, text: "- " + noteMark(n.Level) + code(n.Text) + "\n"}
			if n.Level == Info {
				l.rank = rankInfo
			}
			lines = append(lines, l)
		}
		for _, g := range s.Groups {
			for _, row := range g.Rows {
				l := line{section: i, row: true, mark: row.Mark.Text, group: cmp.Or(s.Person, g.Title), rank: rankRow, text: tableRow(g.Title, row)}
				switch row.Risk {
				case Takes:
					l.rank = rankTakes
				case Stuck:
					l.rank = rankStuck
				}
				lines = append(lines, l)
			}
		}
	}
	return lines
}

func tableRow(resource string, row Row) string {
	cells := []string{code(row.Mark.Text), code(resource), code(row.Subject), code(row.Source), code(row.Why)}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

func noteMark(level Level) string {
	word := strings.TrimSuffix(noteWords[level], ": ")
	if word == "" {
		return ""
	}
	return "**" + word + "** "
}

// fits marks the lines that there is room for, rank by rank. Once a line of some rank is left out, no line of a later
// rank is kept: nobody should take a comment that shows grants for one that shows all revokes. Where lines are left
// out, each section's rows are put in order of rank.
func fits(lines []line, sections []Section, room int) {
	headed, tabled := map[int]bool{}, map[int]bool{}
	full := false
	for rank := 0; rank < ranks && !full; rank++ {
		for i := range lines {
			l := &lines[i]
			if l.rank != rank {
				continue
			}
			size := len(l.text)
			if !headed[l.section] {
				size += len(sectionHead(sections[l.section])) + len("\n\n")
			}
			if l.row && !tabled[l.section] {
				size += len(tableHead)
			}
			if size > room {
				full = true
				continue
			}
			l.kept, room = true, room-size
			headed[l.section], tabled[l.section] = true, tabled[l.section] || l.row
		}
	}
	if full {
		slices.SortStableFunc(lines, byImportance)
	}
}

func byImportance(a, b line) int {
	switch {
	case a.section != b.section:
		return a.section - b.section
	case a.row != b.row && a.row:
		return 1
	case a.row != b.row:
		return -1
	default:
		return a.rank - b.rank
	}
}

// leftOut says what there was no room for; "" when all is there. What takes access is told by resource, or by person.
func leftOut(lines []line) string {
	missing, takes, notes := map[string]int{}, map[string]int{}, 0
	for _, l := range lines {
		switch {
		case l.kept:
		case l.row:
			missing[l.mark]++
			if l.rank == rankTakes {
				takes[l.group]++
			}
		default:
			notes++
		}
	}
	return leftOutText(missing, notes) + leftTakings(takes)
}

func leftOutText(missing map[string]int, notes int) string {
	rows := 0
	var parts []string
	for mark, n := range missing {
		parts, rows = append(parts, fmt.Sprintf("%s × %d", code(mark), n)), rows+n
	}
	if rows+notes == 0 {
		return ""
	}
	slices.Sort(parts)
	text := "\nToo long for a comment. Left out: " + Count(rows, "row")
	if rows > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	if notes > 0 {
		text += ", " + Count(notes, "note")
	}
	return text + ". Revokes, deletes and other changes that take access come first, then blocked ones; the whole is in the text and JSON outputs.\n"
}

// leftTakings counts by group what takes access and was left out, as far as there is room.
func leftTakings(takes map[string]int) string {
	if len(takes) == 0 {
		return ""
	}
	names := sortedNames(takes)
	slices.SortStableFunc(names, func(a, b string) int { return takes[b] - takes[a] })
	text, rest := "\nOf what was left out this takes access:", 0
	for _, name := range names {
		if part := fmt.Sprintf(" %s × %d,", code(name), takes[name]); len(text)+len(part) < noticeRoom-1024 {
			text += part
		} else {
			rest += takes[name]
		}
	}
	if rest > 0 {
		return text + fmt.Sprintf(" and %d elsewhere.\n", rest)
	}
	return strings.TrimSuffix(text, ",") + ".\n"
}

// code puts a text into a code span, where Markdown, mentions and links mean nothing. A text that could end the span or
// its table cell is written in character references instead.
func code(s string) string {
	s = Visible(s)
	if s == "" {
		return ""
	}
	if !strings.ContainsAny(s, "`|\\") && s[0] != ' ' {
		return "`" + s + "`"
	}
	return "<code>" + referenced(s, "") + "</code>"
}

// inSummary is a text between HTML tags, where Markdown means nothing.
func inSummary(s string) string { return referenced(Visible(s), ":,.-/()") }

// referenced writes all of a text that is neither a letter, a digit, a blank nor plain as character references.
func referenced(s, plain string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 && !isWord(r) && !strings.ContainsRune(plain, r) {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func isWord(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == ' '
}
