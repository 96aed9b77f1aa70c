package apply

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
	"github.com/entitlectl/entitlectl/pkg/store/postgres"
	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

// simulationRuns is how often apply may be run until all is done that can be.
const simulationRuns = 12

// TestSimulation applies drawn worlds to a vendor that fails at random, again and again until all is done that can be, on
// virtual time, and holds the vendor's own account of what it did against these invariants:
//
//	I1: nothing is done that the plan of that run does not name.
//	I2: each change is done once. Only where reads show it later than two runs wait for it, one that verifies and one that
//	    has it in doubt, it is done as often again as a run reported it as unknown.
//	I3: the next run finishes the rest; when all is done another sends nothing, and nothing is left in doubt.
//
//	I4: nothing is planned on a list that is not whole.
//
// Runs that are killed have their own test, with real processes.
func TestSimulation(t *testing.T) {
	seeds := 100
	switch {
	case testing.Short():
		seeds = 30
	case os.Getenv("ENTITLECTL_TEST_LONG") != "":
		seeds = 300
	}
	t.Run("file", func(t *testing.T) {
		folder := storetest.Folder(t)
		simulations(t, seeds, func(seed int) store.Store { return file.Open(filepath.Join(folder, fmt.Sprint(seed))) })
	})
	if os.Getenv("ENTITLECTL_TEST_LONG") == "" {
		seeds /= 25
	}
	// The server is a real one. Virtual time stands still while a statement is on its way, and goes on between two.
	t.Run("postgres", func(t *testing.T) {
		server := pgtest.Shared(t)
		simulations(t, seeds, func(int) store.Store {
			s, err := postgres.Open(server.URL(server.Schema(t)), "")
			if err != nil {
				t.Fatal(err)
			}
			return s
		})
	})
}

// simulations simulates drawn worlds, each with an empty store.
func simulations(t *testing.T, seeds int, empty func(seed int) store.Store) {
	var sum simulation
	for seed := range seeds {
		var one simulation
		var err error
		s := empty(seed)
		synctest.Test(t, func(t *testing.T) {
			one = simulate(uint64(seed), s)
			err = errors.Join(one.course(t.Context()), s.Close())
		})
		if err != nil {
			t.Fatalf("seed %d: %v\ncalls %v\nfaults %v, lag %v", seed, err, one.vendor.calls, one.vendor.faults, one.vendor.lag)
		}
		sum.lies += one.lies
		sum.runs, sum.calls, sum.unknown, sum.took = sum.runs+one.runs, sum.calls+len(one.vendor.calls), sum.unknown+one.unknown, sum.took+one.took
	}
	t.Logf("%d seeds: %d runs, %d calls, %d changes reported as unknown, %d lists not whole, %v of virtual time", seeds, sum.runs, sum.calls, sum.unknown, sum.lies, sum.took)
	if sum.unknown == 0 || sum.lies < seeds/4 || sum.runs < 2*seeds {
		t.Error("the faults do not bite")
	}
}

// simulation is one world and what was done to it.
type simulation struct {
	vendor  *vendor
	desired spec.State
	store   store.Store
	draw    *rand.Rand
	opts    ApplyOptions

	reported map[diff.Change]int // how often each change was reported as unknown
	runs     int
	calls    int
	unknown  int
	lies     int // lists of plans that are not whole
	took     time.Duration
}

// simulate draws a world, what is desired of it, and the vendor's faults.
func simulate(seed uint64, e store.Store) simulation {
	draw := rand.New(rand.NewPCG(seed, 3))
	v := &vendor{live: drawHolders(draw), poison: map[string]bool{}, ghosts: map[string]bool{}, faults: map[int]fault{}}
	lags := []time.Duration{0, 0, 3 * time.Second, 20 * time.Second, 50 * time.Second, 4 * time.Minute}
	v.lag = lags[draw.IntN(len(lags))]
	if draw.IntN(3) == 0 {
		v.poison[crowd[draw.IntN(len(crowd))]] = true
	}
	if draw.IntN(3) == 0 {
		v.ghosts[crowd[draw.IntN(len(crowd))]] = true
	}
	kinds := []fault{dropped, torn, lost, failed, refusal, badRow, denied}
	if v.lag < DefaultSettle { // what is done although it was called failed is sent again unless it shows in the time that it has
		kinds = append(kinds, partly)
	}
	for n := range 40 {
		if draw.IntN(4) == 0 {
			v.faults[n+1] = kinds[draw.IntN(len(kinds))]
		}
	}
	v.onRead = liar(rand.New(rand.NewPCG(seed, 5)))
	s := simulation{vendor: v, desired: drawHolders(draw), store: e, draw: draw, reported: map[diff.Change]int{}}
	if seed%4 == 3 {
		s.opts.Parallelism = 3
	}
	return s
}

// lyingReads are how many reads of a vendor may lie, the first ones.
const lyingReads = 25

