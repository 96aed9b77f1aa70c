package diff_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

func TestLookalikes(t *testing.T) {
	var changes []diff.Change
	for _, name := range []string{"alice", "張偉 (CAD)", "алиса", "CAD инженеры", "Ωmega", "José-2", "\u0430lice", "\u0430lice"} {
		changes = append(changes, diff.Change{Op: diff.OpGrant, Resource: "CAD", Subject: spec.Subject{Name: name}})
	}
	want := []string{
		"\"Ωmega\" mixes Greek and Latin letters; make sure that it is who or what you mean",
		"\"\u0430lice\" mixes Cyrillic and Latin letters; make sure that it is who or what you mean",
	}
	if d := cmp.Diff(want, diff.Lookalikes(changes)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
