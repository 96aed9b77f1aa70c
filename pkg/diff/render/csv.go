package render

import (
	"encoding/csv"
	"io"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// CSV writes records as CSV (RFC 4180) for spreadsheets. Cells that a spreadsheet would take for a formula begin with an apostrophe.
type CSV struct{ out *csv.Writer }

// NewCSV begins with the names of the columns.
func NewCSV(w io.Writer, columns []string) CSV {
	c := CSV{csv.NewWriter(w)}
	c.out.UseCRLF = true
	c.Add(columns)
	return c
}

// Add adds a record. End returns the first error.
func (c CSV) Add(record []string) { _ = c.out.Write(spec.Each(record, cell)) }

// End writes what is left.
func (c CSV) End() error {
	c.out.Flush()
	return c.out.Error()
}

// AccessCSV writes an answer as CSV: a head, then a record for each chain of a row, or one where there is none.
func AccessCSV(w io.Writer, a *access.Answer) error {
	out := NewCSV(w, accessColumns)
	for _, r := range a.Rows {
		for _, record := range accessRecords(a, r) {
			out.Add(record)
		}
	}
	return out.End()
}

// cell is a text that spreadsheets show as it is. Whatever is not shown as a letter is written out, so that no cell is more than
// a line, or reads otherwise than it is.
func cell(text string) string {
	text = Visible(text)
	if strings.IndexAny(strings.TrimLeft(text, " "), "=+-@＝＋－＠") == 0 {
		return "'" + text
	}
	return text
}
