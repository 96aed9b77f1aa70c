package diff_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// What is outside of the files is no part of a plan: who names it in the same world gets the same id, and a saved plan keeps it.
func TestPlanIDLeavesOutWhatIsOutside(t *testing.T) {
	bare, named := examplePlan(), examplePlan()
	named.Connections[0].Outside = diff.Outside{UnmanagedResources: []string{"app/AutoCAD"}, IgnoredResources: []string{"app-group/CAD"}, UnmanagedUnknown: "denied"}
	bare.Seal()
	data, err := named.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if bare.ID != named.ID {
		t.Errorf("the ids are %s and %s", bare.ID, named.ID)
	}
	decoded, err := diff.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(named.Connections[0].Outside, decoded.Connections[0].Outside); d != "" {
		t.Error(d)
	}
}

func TestOutsideOf(t *testing.T) {
	ref := func(kind spec.Kind, name string) spec.Ref { return spec.Ref{Connection: conn, Kind: kind, Name: name} }
	desired := spec.NewState()
	desired.Resources[ref(kindAppGroup, "CAD")] = spec.Resource{Ownership: spec.Owned}
	desired.Resources[ref(kindAppGroup, "Watched")] = spec.Resource{Ownership: spec.Ignored}
	desired.Listed = map[spec.Ref]bool{ref(kindAppGroup, "Filtered"): true}
	all := []spec.Ref{ref("app", "B"), ref(kindAppGroup, "Watched"), ref(kindAppGroup, "CAD"), ref("app", "A"), ref("app", "B"), ref(kindAppGroup, "Filtered")}
	want := diff.Outside{UnmanagedResources: []string{"app/A", "app/B"}, IgnoredResources: []string{"app-group/Watched"}, UnmanagedUnknown: "denied"}
	if d := cmp.Diff(want, diff.OutsideOf(desired, all, errors.New("denied"))); d != "" {
		t.Error(d)
	}
}
