package apply

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// What the journal says of changes comes back as it was, whatever they are.
func TestItemsComeBack(t *testing.T) {
	change := rapid.Custom(func(t *rapid.T) diff.Change {
		return diff.Change{Op: rapid.SampledFrom(diff.Ops).Draw(t, "op"), Kind: kindAppGroup,
			Resource: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "resource"), From: rapid.SampledFrom([]string{"", "x"}).Draw(t, "from"),
			Subject: spec.Subject{Kind: spec.SubjectUser, Name: rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "subject")}}.Essence()
	})
	rapid.Check(t, func(t *rapid.T) {
		changes := rapid.SliceOfDistinct(change, func(c diff.Change) diff.Change { return c }).Draw(t, "changes")
		back, err := readItems(items(changes))
		if err != nil {
			t.Fatal(err)
		}
		order := cmpopts.SortSlices(func(a, b diff.Change) bool { return fmt.Sprint(a) < fmt.Sprint(b) })
		if d := cmp.Diff(changes, back, order, cmpopts.EquateEmpty(), cmpopts.EquateComparable(spec.Settings{})); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}
