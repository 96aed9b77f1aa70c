package render

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// HTMLRows is how many rows a page has at most. What takes access comes first, and the rest is counted.
const HTMLRows = 200_000

//go:embed page
var pageFiles embed.FS

// The files that the script of a page is joined of, in this order.
var pageScripts = []string{"page/data.js", "page/list.js", "page/matrix.js", "page/page.js"}

// HTML writes a report as one page that asks nobody for anything: it needs no network, and its policy lets it have none. Equal
// reports give equal bytes. The document is kept in it, for who wants it as a file.
func HTML(w io.Writer, r Report, document any) error {
	if r.page == nil {
		return fmt.Errorf("there is no HTML of this: %s", r.Title)
	}
	p := r.page()
	var err error
	if p.data.Document, err = attached(document); err != nil {
		return err
	}
	data, err := json.Marshal(p.data) // which writes <, > and & as escapes, and the line ends of scripts
	if err != nil {
		return err
	}
	style, script, err := ownCode()
	if err != nil {
		return err
	}
	layout, err := template.New("page.html").Funcs(template.FuncMap{"visible": Visible, "loud": loud, "level": levelName, "thousands": thousands}).
		ParseFS(pageFiles, "page/page.html")
	if err != nil {
		return err
	}
	return layout.Execute(w, map[string]any{
		"Policy": policy(style, script), "Style": template.CSS(style), "Script": template.JS(script), "Data": template.JS(data),
		"Report": r, "Page": p, "Rows": len(p.data.Rows),
	})
}

// ownCode is the style and the script of every page.
func ownCode() (style, script string, err error) {
	css, err := pageFiles.ReadFile("page/page.css")
	if err != nil {
		return "", "", err
	}
	for _, name := range pageScripts {
		code, err := pageFiles.ReadFile(name)
		if err != nil {
			return "", "", err
		}
		script += string(code)
	}
	return string(css), script, nil
}

// policy is what a browser may do for the page: run this very script and style, and nothing else. Text never becomes markup.
func policy(style, script string) string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; script-src " + hash(script) + "; style-src " + hash(style) +
		"; img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
}

// attachment is a file within a page.
type attachment struct {
	Name string `json:"name"`
	Gzip []byte `json:"gzip"` // base64 in JSON
}

// attached is the JSON of a document, the bytes that -o json gives; nil where the rows of the page are all there is.
func attached(document any) (*attachment, error) {
	name := ""
	switch document.(type) {
	case *diff.Plan:
		name = "plan.json"
	case *diff.Drift:
		name = "drift.json"
	default:
		return nil, nil
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if err := JSON(zip, document); err != nil {
		return nil, err
	}
	err := zip.Close()
	return &attachment{name, packed.Bytes()}, err
}

// said is a note with the title of its section.
type said struct {
	Note
	On string
}

// loud are the notes that must be seen, the loudest first, or the others.
func loud(sections []Section, want bool) (found []said) {
	for _, s := range sections {
		for _, n := range s.Notes {
			if (n.Level != Info) == want {
				found = append(found, said{n, s.Title})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b said) int { return cmp.Compare(b.Level, a.Level) })
	return found
}

func levelName(l Level) string {
	return [...]string{Info: "info", Warning: "warning", Allowance: "allowed", Refusal: "refused", Error: "error"}[l]
}

// thousands writes a number with a comma before each three digits.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
