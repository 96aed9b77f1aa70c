package providertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// rewriting is a way to the vendor on which JSON answers are changed: rewrite gets each and returns what arrives.
type rewriting struct {
	http.RoundTripper
	rewrite func(r *http.Request, answer map[string]any) map[string]any
}

func (x rewriting) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := x.RoundTripper.RoundTrip(r)
	if err != nil {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp, err
	}
	decoder, answer := json.NewDecoder(bytes.NewReader(body)), map[string]any(nil)
	decoder.UseNumber()
	if decoder.Decode(&answer) == nil {
		if body, err = json.Marshal(x.rewrite(r, answer)); err != nil {
			return resp, err
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// Rewrite changes each JSON answer that comes from the vendor.
func (c *Tenant) Rewrite(rewrite func(r *http.Request, answer map[string]any) map[string]any) {
	c.Via = rewriting{c.Via, rewrite}
}

// rows calls change with each list of rows in an answer, and replaces the list by what it returns. Totals follow.
func rows(answer map[string]any, change func(rows []any) []any) map[string]any {
	grown := 0
	var walk func(v any)
	walk = func(v any) {
		fields, _ := v.(map[string]any)
		for key, value := range fields {
			if list, ok := value.([]any); ok {
				fields[key] = change(list)
				grown += len(fields[key].([]any)) - len(list)
			} else {
				walk(value)
			}
		}
	}
	var count func(v any)
	count = func(v any) {
		fields, _ := v.(map[string]any)
		for key, value := range fields {
			n, isNumber := value.(json.Number)
			if total, err := n.Int64(); isNumber && err == nil && strings.Contains("count total total_count TotalCount", key) {
				fields[key] = total + int64(grown)
			}
			count(value)
		}
	}
	walk(answer)
	count(answer)
	return answer
}

// TwoOfOneName says that of two live resources with the name of a listed one neither is touched, that the plan says so with
// both ids, and that all other changes go on.
func TwoOfOneName(t *testing.T, p Provider) {
	c := Start(t, p, p.Read(t, "seed.yaml"))
	job := c.FileJob(t, p.Fixture("desired.yaml"))
	live, plain := c.identified(t), Plan(t, job)
	for ref, id := range live.IDs {
		if job.Desired.Resources[ref].Ownership == spec.Ignored {
			continue
		}
		t.Run(ref.String(), func(t *testing.T) { twoOfOneName(t, p, ref, id, plain) })
	}
}

func twoOfOneName(t *testing.T, p Provider, ref spec.Ref, id string, plain *diff.Plan) {
	twin := id[:len(id)-1] + "x"
	c := Start(t, p, p.Read(t, "seed.yaml"))
	c.Rewrite(func(_ *http.Request, answer map[string]any) map[string]any {
		return rows(answer, func(rows []any) []any {
			for _, row := range rows {
				if copied, found := twinOf(row, ref.Name, id, twin); found {
					return append(rows, copied)
				}
			}
			return rows
		})
	})
	job := c.FileJob(t, p.Fixture("desired.yaml"))
	part := Plan(t, job).Connections[0]
	if !strings.Contains(fmt.Sprint(part.Notes), id) || !strings.Contains(fmt.Sprint(part.Notes), twin) {
		t.Errorf("no note has both ids: %q", part.Notes)
	}
	on := func(c diff.Change) bool { return c.Ref(Name) == ref }
	wanted := false
	for _, change := range plain.Connections[0].Changes {
		wanted = wanted || on(change) && (change.Op == diff.OpGrant || change.Op == diff.OpUpdate)
	}
	for _, change := range part.Changes {
		if on(change) && (change.Problem == "" || change.Op == diff.OpCreate) {
			t.Errorf("planned: %+v", change)
		}
		wanted = wanted && !on(change)
	}
	if wanted {
		t.Error("what the files want there is not in the plan")
	}
	others := cmpopts.IgnoreSliceElements(on)
	if d := cmp.Diff(plain.Connections[0].Changes, part.Changes, others, cmpopts.EquateComparable(spec.Settings{})); d != "" {
		t.Errorf("other changes differ:\n%s", d)
	}
}

// twinOf is the row of a resource with another id; found is false where the row is not the resource's.
func twinOf(row any, name, id, twin string) (copied map[string]any, found bool) {
	fields, _ := row.(map[string]any)
	copied, named := map[string]any{}, false
	for key, value := range fields {
		text, _ := value.(string)
		named = named || strings.EqualFold(text, name)
		if copied[key] = value; text == id {
			copied[key], found = twin, true
		}
	}
	return copied, named && found
}
