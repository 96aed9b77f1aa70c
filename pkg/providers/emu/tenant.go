package emu

import (
	"context"
	"sync"
	"time"

	"gopkg.in/yaml.v3"
)

// World is what the world of every vendor begins with. Worlds embed it.
type World struct {
	Now   time.Time // of the request in hand
	Shows time.Time // when reads see what it writes; zero is at once

	last int64
}

// Next is the next number for an id. Numbers rise, so that rows made at one time are in the order of their ids.
func (w *World) Next() int64 {
	w.last++
	return w.last
}

func (w *World) core() *World { return w }

func (w *World) begin(now time.Time, lag time.Duration) {
	w.Now, w.Shows = now, time.Time{}
	if lag > 0 {
		w.Shows = now.Add(lag)
	}
}

// Contents is a world that is loaded from a seed S.
type Contents[S any] interface {
	// Load fills an empty world. After an error the world is thrown away.
	Load(S) error

	// Dump is the inverse: what is true, whether reads show it yet or not; see [Vendor.Dump].
	Dump() S

	core() *World
}

// Tenant keeps the world W of a vendor and lets one request at a time use it. Vendors embed it: it does for them what
// [Vendor] says of Attach, Load and Dump.
type Tenant[S any, W Contents[S]] struct {
	Empty func() W // makes a world; set before anything else is called

	clock *Clock
	mu    sync.Mutex
	world W
}

// Attach sets the clock, and begins with an empty world.
func (t *Tenant[S, W]) Attach(clock *Clock) {
	t.clock, t.world = clock, t.Empty()
}

// Now is the time of the emulator's clock.
func (t *Tenant[S, W]) Now() time.Time { return t.clock.Now() }

// Begin returns the world at the time of a request. Nobody else gets it until End.
func (t *Tenant[S, W]) Begin(request context.Context) W {
	t.mu.Lock()
	t.world.core().begin(t.clock.Now(), Lag(request))
	return t.world
}

// End gives the world back.
func (t *Tenant[S, W]) End() { t.mu.Unlock() }

// Load makes a world of a seed; see [Decode].
func (t *Tenant[S, W]) Load(node *yaml.Node) (func(), error) {
	var seed S
	if err := Decode(node, &seed); err != nil {
		return nil, err
	}
	world := t.Empty()
	world.core().begin(t.clock.Now(), 0)
	if err := world.Load(seed); err != nil {
		return nil, err
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.world = world
	}, nil
}

// Dump writes the world as a seed.
func (t *Tenant[S, W]) Dump() (any, error) {
	world := t.Begin(context.Background())
	defer t.End()
	return world.Dump(), nil
}
