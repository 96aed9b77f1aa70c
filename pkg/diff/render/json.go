package render

import (
	"encoding/json"
	"io"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// JSON writes a document for programs, the same bytes for the same document. A plan comes out as it is saved.
func JSON(w io.Writer, document any) error {
	if plan, ok := document.(*diff.Plan); ok {
		return plan.Write(w)
	}
	if result, ok := document.(*diff.Result); ok {
		return result.Write(w)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(document)
}
