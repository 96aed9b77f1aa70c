package render

import (
	"encoding/csv"
	"io"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/access"
)

// AccessCSV writes an answer as CSV (RFC 4180) for spreadsheets: a head, then a record for each chain of a row, or one where
// there is none. Cells that a spreadsheet would take for a formula begin with an apostrophe.
func AccessCSV(w io.Writer, a *access.Answer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	_ = out.Write(accessColumns) // the writer keeps the first error
	for _, r := range a.Rows {
		for _, record := range accessRecords(a, r) {
			for i := range record {
				record[i] = cell(record[i])
			}
			_ = out.Write(record)
		}
	}
	out.Flush()
	return out.Error()
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
