package diff_test

import (
	"encoding/json"
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

func jsonRows(all ...string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for _, text := range all {
			if !yield(json.RawMessage(text), nil) {
				return
			}
		}
	}
}

// A result comes back from its rows as it comes back from its JSON.
func TestRowsOfAResult(t *testing.T) {
	grant := diff.Change{Op: diff.OpGrant, Kind: "app-group", Resource: "C<A>D", Subject: spec.Subject{Name: "alice"}}
	r := &diff.Result{Format: 1, Plan: "sha256:1", Connections: []diff.PartResult{
		{Name: "a", Provider: "x", Calls: 2, Notes: []string{"n\nm"}, Changes: []diff.ChangeResult{{Change: grant, Outcome: diff.Done},
			{Change: grant, Outcome: diff.Refused, Detail: "no", Answer: diff.Answer{Status: 400, Code: "c"}}}},
		{Name: "b", Provider: "x", Errors: diff.Errors{errors.New("cut")}},
	}}
	r.Summarize()
	got, err := diff.ReadRows(r.Rows("run"))
	if err != nil {
		t.Fatal(err)
	}
	asJSON := func(r *diff.Result) (v any) {
		text, err := json.Marshal(r)
		if err != nil || json.Unmarshal(text, &v) != nil {
			t.Fatal(err)
		}
		return v
	}
	r.Connections[1].Changes = []diff.ChangeResult{}
	if d := cmp.Diff(asJSON(r), asJSON(got)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestRowsThatAreNone(t *testing.T) {
	head := `{"run":"r","format":1}`
	for name, rows := range map[string][]string{"none": nil, "a change first": {head, `{"op":"grant"}`}, "no JSON": {head, `{"connection":`}} {
		if _, err := diff.ReadRows(jsonRows(rows...)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
