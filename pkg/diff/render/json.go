package render

import (
	"encoding/json"
	"io"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// JSON writes a document for programs, the same bytes for the same document. A plan comes out as it is saved.
func JSON(w io.Writer, document any) error {
	if plan, ok := document.(*diff.Plan); ok {
		data, err := plan.Encode()
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(document)
}
