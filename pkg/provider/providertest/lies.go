package providertest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
)

// totals are how vendors call the length of a list.
var totals = []string{"count", "total", "total_count", "TotalCount"}

// lies are ways in which an answer can say another length than that of its list.
var lies = map[string]func(fields map[string]any, key string){
	"0":              func(fields map[string]any, key string) { fields[key] = 0 },
	"one more":       func(fields map[string]any, key string) { fields[key] = more(fields[key], 1) },
	"a hundred more": func(fields map[string]any, key string) { fields[key] = more(fields[key], 100) },
	"beyond counting": func(fields map[string]any, key string) {
		fields[key] = json.Number("99999999999999999999")
	},
	"negative": func(fields map[string]any, key string) { fields[key] = -1 },
	"a word":   func(fields map[string]any, key string) { fields[key] = "many" },
	"null":     func(fields map[string]any, key string) { fields[key] = nil },
	"missing":  func(fields map[string]any, key string) { delete(fields, key) },
}

func more(total any, by int64) int64 {
	n, _ := total.(json.Number).Int64()
	return n + by
}

// ListsLie says that a list which says another length than it has, or lacks a row, is not whole: where live is as desired nothing
// is planned, and the plan says which resources it knows nothing of. A length that is written as a text is one.
func ListsLie(t *testing.T, p Provider) {
	paths := map[string]bool{}
	plan := func(rewrite func(request string, answer map[string]any)) (diff.ConnectionPlan, error) {
		c := Start(t, p, p.Read(t, "after.yaml"))
		c.Rewrite(func(r *http.Request, answer map[string]any) {
			rewrite(r.Method+" "+r.URL.Path+r.Header.Get("X-Acs-Action"), answer)
		})
		plan, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: []apply.Job{c.FileJob(t, p.Fixture("desired.yaml"))}, Allow: []string{diff.RuleIncompleteRead}})
		return plan.Connections[0], err
	}
	part, err := plan(func(request string, answer map[string]any) {
		eachTotal(answer, func(fields map[string]any, key string) {
			n, _ := fields[key].(json.Number).Int64()
			paths[request] = paths[request] || n > 0
			fields[key] = fields[key].(json.Number).String()
		})
	})
	maps.DeleteFunc(paths, func(_ string, rows bool) bool { return !rows })
	if err != nil || len(part.Changes) > 0 || len(part.Incomplete()) > 0 || len(paths) == 0 {
		t.Fatalf("without a lie: error %v, changes %v, not whole %v, lists %v", err, part.Changes, part.Incomplete(), paths)
	}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for name, lie := range lies {
			part, err := plan(func(request string, answer map[string]any) {
				if request == path {
					eachTotal(answer, lie)
				}
			})
			optional := name == "null" || name == "missing" // where the vendor does not promise to say it
			if len(part.Changes) > 0 || !optional && !admits(part, err) {
				t.Errorf("%s counts %s: error %v, changes %v, not whole %v", path, name, err, part.Changes, part.Incomplete())
			}
		}
		part, err := plan(func(request string, answer map[string]any) {
			if request == path {
				eachRows(answer, func(rows []map[string]any) []map[string]any { return rows[1:] })
			}
		})
		if len(part.Changes) > 0 || !admits(part, err) {
			t.Errorf("%s lacks a row: error %v, changes %v, not whole %v", path, err, part.Changes, part.Incomplete())
		}
	}
}

// admits says whether a plan says that a list was not whole; of resources that are only watched its notes do.
func admits(part diff.ConnectionPlan, err error) bool {
	return err != nil || len(part.Incomplete()) > 0 || slices.ContainsFunc(part.Notes, func(note string) bool { return strings.Contains(note, "is not whole") })
}

func eachTotal(answer map[string]any, change func(fields map[string]any, key string)) {
	eachValue(answer, func(fields map[string]any, key string) {
		if _, isNumber := fields[key].(json.Number); isNumber && slices.Contains(totals, key) {
			change(fields, key)
		}
	})
}
