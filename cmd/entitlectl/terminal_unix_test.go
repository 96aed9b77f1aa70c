//go:build unix

package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
)

// No line is wider than the terminal that could be broken, and nothing but blanks is lost.
func TestTextFitsTheTerminal(t *testing.T) {
	cells := &runewidth.Condition{StrictEmojiNeutral: true}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-z:/]{1,15}|[设计师组]{1,60}`)).Draw(t, "words")
		text := strings.Repeat(" ", rapid.IntRange(0, 6).Draw(t, "indent")) + strings.Join(words, strings.Repeat(" ", rapid.IntRange(1, 3).Draw(t, "gap"))) + "\n"
		width := rapid.IntRange(narrowest, 80).Draw(t, "width")
		got := fit(text, width)
		for line := range strings.Lines(got) {
			if wide := cells.StringWidth(strings.TrimSuffix(line, "\n")); wide > width && len(strings.Fields(line)) > 1 {
				t.Fatalf("%d cells in %d:\n%s", wide, width, got)
			}
		}
		bare := strings.NewReplacer(" ", "", "\n", "")
		if bare.Replace(got) != bare.Replace(text) {
			t.Fatalf("%q became %q", text, got)
		}
	})
	if got := fit("  \x1b[31mfour words of text\x1b[0m", 20); got != "  \x1b[31mfour words of text\x1b[0m" {
		t.Errorf("colours take room: %q", got)
	}
}

// A run whose reader leaves goes on to its end without a word, and leaves no lock.
func TestReaderThatLeavesStopsNothing(t *testing.T) {
	w := newWorld(t)
	e := w.env(&piped{to: brokenPipe{}})
	state := filepath.Join(t.TempDir(), "state")
	if code := run(t.Context(), e, []string{"apply", "--yes", "-f", w.file, "--state-dir", state}); code != exitDone || w.stderr.Len() > 0 {
		t.Errorf("exit %d, stderr %q", code, &w.stderr)
	}
	holders, err := file.Open(state).Holders(t.Context())
	if err != nil || len(holders) > 0 {
		t.Errorf("locks are left: %v, %v", holders, err)
	}
	// Nobody is asked about a plan that could not be shown.
	e.stdin, e.terminal = strings.NewReader("yes\n"), terminals{stdin: true, stderr: true}
	e.lookup = func(name string) (string, bool) {
		if name == "TERM" {
			return "dumb", true
		}
		return w.env(nil).lookup(name)
	}
	w = newWorld(t)
	e.transport, e.stderr = w.transport, &w.stderr
	code := run(t.Context(), e, []string{"apply", "-f", w.file, "--state-dir", filepath.Join(t.TempDir(), "state")})
	if code != exitError || !strings.Contains(w.stderr.String(), "left before its end; nothing was written") {
		t.Errorf("exit %d, stderr %q", code, &w.stderr)
	}
}

// brokenPipe is a pipe that nobody reads.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// Who holds a lock since when may not be known; then nothing is said of it.
func TestUnknownHolderHasNoAge(t *testing.T) {
	now := time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)
	c := &cli{env: env{now: func() time.Time { return now }}}
	if got := c.heldFor(store.Owner{}.Since); got != "" {
		t.Errorf("an unknown owner holds it%s", got)
	}
	if got := c.heldFor(now.Add(-time.Minute)); got != ", 1m0s ago" {
		t.Errorf("got %q", got)
	}
}
