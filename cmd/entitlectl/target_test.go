package main

import (
	"strings"
	"testing"
)

// TestTargetCompletesKinds proves that shells offer every kind that a provider has.
func TestTargetCompletesKinds(t *testing.T) {
	w := newWorld(t)
	c := &cli{env: w.env(&w.stdout)}
	c.run(t.Context(), []string{"__complete", "plan", "--target", ""})
	for _, want := range []string{"account/\n", "app-group/\n", "app/\n", "mail-group/\n"} {
		if !strings.Contains(w.stdout.String(), want) {
			t.Errorf("%q is not offered:\n%s", want, w.stdout.String())
		}
	}
}
