package render_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// No cell of the CSV is a formula to a spreadsheet or more than a line, and readers of CSV get every other text as it is.
func TestAccessCSVIsHarmless(t *testing.T) {
	names := map[string]string{"=1+1": "'=1+1", "+x": "'+x", "-x": "'-x", "@x": "'@x", "\t=x": `\t=x`, "\r=x": `\u000d=x`, "a\nb": `a\nb`, `a,"b"`: `a,"b"`, "李雷": "李雷", "x=1": "x=1",
		"＝x": "'＝x", " =x": "' =x", "": ""}
	a := access.Answer{Connections: []access.Connection{{Name: "w", Provider: "p", Account: "=tenant"}}}
	var want []string
	for name, shown := range names {
		a.Rows = append(a.Rows, access.Row{Connection: "w", Subject: spec.Subject{Kind: spec.SubjectUser, Name: name}, Chains: []access.Chain{{Source: "a.yaml:1"}, {Source: "=b.yaml:2"}}})
		want = append(want, shown)
	}
	var out strings.Builder
	if err := render.AccessCSV(&out, &a); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil || len(records) != 1+2*len(names) {
		t.Fatalf("%d records: %v", len(records), err)
	}
	for i, name := range want {
		first, second := records[1+2*i], records[2+2*i]
		if first[9] != name || second[9] != name || first[2] != "'=tenant" || first[14] != "a.yaml:1" || second[14] != "'=b.yaml:2" {
			t.Errorf("%q: %q, %q", name, first, second)
		}
	}
}

// What was asked stands in the totals, and no name in it becomes markup.
func TestAccessMarkdownIsHarmless(t *testing.T) {
	a := access.Answer{Question: "why a|b`c<script>@all ![x](y) **z** a_b", From: access.FromFiles}
	var out strings.Builder
	if err := render.Markdown(&out, render.Access(&a)); err != nil {
		t.Fatal(err)
	}
	want := "**why a&#124;b&#96;c&#60;script&#62;&#64;all &#33;&#91;x&#93;(y) &#42;&#42;z&#42;&#42; a&#95;b: 0 entitlements on 0 resources, by the files "
	if !strings.Contains(out.String(), want) {
		t.Errorf("%s\nwant %s", out.String(), want)
	}
}
