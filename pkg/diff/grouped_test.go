package diff_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// largePlan has, on one of two connections, more changes than stand one by one: grants and revokes of as many people on each
// resource, of which every third has a line of its own, and what else there is.
func largePlan(people int) *diff.Plan {
	plan := examplePlan()
	part := diff.ConnectionPlan{Name: "large", Provider: "huaweicloud", Changes: []diff.Change{}, Calls: []diff.Call{}, Violations: []diff.Violation{}}
	add := func(c diff.Change) { part.Changes = append(part.Changes, c) }
	add(diff.Change{Op: diff.OpCreate, Kind: kindAppGroup, Resource: "New", Settings: spec.Settings{}.With("type", "x").With("name", `a "b"`)})
	add(diff.Change{Op: diff.OpUpdate, Kind: kindApp, Resource: "CAD", Field: "audience", From: "everyone", To: "assigned"})
	for _, op := range []diff.Op{diff.OpGrant, diff.OpRevoke} {
		for group := 0; len(part.Changes) < diff.MaxListed*5/4*map[diff.Op]int{diff.OpGrant: 1, diff.OpRevoke: 2}[op]; group++ {
			for i := range people {
				c := access(op, fmt.Sprintf("G%05d", group), fmt.Sprintf("u%05d", group%7+i))
				c.Source, c.Mails = fmt.Sprintf("e.yaml:%d", 10+group), 1
				if i%3 == 2 {
					c.Source = fmt.Sprintf("e.yaml:%d", 1000+i)
				}
				if group%3 == 2 {
					c.Person, c.Via = "person "+c.Subject.Name, spec.ViaOf([]spec.Step{{Team: "cad", Source: fmt.Sprintf("e.yaml:%d", 7+i%2)}})
				}
				if op == diff.OpRevoke && group%4 == 1 {
					c.Was, c.Because = fmt.Sprintf("e.yaml:%d", 20+i%2), diff.BecauseFiles
				}
				add(c)
			}
		}
	}
	for i := range part.Changes {
		part.Calls = append(part.Calls, diff.Call{Name: "one", Changes: []int{i}})
	}
	plan.Connections = append(plan.Connections, part)
	plan.Summarize(nil)
	plan.Seal()
	return plan
}

// A large plan is of format 2, and comes back with the id that it has in format 1.
func TestLargePlansAreGrouped(t *testing.T) {
	for _, people := range []int{1, 2, 3, 50} {
		plan := largePlan(people)
		data, err := plan.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := diff.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(plan, back, cmpopts.EquateComparable(spec.Settings{})); d != "" || back.Format != diff.FormatGrouped {
			t.Fatalf("format %d (-want +got):\n%s", back.Format, d)
		}
		listed := listed(t, plan)
		old, err := diff.Decode(listed)
		if err != nil {
			t.Fatal("format 1 of any size:", err)
		}
		if old.ID != back.ID || old.Format != diff.FormatVersion {
			t.Errorf("format %d has another id", old.Format)
		}
		var again bytes.Buffer
		if err := old.Write(&again); err != nil || !bytes.Equal(again.Bytes(), listed) {
			t.Errorf("a plan of format 1 is shown in another, error %v", err)
		}
		if people == 50 && len(data)*8 > len(listed) {
			t.Errorf("%d bytes, %d in format 1", len(data), len(listed))
		}
		if !regexp.MustCompile(`(?m)^  "id": "sha256:[0-9a-f]{64}",$`).Match(data) {
			t.Errorf("the id has no line of its own:\n%.300s", data)
		}
	}
}

