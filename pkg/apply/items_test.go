package apply

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// What the journal says of changes comes back as it was, whatever they are.
func TestItemsComeBack(t *testing.T) {
	change := rapid.Custom(func(t *rapid.T) diff.Change {
		c := diff.Change{Op: rapid.SampledFrom(diff.Ops).Draw(t, "op"), Kind: kindAppGroup,
			Resource: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "resource"),
			Subject:  spec.Subject{Kind: spec.SubjectUser, Name: rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "subject")}}
		if word := rapid.SampledFrom([]string{"", "x"}).Draw(t, "word"); c.Op == diff.OpResend {
			sent := time.Unix(rapid.Int64Range(0, 2).Draw(t, "sent"), 0).UTC()
			c.Resent = diff.ResentOf(diff.Mailing{NoticeRef: diff.NoticeRef{Sent: sent, Recipient: word}})
		} else {
			c.To = word
		}
		return c.Key()
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

// A journal names a mail by its moment, as it always did, so that it is the one that a plan of now has; and what names no
// moment can't be read, so that it may be about anything.
func TestItemsNameMails(t *testing.T) {
	const text = `[{"op":"resend","kind":"app-group","resource":"CAD","subject":{"kind":"user","name":"a"},"from":"2026-01-02T03:04:05Z","to":"boss"}]`
	sent := time.Date(2026, 1, 2, 11, 4, 5, 0, time.FixedZone("", 8*3600))
	g := grantOf("CAD", "a")
	want := diff.Change{Op: diff.OpResend, Kind: g.Resource.Kind, Resource: "CAD", Subject: g.Subject, Reason: "bounced", Mails: 1,
		Resent: diff.ResentOf(diff.Mailing{NoticeRef: diff.Notice{Sent: sent, Recipient: "boss"}.Ref()})}
	if got, err := readItems([]byte(text)); err != nil || len(got) != 1 || got[0] != want.Key() {
		t.Errorf("read %+v, error %v", got, err)
	}
	if got := string(items([]diff.Change{want})); got != text {
		t.Errorf("written %s", got)
	}
	if got, err := readItems([]byte(`[{"op":"resend","from":"yesterday"}]`)); err == nil {
		t.Errorf("read %+v", got)
	}
}
