package apply

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// TestInterruptedAnywhere interrupts a run at each of its boundaries: before and after each call, each read and each write to
// the journal. The report is true, the next run does the rest, and nothing is done twice.
func TestInterruptedAnywhere(t *testing.T) {
	for _, opts := range []ApplyOptions{{}, {Reread: true, Rules: noLimits}, {NoVerify: true}, {Parallelism: 3}} {
		boundaries := 0
		for at := 0; at <= boundaries; at++ { // 0: it is not interrupted, and tells how many there are
			synctest.Test(t, func(t *testing.T) {
				p := &plug{at: at}
				if err := p.pull(t, opts); err != nil {
					t.Errorf("%+v, interrupted at %d: %v", opts, at, err)
				}
				if at == 0 {
					boundaries = p.passed
				}
			})
		}
		if boundaries < 15 {
			t.Errorf("%+v: only %d boundaries", opts, boundaries)
		}
	}
}

// plug interrupts a run at a boundary.
type plug struct {
	*vendor
	at     int
	cancel context.CancelFunc

	counting sync.Mutex
	passed   int
}

func (p *plug) pass() {
	p.counting.Lock()
	defer p.counting.Unlock()
	if p.passed++; p.passed == p.at {
		p.cancel()
	}
}

func (p *plug) Do(ctx context.Context, name string, changes []diff.Change, begin func() error) error {
	p.pass()
	defer p.pass()
	return p.vendor.Do(ctx, name, changes, begin)
}

func (p *plug) Read(ctx context.Context, q provider.Query) (diff.Live, error) {
	p.pass()
	defer p.pass()
	return p.vendor.Read(ctx, q)
}

func (p *plug) pull(t *testing.T, opts ApplyOptions) error {
	p.vendor = &vendor{live: state(map[string][]string{"CAD": {"a", "x"}, "BIM": {"a"}}), lag: 2 * time.Second, faults: map[int]fault{2: dropped}}
	desired := state(map[string][]string{"CAD": {"a", "b", "c"}, "BIM": {"b", "c", "d", "e"}, "New": {"a"}})
	k := keptIn(t)
	plan, err := Plan(t.Context(), PlanOptions{Jobs: jobs(p.vendor, desired), Now: time.Now(), Store: k})
	if err != nil {
		return err
	}
	session, err := AcquireLocks(t.Context(), k, store.Owner{Run: "interrupted"}, "", []string{conn}, 0, nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p.cancel = cancel
	k.onWrite = func(store.Entry) { p.pass() }
	opts.Plan, opts.Jobs, opts.Session, opts.Now = plan, jobs(p, desired), session, plan.Now
	result, err := Apply(ctx, opts)
	k.onWrite = nil
	if releaseErr := session.Release(); releaseErr != nil {
		return releaseErr
	}
	if err == nil {
		for _, c := range result.Connections[0].Changes {
			if did := p.effects[c.Key()] > 0; did && c.Outcome == diff.NotTried || !did && c.Outcome == diff.Done {
				return fmt.Errorf("%s %s/%s is reported %s, done=%v", c.Op, c.Resource, c.Subject.Name, c.Outcome, did)
			}
		}
		if result.Summary.Calls != len(p.calls) {
			return fmt.Errorf("%d calls are reported, %d were sent", result.Summary.Calls, len(p.calls))
		}
	} else if len(p.calls) > 0 {
		return fmt.Errorf("after %d calls: %w", len(p.calls), err)
	}
	next, err := applyHeld(t, k, p.vendor, desired, "next")
	if err != nil || !next.Summary.Clean() || len(k.doubts(t)) > 0 {
		return fmt.Errorf("the next run: %+v, error %v, in doubt %v", next, err, k.doubts(t))
	}
	for c, times := range p.effects {
		if times > 1 {
			return fmt.Errorf("%s %s/%s was done %d times", c.Op, c.Resource, c.Subject.Name, times)
		}
	}
	return nil
}
