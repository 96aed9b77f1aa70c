package diff

import (
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Outside names what of a connection no file rules. It is for readers: nothing is decided by it, and a plan's id does not cover it,
// since who lists more in the same world gets the same plan.
type Outside struct {
	UnmanagedResources []string `json:"unmanagedResources,omitempty"` // KIND/NAME of all kinds, sorted; empty where it was not asked
	UnmanagedUnknown   string   `json:"unmanagedUnknown,omitempty"`   // why more may be unmanaged than that
	IgnoredResources   []string `json:"ignoredResources,omitempty"`   // those that the files only watch
}

// OutsideOf compares what the files list with all that is there, as far as that was asked. why says what could not be listed.
func OutsideOf(desired spec.State, all []spec.Ref, why error) Outside {
	var o Outside
	for ref, r := range desired.Resources {
		if r.Ownership == spec.Ignored {
			o.IgnoredResources = append(o.IgnoredResources, ref.String())
		}
	}
	for _, ref := range all {
		if _, listed := desired.Resources[ref]; !listed && !desired.Listed[ref] {
			o.UnmanagedResources = append(o.UnmanagedResources, ref.String())
		}
	}
	slices.Sort(o.IgnoredResources)
	slices.Sort(o.UnmanagedResources)
	o.UnmanagedResources = slices.Compact(o.UnmanagedResources)
	if why != nil {
		o.UnmanagedUnknown = why.Error()
	}
	return o
}
