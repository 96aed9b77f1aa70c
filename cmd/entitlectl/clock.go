package main

import (
	"context"
	"sync"
	"time"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// timed opens the connections for writing, each with what the files want of it as time goes by.
func (a *application) timed(ctx context.Context) []apply.Job {
	k := &clock{at: a.at, want: a.want, since: a.read, end: a.want.spec.NextTurn(a.read)}
	jobs := a.jobs(ctx, a.want.scopes, writing)
	for i := range jobs {
		jobs[i].Current = func() spec.State { return k.desired(i) }
	}
	return jobs
}

// clock cuts the files to the moment, anew whenever a line of them has begun or ended. Connections ask it side by side.
type clock struct {
	at func() time.Time

	mu         sync.Mutex
	want       intent
	since, end time.Time // how long want holds; a zero end: for good
}

// desired is what should be there of the i-th scope by now.
func (k *clock) desired(i int) spec.State {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.at(); now.Before(k.since) || !k.end.IsZero() && !now.Before(k.end) {
		k.want = k.want.at(now)
		k.since, k.end = now, k.want.spec.NextTurn(now)
	}
	return k.want.scopes[i].desired
}

// at is the same intent at another moment.
func (w intent) at(now time.Time) intent {
	desired := w.spec.Desired(now)
	addFailed(desired, w.spec, now)
	return intent{spec: w.spec, base: w.base, scopes: spec.Each(w.scopes, func(sc scope) scope {
		state := desired[sc.connection.Name]
		state.People = sc.desired.People // no matter of time
		return scope{connection: sc.connection, desired: state}.only(sc.targets)
	})}
}
