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
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

// kept is a file store whose journals fail from the n-th write on, counted from 1.
type kept struct {
	store.Store
	mu      sync.Mutex
	fails   int
	failure error
	writes  int
	onWrite func(store.Entry)
	told    []Event // of waits for what is in doubt
}

func keptIn(t *testing.T) *kept {
	t.Helper()
	return &kept{Store: file.Open(filepath.Join(storetest.Folder(t), "state")), failure: errors.New("no space left")}
}

func (k *kept) Acquire(ctx context.Context, scope string, by store.Owner) (store.Lease, error) {
	lease, err := k.Store.Acquire(ctx, scope, by)
	return &keptLease{lease, k}, err
}

type keptLease struct {
	store.Lease
	kept *kept
}

func (l *keptLease) Append(ctx context.Context, entries ...store.Entry) error {
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
func (k *kept) doubted(t *testing.T, at time.Time, state store.State, changes ...diff.Change) {
	t.Helper()
	lease, err := k.Store.Acquire(t.Context(), conn, store.Owner{Run: "killed"})
	if err != nil {
		t.Fatal(err)
	}
	entries := []store.Entry{{Run: "killed", Call: 1, State: store.Begun, At: at, Changes: items(changes)}}
	if state != store.Begun {
		entries = append(entries, store.Entry{Run: "killed", Call: 1, State: state, At: at})
	}
	if err := errors.Join(lease.Append(t.Context(), entries...), lease.Release()); err != nil {
		t.Fatal(err)
	}
}

func (k *kept) doubts(t *testing.T) []store.Entry {
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
	session, err := AcquireLocks(t.Context(), k, store.Owner{Run: run}, "", []string{conn}, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := session.Release(); err != nil {
			t.Error(err)
		}
	}()
	plan, err := Plan(t.Context(), PlanOptions{Jobs: jobs(v, desired), Now: time.Now(), Store: k})
	if err != nil {
		t.Fatal(err)
	}
	return Apply(t.Context(), ApplyOptions{Plan: plan, Jobs: jobs(v, desired), Session: session, Now: time.Now(), Observe: func(e Event) {
		if e, waits := e.(Awaiting); waits {
			k.told = append(k.told, e)
		}
	}})
}

// mailing plans where the files want what is live, so that only mails are to be sent.
func (k *kept) mailing(t *testing.T, v *vendor, retry bool) *diff.Plan {
	t.Helper()
	js := mailed(v)
	plan, err := Plan(t.Context(), PlanOptions{Jobs: js, Now: time.Now(), Store: k, Retry: retry})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// mailed are jobs that want what is live, and send mails again.
func mailed(v *vendor) []Job {
	js := jobs(v, v.live)
	js[0].Connection.Notices = spec.Notices{ResendAfter: 24 * time.Hour, MaxAttempts: 9}
	return js
}

func (k *kept) applySaved(t *testing.T, v *vendor, plan *diff.Plan) *diff.Result {
	t.Helper()
	session, err := AcquireLocks(t.Context(), k, store.Owner{Run: fmt.Sprint("at ", time.Now())}, "", []string{conn}, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	result, err := Apply(t.Context(), ApplyOptions{Plan: plan, Jobs: mailed(v), Session: session, Now: time.Now(), Reread: true, Saved: true, Rules: spec.DefaultRules})
	if err = errors.Join(err, session.Release()); err != nil {
		t.Fatal(err)
	}
	return result
}
