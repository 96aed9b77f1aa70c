package render

import (
	"bufio"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"
)

// TextOptions say how text looks.
type TextOptions struct {
	Color bool // ANSI colours
}

// Text writes a report for a terminal or a log: rows aligned by terminal cells, totals last. It looks the same in every
// locale.
func Text(w io.Writer, r Report, opts TextOptions) error {
	out := text{Writer: bufio.NewWriter(w), color: opts.Color,
		cells: &runewidth.Condition{EastAsianWidth: false, StrictEmojiNeutral: true}}
	for _, s := range r.Sections {
		out.section(s)
	}
	if len(r.Apart.Sections) > 0 {
		out.put(out.tint(bold, Visible(r.Apart.Title)), "\n\n")
	}
	for _, s := range r.Apart.Sections {
		out.section(s)
	}
	out.put(out.tint(bold, Visible(r.Totals)), "\n")
	return out.Flush() // a bufio.Writer keeps the first error
}

type text struct {
	*bufio.Writer
	color bool
	cells *runewidth.Condition
}

// column widths: of marks, subjects and sources
type widths [3]int

// widest is how far a column is padded; a longer cell shifts its own row only.
const widest = 48

func (t *text) section(s Section) {
	t.put(t.tint(bold, Visible(s.Title)), "\n")
	width := t.measure(s.Groups)
	for _, g := range s.Groups {
		t.put("  ", Visible(g.Title), "\n")
		for _, row := range g.Rows {
			t.row(row, width)
		}
	}
	for _, n := range s.Notes {
		t.put("  ", t.tint(noteCodes[n.Level], noteWords[n.Level]), Visible(n.Text), "\n")
	}
	t.put("\n")
}

func (t *text) measure(groups []Group) widths {
	var width widths
	for _, g := range groups {
		for _, row := range g.Rows {
			for i, cell := range []string{row.Mark.Text, row.Subject, row.Source} {
				width[i] = max(width[i], min(widest, t.cells.StringWidth(Visible(cell))))
			}
		}
	}
	return width
}

func (t *text) row(row Row, width widths) {
	line := "    " + t.tint(toneCodes[row.Mark.Tone], Visible(row.Mark.Text))
	used := t.cells.StringWidth(Visible(row.Mark.Text))
	for i, cell := range []string{row.Subject, row.Source, row.Why} {
		gap := max(0, width[i]-used)
		switch {
		case width[i] == 0: // nobody has a cell in the column before
		case i == 0:
			gap++
		default:
			gap += 2
		}
		cell = Visible(cell)
		line += strings.Repeat(" ", gap) + cell
		used = t.cells.StringWidth(cell)
	}
	t.put(strings.TrimRight(line, " "), "\n")
}

func (t *text) put(parts ...string) {
	for _, part := range parts {
		t.WriteString(part)
	}
}

// ANSI codes.
const (
	bold    = "1"
	red     = "31"
	green   = "32"
	yellow  = "33"
	cyan    = "36"
	alarmed = "1;31"
)

func (t *text) tint(code, s string) string {
	if !t.color || code == "" || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

var toneCodes = [...]string{Plain: "", Adds: green, Removes: red, Alters: yellow, Repeats: cyan, Alarms: alarmed}

var noteCodes = [...]string{Info: "", Warning: yellow, Allowance: yellow, Refusal: alarmed, Error: alarmed}

var noteWords = [...]string{Info: "", Warning: "WARNING: ", Allowance: "ALLOWED: ", Refusal: "REFUSED: ", Error: "ERROR: "}