// listed is a plan in format 1, whatever its size.
func listed(t *testing.T, plan *diff.Plan) []byte {
	t.Helper()
	plain := *plan
	plain.Format = diff.FormatVersion
	var text bytes.Buffer
	if err := plain.Write(&text); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

// As many changes as are written one by one, and one more: the change that is written one by one has the text of format 1.
func TestSmallPlansStayAsTheyWere(t *testing.T) {
	plan := largePlan(1)
	part := &plan.Connections[1]
	for _, tc := range []struct{ changes, format int }{{diff.MaxListed, diff.FormatVersion}, {diff.MaxListed + 1, diff.FormatGrouped}} {
		part.Changes, part.Calls = part.Changes[:tc.changes], part.Calls[:tc.changes]
		plan.Summarize(nil)
		data, err := plan.Encode()
		if err != nil {
			t.Fatal(err)
		}
		var head struct {
			Format      int
			Connections []map[string]json.RawMessage
		}
		if err := json.Unmarshal(data, &head); err != nil || head.Format != tc.format {
			t.Fatalf("%d changes are of format %d, error %v", tc.changes, head.Format, err)
		}
		var small, first bytes.Buffer
		if err := json.Compact(&small, head.Connections[0]["changes"]); err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(plan.Connections[0].Changes)
		if err != nil {
			t.Fatal(err)
		}
		json.HTMLEscape(&first, small.Bytes())
		if first.String() != string(want) {
			t.Errorf("a small connection beside a large one has changes\n%s, want\n%s", first.String(), want)
		}
		part.Changes, part.Calls = largePlan(1).Connections[1].Changes, largePlan(1).Connections[1].Calls
	}
}

// What is not as it is written is refused, and the error names the place.
func TestDecodeRefusesGroups(t *testing.T) {
	data, err := largePlan(3).Encode()
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for name, tc := range map[string]struct{ old, new, want string }{
		"unknown key":          {`"subjects":[0,1,2]`, `"subjects":[0,1,2],"extra":1`, `connection "large": group 2: json: unknown field "extra"`},
		"subject out of range": {`"subjects":[0,1,2]`, `"subjects":[0,1,999]`, `group 2: it refers to subject 999 of a table of`},
		"negative":             {`"subjects":[0,1,2]`, `"subjects":[-1,1,2]`, `group 2: it refers to subject -1 of`},
		"wrong order":          {`"subjects":[0,1,2]`, `"subjects":[0,2,1]`, `group 2: it refers to subject 2 before subject 1`},
		"source out of range":  {`"sources":[0,0,1]`, `"sources":[0,0,9999]`, `group 2: it refers to source 9999 of a table of`},
		"source too few":       {`"sources":[0,0,1]`, `"sources":[0,0]`, `group 2: it has 3 subjects and 2 sources`},
		"two sources":          {`"mails":1,"subjects":[0,1,2]`, `"source":"x","mails":1,"subjects":[0,1,2]`, `group 2: it has 3 subjects and 3 sources`},
		"via out of range":     {`"vias":[0,`, `"vias":[99,`, `it refers to via 99 of a table of`},
		"were out of range":    {`"were":[`, `"were":[99999,`, `it has 3 subjects and 4 sources`},
		"unused subject":       {`"sources":[` + "\n", `"sources":[` + "\n" + `"unused",`, `no group refers to source`},
		"cut group":            {`"subjects":[0,1,2],"sources":[0,0,1]`, `"subjects":[0,1],"sources":[0,0]},{"op":"grant","kind":"app-group","resource":"G00000","role":"access","mails":1,"subjects":[2],"sources":[1]`, `group 3: it goes on`},
		"settings as text":     {`"settings":{"name":"a \"b\"","type":"x"}`, `"settings":"type: x"`, `group 0: json: cannot unmarshal`},
		"settings unsorted":    {`"settings":{"name":"a \"b\"","type":"x"}`, `"settings":{"type":"x","name":"a \"b\""}`, "its text"},
		"setting twice":        {`"settings":{"name":"a \"b\"","type":"x"}`, `"settings":{"name":"a \"b\"","type":"y","type":"x"}`, "its text"},
		"other content":        {`"resource":"G00007"`, `"resource":"G0000x"`, "does not agree with the id"},
		"no list":              {`"groups":[`, `"groups":{"a":1},"groups":[`, `"groups" is no list`},
		"call out of range":    {`{"name":"one","changes":[9]}`, `{"name":"one","changes":[99999]}`, "does not agree"},
		"key of format 1":      {`"groups":[`, `"changes":[],"groups":[`, "its text"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(text, tc.old, tc.new, 1)
			if _, err := diff.Decode([]byte(changed)); err == nil || changed == text || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q (changed: %v)", err, tc.want, changed != text)
			}
		})
	}
}

