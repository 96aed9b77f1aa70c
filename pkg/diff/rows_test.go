package diff_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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

// readRows returns the result that Rows made rows of.
func readRows(rows iter.Seq2[json.RawMessage, error]) (*diff.Result, error) {
	changes := map[int][]diff.ChangeResult{}
	r, err := diff.EachResult(rows, func(r *diff.Result, c diff.ChangeResult) bool {
		at := len(r.Connections) - 1
		changes[at] = append(changes[at], c)
		return true
	})
	for at, list := range changes {
		if err == nil {
			r.Connections[at].Changes = list
		}
	}
	return r, err
}

// A result comes back from its rows as it comes back from its JSON.
func TestRowsOfAResult(t *testing.T) {
	grant := diff.Change{Op: diff.OpGrant, Kind: "app-group", Resource: "C<A>D", Subject: spec.Subject{Name: "alice"}}
	r := &diff.Result{Format: 1, Plan: "sha256:1", Connections: []diff.PartResult{
		{Name: "a", Provider: "x", Calls: 2, Notes: []string{"n\nm"}, Changes: []diff.ChangeResult{{Change: &grant, Outcome: diff.Done},
			{Change: &grant, Outcome: diff.Refused, Detail: "no", Answer: diff.Answer{Status: 400, Code: "c"}}}},
		{Name: "b", Provider: "x", Errors: diff.Errors{errors.New("cut")}},
	}}
	r.Summarize()
	got, err := readRows(r.Rows("run"))
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
		if _, err := readRows(jsonRows(rows...)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A result is written as package json writes it.
func TestResultsAreWrittenAsPackageJSONDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &diff.Result{Format: 1, Plan: "sha256:1"}
		for range rapid.IntRange(0, 2).Draw(t, "connections") {
			part := diff.PartResult{Name: "a", Notes: []string{`"changes": []`, `"connections": []`}}
			for _, c := range rapid.SliceOfN(anyChange, 0, 3).Draw(t, "changes") {
				part.Changes = append(part.Changes, diff.ChangeResult{Change: &c, Outcome: diff.Refused, Detail: c.Reason, Answer: diff.Answer{Status: c.Mails}})
			}
			r.Connections = append(r.Connections, part)
		}
		var got, want bytes.Buffer
		if err := r.Write(&got); err != nil {
			t.Fatal(err)
		}
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(r); err != nil || got.String() != want.String() {
			t.Errorf("error %v, got\n%s\nwant\n%s", err, got.String(), want.String())
		}
		for i, part := range r.Connections {
			r.Connections[i].Changes = append([]diff.ChangeResult{}, part.Changes...) // in rows no list is none
		}
		short, err := diff.EachResult(r.Rows("run"), func(*diff.Result, diff.ChangeResult) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		if r.Connections == nil {
			r.Connections = []diff.PartResult{}
		}
		want.Reset()
		e.SetIndent("    ", "  ")
		got.Reset()
		if err := errors.Join(e.Encode(r), short.WriteRows(&got, "    ", r.Rows("run"))); err != nil || got.String() != strings.TrimSuffix(want.String(), "\n") {
			t.Errorf("of rows: error %v, got\n%s\nwant\n%s", err, got.String(), want.String())
		}
	})
}

