package huaweicloud

import (
	"testing"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// TestNamesCountForNewAppGroupsOnly proves that an app group that exists is usable whatever its name is.
func TestNamesCountForNewAppGroupsOnly(t *testing.T) {
	r := &Reader{}
	desired, live := spec.NewState(), diff.NewLive()
	for name, test := range map[string]struct {
		resource         spec.Resource
		exists, possible bool
	}{
		"CAD_设计-1": {possible: true},
		"CAD 2D":   {},
		"CAD/3D":   {exists: true, possible: true},
		"CAD/4D":   {resource: spec.Resource{Absent: true}, possible: true},
	} {
		ref := r.ref(kindAppGroup, name)
		desired.Resources[ref] = test.resource
		if test.exists {
			live.Resources[ref] = spec.Resource{}
		}
		r.checkNames(desired, &live)
		if problem := live.Unsupported[ref]; (problem == "") != test.possible {
			t.Errorf("%s: %q", name, problem)
		}
	}
}