// liar spoils reads at random: all that more than one resource stands on, or one list, which lacks somebody.
func liar(draw *rand.Rand) func(n int, live *diff.Live) error {
	return func(n int, live *diff.Live) error {
		if n > lyingReads || draw.IntN(6) > 0 {
			return nil
		}
		if draw.IntN(3) == 0 {
			return &provider.NotWhole{What: "the list of app groups", Why: "its count is missing"}
		}
		for g := range live.Grants.All() {
			if g.Resource == grantOf("G0", "").Resource && g.Subject.Name <= crowd[draw.IntN(len(crowd))] {
				live.Grants.Remove(g)
				live.Distrust(g.Resource, "the list of authorizations is not whole: a row is missing")
				break
			}
		}
		return nil
	}
}

var crowd = []string{"a", "b", "c", "d", "e", "f", "g"}

func drawHolders(draw *rand.Rand) spec.State {
	holders := map[string][]string{}
	for i := range 1 + draw.IntN(4) {
		var some []string
		for _, name := range crowd {
			if draw.IntN(2) == 0 {
				some = append(some, name)
			}
		}
		holders[fmt.Sprint("G", i)] = some
	}
	return state(holders)
}

// course applies until a run is clean or can do no more.
func (s *simulation) course(ctx context.Context) error {
	start := time.Now()
	for s.runs < simulationRuns {
		left, err := s.apply(ctx)
		if err != nil {
			return fmt.Errorf("run %d: %w", s.runs, err)
		}
		if left == 0 {
			break
		}
		time.Sleep(time.Duration(s.draw.IntN(120)) * time.Second)
	}
	time.Sleep(10 * time.Minute) // whatever lags shows by now
	s.took = time.Since(start)
	return s.finished(ctx)
}

// apply is one run. It returns how many changes were left that the vendor could do.
func (s *simulation) apply(ctx context.Context) (left int, err error) {
	s.runs++
	session, err := AcquireLocks(ctx, s.store, store.Owner{Run: fmt.Sprint("run ", s.runs)}, "", []string{conn}, 0, nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, session.Release()) }()
	js := jobs(s.vendor, s.desired)
	plan, err := Plan(ctx, PlanOptions{Jobs: js, Now: time.Now(), Store: s.store, NoBound: true})
	if err != nil {
		return 0, err
	}
	for _, c := range plan.Connections[0].Changes { // I4
		if slices.Contains(plan.Connections[0].Incomplete(), string(c.Kind)+"/"+c.Resource) {
			return 0, fmt.Errorf("I4: %+v is planned on a list that is not whole", c)
		}
	}
	left = len(plan.Connections[0].Incomplete())
	s.lies += left
	touched := len(s.vendor.touched)
	opts := s.opts
	opts.Plan, opts.Jobs, opts.Session, opts.Now = plan, js, session, plan.Now
	result, err := Apply(ctx, opts)
	if err != nil {
		return 0, err
	}
	for _, c := range s.vendor.touched[touched:] { // I1
		if !slices.Contains(plan.Connections[0].Changes, c) {
			return 0, fmt.Errorf("I1: %+v was sent and is not planned", c)
		}
	}
	if err := s.once(); err != nil {
		return 0, err
	}
	for _, c := range result.Connections[0].Changes {
		if c.Outcome == diff.Unknown {
			s.reported[c.Key()]++
			s.unknown++
		}
		if c.Outcome != diff.Done && c.Outcome != diff.Already && s.can(*c.Change) {
			left++
		}
	}
	return left, nil
}

// once is I2.
func (s *simulation) once() error {
	for c, times := range s.vendor.effects {
		again := s.reported[c]
		wait := 2 * DefaultSettle
		if s.lies > 0 { // a run whose list is not whole waits for nothing, and what it sends elsewhere makes this vendor later still
			wait = DefaultSettle
		}
		if s.vendor.lag < wait {
			again = 0
		}
		if times > 1+again {
			return fmt.Errorf("I2: %s %s/%s was done %d times and reported as unknown %d times", c.Op, c.Resource, c.Subject.Name, times, s.reported[c])
		}
	}
	return nil
}

// can says whether the vendor would ever do a change.
func (s *simulation) can(c diff.Change) bool {
	return !s.vendor.poison[c.Subject.Name] && !(c.Op == diff.OpGrant && s.vendor.ghosts[c.Subject.Name])
}

// finished is I3: the vendor has what is desired, but for what it never does; another apply does nothing to what it can do,
// and what the journal holds in doubt is settled.
func (s *simulation) finished(ctx context.Context) error {
	want := diff.Compute(s.desired, diff.Live{State: s.vendor.live}, diff.Resending{Notices: spec.Notices{Off: true}})
	for _, c := range want {
		if s.can(c) {
			return fmt.Errorf("I3: after %d runs %+v is left", s.runs, c)
		}
	}
	clear(s.vendor.faults)
	s.vendor.onRead = nil
	touched := len(s.vendor.touched)
	if _, err := s.apply(ctx); err != nil {
		return err
	}
	for _, c := range s.vendor.touched[touched:] {
		if s.can(c) {
			return fmt.Errorf("I3: when all was done another run sent %+v", c)
		}
	}
	doubts, err := s.store.Doubts(ctx, conn)
	if err == nil && len(doubts) > 0 && len(s.vendor.ghosts) == 0 { // what is left out of a call of its own may yet show
		err = fmt.Errorf("I3: in doubt to the end: %+v", doubts)
	}
	return err
}
