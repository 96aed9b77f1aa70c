package apply

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// A run that judges by a later moment notes when it really mailed: a run of the present sends that mail again in its time, and
// only to one that judges at least as late as the first is it of that moment.
func TestPretendedMomentsHoldNoMailBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, present := keptIn(t), time.Now()
		key := diff.MailKey{Resource: grantOf("CAD", "").Resource, Subject: grantOf("CAD", "bob").Subject}
		pretended := present.Add(5 * 365 * 24 * time.Hour)
		if err := k.PutAll(map[string]string{mailKey(key): moment(pretended)}); err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct{ now, want time.Time }{
			{present, present}, {present.Add(25 * time.Hour), present}, {pretended, pretended}, {pretended.Add(time.Hour), pretended},
		} {
			if got := noted(k, tc.now)(key); !got.Equal(tc.want.Truncate(time.Second)) {
				t.Errorf("judged by %v it was sent at %v, want %v", tc.now, got, tc.want)
			}
		}
		if got := moment(present); got != present.UTC().Format(time.RFC3339) {
			t.Errorf("a run of the present notes %q", got)
		}
	})
}