// TestRowsAreAsPackageJSONWritesThem says that no text depends on which of two writers wrote it.
func TestRowsAreAsPackageJSONWritesThem(t *testing.T) {
	texts := rapid.SampledFrom([]string{"", "a", "team:x", "李雷", "a\"b\\c", "<&>", "\u2028", "e.yaml:3"})
	rapid.Check(t, func(t *rapid.T) {
		c := diff.Change{Op: rapid.SampledFrom(diff.Ops).Draw(t, "op"), Kind: "app-group", Resource: texts.Draw(t, "resource"), Role: spec.Role(texts.Draw(t, "role")),
			Subject: spec.Subject{Kind: spec.SubjectUser, Name: texts.Draw(t, "name"), Domain: texts.Draw(t, "domain")}, Source: texts.Draw(t, "source"),
			Reason: texts.Draw(t, "reason"), Mails: rapid.IntRange(0, 2).Draw(t, "mails"), Person: texts.Draw(t, "person"),
			Because: diff.Because(texts.Draw(t, "because")), Was: texts.Draw(t, "was")}
		for range rapid.IntRange(0, 2).Draw(t, "steps") {
			c.Via = spec.ViaOf(append(c.Via.Steps(), spec.Step{Team: texts.Draw(t, "team"), Source: texts.Draw(t, "line")}))
		}
		if rapid.IntRange(0, 3).Draw(t, "rare") == 0 {
			c.Field, c.Problem = texts.Draw(t, "field"), texts.Draw(t, "problem")
		}
		r := diff.ChangeResult{Change: &c, Outcome: diff.Done, Detail: rapid.SampledFrom([]string{"", "", "why"}).Draw(t, "detail")}
		want, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		want = bytes.TrimSpace(want)
		result := diff.Result{Connections: []diff.PartResult{{Changes: []diff.ChangeResult{r, r}}}}
		n := 0
		for row, err := range result.Rows("run") {
			if n++; err != nil || n > 2 && !bytes.Equal(row, want) {
				t.Fatalf("%v: %s, want %s", err, row, want)
			}
		}
		plan, compact := diff.Plan{Connections: []diff.ConnectionPlan{{Changes: []diff.Change{c}, Calls: []diff.Call{}}}}, bytes.Buffer{}
		alone, err := c.MarshalJSON()
		if err := errors.Join(err, diff.WriteCompact(&plan, &compact)); err != nil || !bytes.Contains(compact.Bytes(), bytes.TrimSpace(alone)) {
			t.Fatalf("%v: %s lacks %s", err, &compact, alone)
		}
	})
}

// A plan comes back from its rows byte for byte, however long it is and wherever it is cut.
func TestRowsOfAPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &diff.Plan{Format: diff.FormatVersion, Connections: []diff.ConnectionPlan{{Name: "a"}}}
		for range rapid.IntRange(0, 1200).Draw(t, "changes") {
			p.Connections[0].Changes = append(p.Connections[0].Changes, diff.Change{Op: diff.OpGrant, Resource: "<ü名\"\u2028>", Subject: spec.Subject{Name: "Ж\\"}})
		}
		p.Seal()
		var want, got bytes.Buffer
		if err := p.Write(&want); err != nil {
			t.Fatal(err)
		}
		if err := diff.WritePlan(&got, p.Rows("run")); err != nil {
			t.Fatal(err)
		}
		if want.String() != got.String() {
			t.Fatalf("%d bytes came back of %d", got.Len(), want.Len())
		}
		for row := range p.Rows("run") {
			if bytes.ContainsRune(row, '\n') {
				t.Fatal("a row has several lines")
			}
			break // taking no more is fine
		}
	})
	cut := errors.New("cut")
	broken := func(yield func(json.RawMessage, error) bool) {
		_ = yield(json.RawMessage("{}"), nil) && yield(nil, cut)
	}
	if err := diff.WritePlan(&bytes.Buffer{}, broken); !errors.Is(err, cut) {
		t.Errorf("got %v", err)
	}
}

// The changes of a result come one by one with their connections, until no more are taken.
func TestChangesOfAResultOneByOne(t *testing.T) {
	rows := []string{`{"run":"r"}`, `{"connection":{"name":"a"}}`, `{"op":"grant"}`, `{"connection":{"name":"b"}}`, `{"op":"revoke"}`, `{"op":"delete"}`}
	for most, want := range map[int]string{9: "a grant, b revoke, b delete, ", 2: "a grant, b revoke, "} {
		got, n := "", 0
		_, err := diff.EachResult(jsonRows(rows...), func(r *diff.Result, c diff.ChangeResult) bool {
			got += r.Connections[len(r.Connections)-1].Name + " " + string(c.Op) + ", "
			n++
			return n < most
		})
		if err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	if _, err := diff.EachResult(jsonRows(`{"run":"r"}`, `{`), nil); err == nil {
		t.Error("what is no JSON was taken")
	}
}
