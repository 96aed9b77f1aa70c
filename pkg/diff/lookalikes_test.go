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
	changes = append(changes, diff.Change{Op: diff.OpResend, Resource: "CAD", Resent: diff.ResentOf(diff.Mailing{NoticeRef: diff.NoticeRef{Recipient: "b\u043eb"}})})
	want := []diff.Lookalike{{"Ωmega", "Greek", "Latin"}, {"\u0430lice", "Cyrillic", "Latin"}, {"b\u043eb", "Latin", "Cyrillic"}}
	if d := cmp.Diff(want, diff.Lookalikes(changes)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
