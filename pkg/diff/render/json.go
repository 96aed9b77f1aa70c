package render

import (
	"encoding/json"
	"io"
)

// JSON writes a document for programs, the same bytes for the same document. What
// knows how to write itself does: a plan as it is saved, and what is too long to be in memory as text.
func JSON(w io.Writer, document any) error {
	if long, ok := document.(interface{ Write(io.Writer) error }); ok {
		return long.Write(w)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(document)
}
