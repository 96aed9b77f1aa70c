package providertest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
)

// rewriting is a way to the vendor on which JSON answers are changed.
type rewriting struct {
	http.RoundTripper
	mu      *sync.Mutex // requests come side by side
	rewrite func(r *http.Request, answer map[string]any)
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
		x.mu.Lock()
		x.rewrite(r, answer)
		x.mu.Unlock()
		if body, err = json.Marshal(answer); err != nil {
			return resp, err
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// Rewrite has rewrite change each JSON answer of the vendor.
func (c *Tenant) Rewrite(rewrite func(r *http.Request, answer map[string]any)) {
	c.Via = rewriting{c.Via, new(sync.Mutex), rewrite}
}

// EachList has change replace each list of rows in an answer. Totals follow.
func EachList(answer map[string]any, change func(rows []map[string]any) []map[string]any) {
	grown := eachRows(answer, change)
	eachTotal(answer, func(fields map[string]any, key string) { fields[key] = more(fields[key], int64(grown)) })
}

// eachRows has change replace each list of rows in an answer, and says by how many rows they grew.
func eachRows(answer map[string]any, change func(rows []map[string]any) []map[string]any) (grown int) {
	eachValue(answer, func(fields map[string]any, key string) {
		list, _ := fields[key].([]any)
		rows := make([]map[string]any, len(list))
		for i := range list {
			rows[i], _ = list[i].(map[string]any)
		}
		if len(rows) > 0 && rows[0] != nil {
			changed := change(slices.Clone(rows))
			fields[key] = changed
			grown += len(changed) - len(rows)
		}
	})
	return grown
}

// eachValue does something with each value in a tree of mappings.
func eachValue(fields map[string]any, do func(fields map[string]any, key string)) {
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if below, ok := fields[key].(map[string]any); ok {
			eachValue(below, do)
		}
		do(fields, key)
	}
}

// RowsLeaveOutKeys says that rows which leave out something that tells whose they are, whatever that is, take nothing from
// anybody where live is as desired.
func RowsLeaveOutKeys(t *testing.T, p Provider) {
	keys := map[string]bool{}
	plan := func(each func(row map[string]any)) (diff.ConnectionPlan, error) {
		c := Start(t, p, p.Read(t, "after.yaml"))
		c.Rewrite(func(_ *http.Request, answer map[string]any) {
			EachList(answer, func(rows []map[string]any) []map[string]any {
				for _, row := range rows {
					each(row)
				}
				return rows
			})
		})
		plan, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: []apply.Job{c.FileJob(t, p.Fixture("desired.yaml"))}})
		return plan.Connections[0], err
	}
	part, err := plan(func(row map[string]any) {
		for key := range row {
			keys[key] = true
		}
	})
	if err != nil || len(part.Changes) > 0 || len(keys) < 5 {
		t.Errorf("error %v, changes %v, keys %v", err, part.Changes, keys)
	}
	for key := range keys {
		part, _ := plan(func(row map[string]any) { delete(row, key) })
		for _, change := range part.Changes {
			if change.Op == diff.OpRevoke || change.Op == diff.OpDelete {
				t.Errorf("rows without %s: %s %s on %s is planned", key, change.Op, change.Subject, change.Resource)
			}
		}
	}
}
