package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
)

// turns notes which turns are taken of the budget that runs share.
type turns struct {
	store.Store
	mu    sync.Mutex
	taken map[string][]time.Duration
}

func (t *turns) Reserve(ctx context.Context, key string, every time.Duration) (time.Duration, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken[key] = append(t.taken[key], every)
	return t.Store.Reserve(ctx, key, every)
}

var paceLines = regexp.MustCompile(`(?m)^ +(rate|endpoint): .*\n`)

// A file that sets a slow rate slows its own run, and takes turns of the shared budget at the vendor's rate all the same.
func TestSlowFileSlowsItsOwnRun(t *testing.T) {
	w := newWorld(t)
	text, err := os.ReadFile(w.file)
	check(t, err)
	text = []byte(strings.Replace(paceLines.ReplaceAllString(string(text), ""), "    region:", "    rate: {read: 10/min, write: 10/min}\n    region:", 1))
	check(t, os.WriteFile(w.file, text, 0o600))
	synctest.Test(t, func(t *testing.T) {
		shared := &turns{Store: file.Open(filepath.Join(t.TempDir(), "state")), taken: map[string][]time.Duration{}}
		e := w.env(&w.stdout)
		e.openStore = func(string) store.Store { return shared }
		start := time.Now()
		if code := run(t.Context(), e, []string{"plan", "-f", w.file, "--connection", "workspace"}); code != exitDone {
			t.Fatalf("exit %d: %s", code, &w.stderr)
		}
		reads := shared.taken["workspace/read"]
		if least := time.Duration(len(reads)-1) * 6 * time.Second; len(reads) < 3 || time.Since(start) < least {
			t.Errorf("%d reads took %v, want %v at least", len(reads), time.Since(start), least)
		}
		for key, taken := range shared.taken {
			for _, every := range taken {
				if every > time.Minute/100 {
					t.Errorf("%s: a turn of %v", key, every)
				}
			}
		}
	})
}