// Large plans of any changes come back, and cut texts are refused.
func TestLargePlansOfAnyChangesComeBack(t *testing.T) {
	for seed := range 6 {
		some := rapid.SliceOfN(anyChange, 1, 12).Example(seed)
		part := diff.ConnectionPlan{Name: conn, Calls: []diff.Call{}, Violations: []diff.Violation{}}
		for i := 0; len(part.Changes) <= diff.MaxListed; i++ {
			c := some[i%len(some)]
			for range 1 + i%5 {
				c.Problem = "blocked" // so that no calls are needed
				part.Changes = append(part.Changes, c)
				c.Subject.Name += "x"
			}
		}
		plan := &diff.Plan{Connections: []diff.ConnectionPlan{part}}
		data, err := plan.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := diff.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(plan, back, cmpopts.EquateEmpty(), cmpopts.EquateComparable(spec.Settings{})); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		for at := 1; at < len(data)-1; at += len(data) / 7 {
			if _, err := diff.Decode(data[:at]); err == nil {
				t.Errorf("a plan cut after %d of %d bytes is accepted", at, len(data))
			}
		}
	}
}

// What is written in a quick way is what package json gives.
func TestChangesAreWrittenAsPackageJSONDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyChange.Draw(t, "change")
		if rapid.Bool().Draw(t, "plain") {
			c.Field, c.From, c.To, c.Problem, c.Settings, c.Resent = "", "", "", "", spec.Settings{}, diff.Resent{}
			c.Person, c.Via, c.Was, c.Because = "", spec.Via{}, "", ""
		}
		plan := &diff.Plan{Connections: []diff.ConnectionPlan{{Changes: []diff.Change{c}, Calls: []diff.Call{{Name: c.Reason, Changes: []int{0, 1}}, {}}}}}
		var indented, compact, want bytes.Buffer
		text, err := plan.Encode()
		if err != nil {
			t.Fatal(err)
		}
		indented.Write(text)
		if err := diff.WriteCompact(plan, &compact); err != nil {
			t.Fatal(err)
		}
		if err := json.Compact(&want, indented.Bytes()); err != nil {
			t.Fatal(err)
		}
		if compact.String() != strings.TrimSpace(want.String()) {
			t.Errorf("got  %s\nwant %s", compact.String(), want.String())
		}
	})
}

// BenchmarkLargePlan writes and reads a plan of a million grants. What it allocates to write does not grow with the changes.
func BenchmarkLargePlan(b *testing.B) {
	plan := &diff.Plan{Connections: []diff.ConnectionPlan{{Name: conn, Violations: []diff.Violation{}}}}
	part := &plan.Connections[0]
	for g := range 1000 {
		call := diff.Call{Name: "add"}
		for u := range 1000 {
			c := access(diff.OpGrant, fmt.Sprintf("G%05d", g), fmt.Sprintf("u%05d", (g*7+u)%5000))
			c.Source = fmt.Sprintf("e.yaml:%d", 10+g)
			call.Changes, part.Changes = append(call.Changes, len(part.Changes)), append(part.Changes, c)
		}
		part.Calls = append(part.Calls, call)
	}
	plan.Seal()
	b.Run("seal", func(b *testing.B) {
		for b.Loop() {
			plan.Seal()
		}
	})
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			var text counter
			if err := plan.Write(&text); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(text), "bytes")
		}
	})
	data, err := plan.Encode()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			back, err := diff.Decode(data)
			if err != nil {
				b.Fatal(err)
			}
			runtime.KeepAlive(back)
		}
	})
}

type counter int

func (c *counter) Write(data []byte) (int, error) {
	*c += counter(len(data))
	return len(data), nil
}
