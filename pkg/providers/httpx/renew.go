package httpx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Credentials are renewed before they end: a request that is on its way must not outlast them, and a vendor that gives no new ones
// for a while must not stop the run.
const (
	maxMargin  = 5 * time.Minute
	renewPause = 30 * time.Second // between attempts while the old ones hold; metadata services give the same ones until shortly before their end
)

// Issued is a credential as a vendor gave it.
type Issued[T any] struct {
	Value T
	ID    string        // what requests show of it, so that a refused one is known again
	Life  time.Duration // from now on, by the clock of whoever gave it; 0: it does not end
}

// LifeOf is how long a credential lives that ends at a moment of the vendor's clock. The answer's Date says what that clock shows;
// without one it is ours. What has ended is an error.
func LifeOf(ends time.Time, answer Answer) (time.Duration, error) {
	now := time.Now()
	if date, err := answer.Date(); err == nil {
		now = date
	}
	if life := ends.Sub(now); life > 0 {
		return life, nil
	}
	return 0, errors.New("the credential that it gave has ended already; see whether the clocks are right")
}

// Renewing hands out a credential until it is about to end, and gets another one then. It is safe for use from several goroutines:
// one of them renews, the others wait.
type Renewing[T any] struct {
	issue func(context.Context) (Issued[T], error)
	turn  chan struct{} // of one place: whoever fills it may touch what follows

	held    Issued[T]
	ends    time.Time // zero: never
	renewAt time.Time // zero: never; where nothing is held, at once
	has     bool
}

// NewRenewing makes a Renewing of what gives credentials. Its errors say where it asked and what to do.
func NewRenewing[T any](issue func(context.Context) (Issued[T], error)) *Renewing[T] {
	return &Renewing[T]{issue: issue, turn: make(chan struct{}, 1)}
}

// Fixed is a credential that is never renewed.
func Fixed[T any](value T) *Renewing[T] {
	r := NewRenewing[T](nil)
	r.held.Value, r.has = value, true
	return r
}

// Fixed says that it can't be renewed.
func (r *Renewing[T]) Fixed() bool { return r.issue == nil }

// Get returns a credential other than the one with the id that was refused, "" for none. Of several who were refused the same one,
// one renews it. What needed it was not sent where it can't be had: the error is a *provider.Failure that says so, and shows no other
// status or code than its own, so that nobody takes them for those of a call.
func (r *Renewing[T]) Get(ctx context.Context, refused string) (T, error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return *new(T), provider.Refuse("get credentials: %w", interruption(ctx))
	}
	holds := r.has && (refused == "" || r.held.ID != refused) && (r.ends.IsZero() || time.Now().Before(r.ends))
	if holds && (r.renewAt.IsZero() || time.Now().Before(r.renewAt)) {
		return r.held.Value, nil
	}
	fresh, err := r.issue(ctx)
	switch {
	case err == nil && refused != "" && fresh.ID == refused:
		err = errors.New("the vendor says that the credential has ended, and renewing gave the same one; see whether the clocks are right, and what gives it")
	case err == nil:
		r.keep(fresh)
		return fresh.Value, nil
	case holds: // until its end there is time to try again
		r.renewAt = time.Now().Add(renewPause)
		return r.held.Value, nil
	}
	return *new(T), unissued(ctx, err)
}

func (r *Renewing[T]) keep(fresh Issued[T]) {
	r.held, r.has, r.ends, r.renewAt = fresh, true, time.Time{}, time.Time{}
	if fresh.Life == 0 {
		return
	}
	now := time.Now()
	margin := min(maxMargin, fresh.Life/4)
	r.ends, r.renewAt = now.Add(fresh.Life), later(now.Add(fresh.Life-margin), now.Add(min(renewPause, fresh.Life/2)))
}

// unissued is the failure of what needed a credential that could not be had.
func unissued(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return provider.Refuse("get credentials: %w", interruption(ctx))
	}
	why, status := provider.FailureOf(err), Status(err)
	refused := status >= 400 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
	return &provider.Failure{Fate: provider.NotDone, Unauthorized: refused, OutOfTime: why.OutOfTime, Asked: why.Asked,
		Err: errors.New("get credentials: " + err.Error())}
}

// maxTokenFile bounds a file that holds a token, in bytes.
const maxTokenFile = 64 << 10

// ReadToken reads the token in a file, which whoever wrote it replaces before it ends.
func ReadToken(path string) (spec.Secret, error) {
	f, err := os.Open(path)
	if err != nil {
		return spec.Secret{}, fmt.Errorf("read the token: %w; see that it is written before a run begins, and where", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no regular file")
	}
	var data []byte
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(f, maxTokenFile+1))
	}
	text := strings.TrimSpace(string(data))
	switch flaw := spec.FlawOfSecret(text); {
	case err != nil:
	case text == "":
		err = errors.New("it is empty")
	case len(data) > maxTokenFile:
		err = fmt.Errorf("it is larger than %d KiB", maxTokenFile>>10)
	case flaw != "":
		err = errors.New("it " + flaw)
	default:
		return spec.NewSecret(text), nil
	}
	return spec.Secret{}, fmt.Errorf("read the token in %s: %w; let the file hold the token alone", path, err)
}
