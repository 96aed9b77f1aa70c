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

// What takes long is forecast before it begins, and counted while it goes on, without a terminal and in the log alike, in few lines.
func TestReadingIsForecastAndCounted(t *testing.T) {
	w := newWorld(t)
	text, err := os.ReadFile(w.file)
	check(t, err)
	slow := strings.Replace(paceLines.ReplaceAllString(string(text), ""), "    region:", "    rate: {read: 10/min, write: 10/min}\n    region:", 1)
	forecast := regexp.MustCompile(`workspace: reading (\d+) lists, about (\d+) s at the set rate`)
	counted := regexp.MustCompile(`workspace: reading list \d+ of (\d+)`)
	for name, args := range map[string][]string{"stderr": nil, "log": {"--log-level", "info", "--log-format", "json"}} {
		t.Run(name, func(t *testing.T) {
			check(t, os.WriteFile(w.file, []byte(slow), 0o600))
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				if code := w.run(t.Context(), append([]string{"plan", "--connection", "workspace"}, args...)...); code != exitDone {
					t.Fatalf("exit %d: %s", code, &w.stderr)
				}
				took := time.Since(start)
				said, lines := forecast.FindStringSubmatch(w.stderr.String()), counted.FindAllStringSubmatch(w.stderr.String(), -1)
				if said == nil || len(lines) == 0 || len(lines) > int(took/tellEvery)+1 {
					t.Fatalf("in %v, %d lines: %s", took, len(lines), &w.stderr)
				}
				about, err := time.ParseDuration(said[2] + "s")
				if err != nil || about < took*2/3 || about > took*3/2 || lines[len(lines)-1][1] != said[1] {
					t.Errorf("%q was forecast, it took %v; then %q", said[0], took, lines)
				}
				if plain := strings.Contains(w.stderr.String(), "entitlectl: workspace: reading"); plain != (name == "stderr") {
					t.Errorf("%s", &w.stderr)
				}
			})
		})
	}

	check(t, os.WriteFile(w.file, text, 0o600))
	if w.run(t.Context(), "plan"); strings.Contains(w.stderr.String(), "reading") {
		t.Errorf("a short reading is announced: %s", &w.stderr)
	}
}
