package providers

import (
	"slices"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// TestKindsAreDistinct proves that a key of a file means one thing.
func TestKindsAreDistinct(t *testing.T) {
	taken := []string{"version", "connections", "users", "teams", "rules"}
	kinds := []spec.Kind{""}
	for _, f := range Formats() {
		for _, k := range f.Kinds {
			if slices.Contains(kinds, k.Kind) || slices.Contains(taken, k.Section) {
				t.Errorf("%s: kind %s or section %s is taken or blank", f.Provider, k.Kind, k.Section)
			}
			kinds, taken = append(kinds, k.Kind), append(taken, k.Section)
			keys := []string{"", string(k.ID), "in", "ownership", "state"}
			for _, s := range k.Settings {
				if slices.Contains(keys, s.Key) {
					t.Errorf("%s: key %s is taken", k.Kind, s.Key)
				}
				keys = append(keys, s.Key)
			}
			for _, l := range k.Lists {
				if slices.Contains(keys, l.Key) {
					t.Errorf("%s: key %s is taken", k.Kind, l.Key)
				}
				keys = append(keys, l.Key)
			}
		}
	}
}
