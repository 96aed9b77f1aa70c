package apply

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/engine"
	"github.com/entitlectl/entitlectl/pkg/engine/file"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// kept is a file engine whose journals fail from the n-th write on, counted from 1.
type kept struct {
	engine.Engine
	mu      sync.Mutex
	fails   int
	failure error
	writes  int
	onWrite func(engine.Entry)
	told    []Event // of waits for what is in doubt
}

func keptIn(t *testing.T) *kept {
	t.Helper()
	return &kept{Engine: file.Open(filepath.Join(t.TempDir(), "state")), failure: errors.New("no space left")}
}

func (k *kept) Acquire(ctx context.Context, scope string, by engine.Owner) (engine.Lease, error) {
	lease, err := k.Engine.Acquire(ctx, scope, by)
	return &keptLease{lease, k}, err
}

type keptLease struct {
	engine.Lease
	kept *kept
}

func (l *keptLease) Append(ctx context.Context, entries ...engine.Entry) error {
	l.kept.mu.Lock()
	defer l.kept.mu.Unlock()
	l.kept.writes++
	if l.kept.fails > 0 && l.kept.writes >= l.kept.fails {
		return l.kept.failure
	}
	for _, e := range entries {
		if l.kept.onWrite != nil {
			l.kept.onWrite(e)
		}
	}
	return l.Lease.Append(ctx, entries...)
}

// doubted leaves a call in the journal as a run that was killed would.
func (k *kept) doubted(t *testing.T, at time.Time, state engine.State, changes ...diff.Change) {
	t.Helper()
	lease, err := k.Engine.Acquire(t.Context(), conn, engine.Owner{Run: "killed"})
	if err != nil {
		t.Fatal(err)
	}
	entries := []engine.Entry{{Run: "killed", Call: 1, State: engine.Begun, At: at, Changes: items(changes)}}
	if state != engine.Begun {
		entries = append(entries, engine.Entry{Run: "killed", Call: 1, State: state, At: at})
	}
	if err := errors.Join(lease.Append(t.Context(), entries...), lease.Release()); err != nil {
		t.Fatal(err)
	}
}

func (k *kept) doubts(t *testing.T) []engine.Entry {
	t.Helper()
	entries, err := k.Doubts(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// applyHeld plans and runs under a lock.
func applyHeld(t *testing.T, k *kept, v *vendor, desired spec.State, run string) (*diff.Result, error) {
	t.Helper()
	hold, err := Take(t.Context(), k, engine.Owner{Run: run}, "", []string{conn}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := hold.Release(); err != nil {
			t.Error(err)
		}
	}()
	plan, err := Plan(t.Context(), jobs(v, desired), Head{Now: time.Now(), Engine: k}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return Run(t.Context(), plan, jobs(v, desired), Options{Hold: hold, Now: time.Now(), Observe: func(e Event) {
		if e, waits := e.(Awaiting); waits {
			k.told = append(k.told, e)
		}
	}})
}

// mailing plans where the files want what is live, so that only mails are to be sent.
func (k *kept) mailing(t *testing.T, v *vendor, retry bool) *diff.Plan {
	t.Helper()
	js := jobs(v, v.live)
	js[0].Connection.Notices = spec.Notices{ResendAfter: 24 * time.Hour, MaxAttempts: 9}
	plan, err := Plan(t.Context(), js, Head{Now: time.Now(), Engine: k, Retry: retry}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func (k *kept) applySaved(t *testing.T, v *vendor, plan *diff.Plan) *diff.Result {
	t.Helper()
	hold, err := Take(t.Context(), k, engine.Owner{Run: fmt.Sprint("at ", time.Now())}, "", []string{conn}, 0)
	if err != nil {
		t.Fatal(err)
	}
	result, err := Run(t.Context(), plan, jobs(v, v.live), Options{Hold: hold, Now: time.Now(), Reread: true, Saved: true})
	if err = errors.Join(err, hold.Release()); err != nil {
		t.Fatal(err)
	}
	return result
}
