package providertest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

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
	c.Rewrite(func(_ *http.Request, answer map[string]any) {
		EachList(answer, func(rows []map[string]any) []map[string]any {
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
func twinOf(row map[string]any, name, id, twin string) (copied map[string]any, found bool) {
	copied, named := map[string]any{}, false
	for key, value := range row {
		text, _ := value.(string)
		named = named || strings.EqualFold(text, name)
		if copied[key] = value; text == id {
			copied[key], found = twin, true
		}
	}
	return copied, named && found
}
