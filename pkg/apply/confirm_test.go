package apply

import (
	"errors"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// book keeps values, and counts how many it was given at once.
type book struct {
	store.KV // for one at a time, which nobody asks of it
	values   map[string]string
	given    int
	err      error
}

func (b *book) Get(key string) (string, bool) { value, ok := b.values[key]; return value, ok }

func (b *book) PutAll(values map[string]string) error {
	b.given += len(values)
	maps.Copy(b.values, values)
	return b.err
}

// What an apply confirmed is told from what somebody changed since, and from what the files want since; it is kept once.
func TestConfirmed(t *testing.T) {
	v := &vendor{live: state(map[string][]string{"CAD": {"a", "x"}, "Office": {"o"}})}
	files := map[string][]string{"CAD": {"a", "b"}, "Office": {"o"}}
	b := &book{values: map[string]string{}}
	confirm := func() error {
		plan, err := Plan(t.Context(), PlanOptions{Jobs: jobs(v, state(files))})
		if err != nil {
			t.Fatal(err)
		}
		result, err := Apply(t.Context(), ApplyOptions{Plan: plan, Jobs: jobs(v, state(files)), NoVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		return keepConfirmed(b, plan.Connections[0], state(files), result.Connections[0].Changes)
	}
	drift := func() map[string]diff.ChangedBy {
		plan, err := Plan(t.Context(), PlanOptions{Jobs: jobs(v, state(files))})
		if err != nil {
			t.Fatal(err)
		}
		moved := map[string]diff.ChangedBy{}
		for _, d := range diff.DriftOf(plan, LastConfirmed(b)).Connections[0].Differences {
			moved[string(d.Op)+" "+d.Resource+"/"+d.Subject.Name] = d.ChangedBy
		}
		return moved
	}
	if d := cmp.Diff(map[string]diff.ChangedBy{"grant CAD/b": "", "revoke CAD/x": ""}, drift()); d != "" {
		t.Errorf("before anything was confirmed (-want +got):\n%s", d)
	}
	for range 2 {
		if err := confirm(); err != nil || b.given != 2 {
			t.Errorf("%d values were kept, error %v", b.given, err)
		}
	}
	if _, ok := b.values["ws/confirmed/app-group/CAD"]; !ok {
		t.Errorf("the keys are other ones: %v", b.values)
	}
	v.live.Grants.Remove(grantOf("CAD", "a"))
	v.live.Grants.Add(grantOf("CAD", "stranger"), spec.Origin{})
	files["CAD"] = []string{"a", "c"}
	want := map[string]diff.ChangedBy{"grant CAD/a": diff.ChangedLive, "revoke CAD/stranger": diff.ChangedLive, "grant CAD/c": diff.ChangedFiles, "revoke CAD/b": diff.ChangedFiles}
	if d := cmp.Diff(want, drift()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	b.values["ws/confirmed/app-group/CAD"] = "damaged"
	if moved := drift()["grant CAD/a"]; moved != "" {
		t.Errorf("a damaged value says %q", moved)
	}
	b.err = errors.New("disk full")
	if err := confirm(); !errors.Is(err, b.err) || b.given != 3 {
		t.Errorf("error %v, %d values", err, b.given)
	}
}
