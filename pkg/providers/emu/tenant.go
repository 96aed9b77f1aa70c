package emu

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"gopkg.in/yaml.v3"
)

// World is what the world of every vendor begins with. Worlds embed it.
type World struct {
	ID    string    // of the tenant in the vendor's words, as a seed may name it: a project, a company, a directory
	First bool      // whether the seed has it first: who names no other tenant reaches this one
	Now   time.Time // of the request in hand
	Shows time.Time // when reads see what it writes; zero is at once

	last  int64
	taken map[string]bool // ids that the seed gives
	saves bool            // the dump is to be loaded by another process
}

// Next is the next number for an id. Numbers rise, so that rows made at one time are in the order of their ids.
func (w *World) Next() int64 {
	w.last++
	return w.last
}

// NewID is the id that a seed gives, or else the next one of the form, which has a verb for a number, that no row of the seed has.
func (w *World) NewID(given, form string) string {
	for given == "" {
		if id := fmt.Sprintf(form, w.Next()); !w.taken[id] {
			return id
		}
	}
	return given
}

// Resume goes on after the last number of a world that was saved.
func (w *World) Resume(last int64) { w.last = max(w.last, last) }

// Last is what a saved world resumes after; 0 where it is not saved.
func (w *World) Last() int64 { return Saved(w, w.last) }

// Saved is a value in a world that is saved, which its emulator would make anew from any other seed: an id, a time, a token. It is zero
// in one that is only shown.
func Saved[T any](w *World, value T) T {
	if !w.saves {
		var none T
		return none
	}
	return value
}

// SeedID is the ID as a seed names it: not at all where it is the usual one.
func (w *World) SeedID(usual string) string {
	if w.ID == usual {
		return ""
	}
	return w.ID
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

	// Dump is the inverse: what is true, whether reads show it yet or not; see [Vendor.Dump] and [Saved].
	Dump() S

	core() *World
}

// Tenant keeps the worlds W of a vendor, of one tenant or of several, and lets one request at a time use one of them. Vendors
// embed it: it does for them what [Vendor] says of Attach, Load and Dump.
type Tenant[S any, W Contents[S]] struct {
	Empty func() W // makes a world, with the ID of a tenant that the seed does not name; set before anything else is called

	clock  *Clock
	mu     sync.Mutex
	worlds []W
	listed bool // the seed had a list of worlds
}

// Attach sets the clock, and begins with an empty world.
func (t *Tenant[S, W]) Attach(clock *Clock) {
	t.clock, t.worlds = clock, []W{t.Empty()}
	t.worlds[0].core().First = true
}

// Now is the time of the emulator's clock.
func (t *Tenant[S, W]) Now() time.Time { return t.clock.Now() }

// Begin returns the first world at the time of a request. Nobody else gets any until End.
func (t *Tenant[S, W]) Begin(request context.Context) W {
	return t.BeginIn(request, func(W) bool { return true })
}

// BeginIn is Begin for the first world that is the one meant, or the very first where none is.
func (t *Tenant[S, W]) BeginIn(request context.Context, meant func(W) bool) W {
	t.mu.Lock()
	world := t.worlds[max(slices.IndexFunc(t.worlds, meant), 0)]
	world.core().begin(t.clock.Now(), Lag(request))
	return world
}

// End gives the world back.
func (t *Tenant[S, W]) End() { t.mu.Unlock() }

// Load makes a world of a seed, or several where it is a list, each with an ID of its own; see [Decode].
func (t *Tenant[S, W]) Load(node *yaml.Node) (func(), error) {
	listed := node != nil && node.Kind == yaml.SequenceNode
	seeds := []*yaml.Node{node}
	if listed {
		seeds = node.Content
	}
	var worlds []W
	for _, seed := range seeds {
		if listed && isNull(seed) {
			return nil, fmt.Errorf("line %d: an item is missing", seed.Line)
		}
		world, err := t.loadWorld(seed, worlds)
		if err != nil && listed {
			err = fmt.Errorf("world %d: %w", len(worlds)+1, err)
		}
		if err != nil {
			return nil, err
		}
		worlds = append(worlds, world)
	}
	if len(worlds) == 0 {
		return nil, fmt.Errorf("line %d: the list has no world", node.Line)
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.worlds, t.listed = worlds, listed
	}, nil
}

// idForm is what may stand in paths, names of keys and names of apps.
var idForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Za-z_.-]{1,64}$`) })

func (t *Tenant[S, W]) loadWorld(node *yaml.Node, others []W) (world W, err error) {
	var seed S
	if err := Decode(node, &seed); err != nil {
		return world, err
	}
	world = t.Empty()
	world.core().begin(t.clock.Now(), 0)
	world.core().First = len(others) == 0
	if world.core().taken, err = idsIn(node, map[string]bool{}); err != nil {
		return world, err
	}
	if err := world.Load(seed); err != nil {
		return world, err
	}
	id := world.core().ID
	same := func(o W) bool { return o.core().ID == id }
	switch {
	case id != "" && !idForm().MatchString(id):
		err = fmt.Errorf("the id %q holds more than letters, digits, _ . and -, or is longer than 64", id)
	case slices.ContainsFunc(others, same):
		err = fmt.Errorf("two worlds have the id %q", id)
	}
	return world, err
}

// idsIn adds the ids that a seed gives. None may come twice: they are told apart by what they are of.
func idsIn(node *yaml.Node, ids map[string]bool) (map[string]bool, error) {
	if node == nil {
		return ids, nil
	}
	for i, n := range node.Content {
		if isID := node.Kind == yaml.MappingNode && i%2 == 1 && slices.Contains(idKeys, node.Content[i-1].Value); isID && n.Value != "" {
			if ids[n.Value] {
				return nil, fmt.Errorf("line %d: the id %q comes twice", n.Line, n.Value)
			}
			ids[n.Value] = true
		}
		if _, err := idsIn(n, ids); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// idKeys are the keys of ids in all seeds.
var idKeys = []string{"id", "record"}

// Dump writes the worlds in the form of their seed.
func (t *Tenant[S, W]) Dump() any { return t.dump(false) }

// Save is Dump with what must outlast the process.
func (t *Tenant[S, W]) Save() any { return t.dump(true) }

func (t *Tenant[S, W]) dump(saves bool) any {
	t.mu.Lock()
	defer t.mu.Unlock()
	seeds := make([]S, len(t.worlds))
	for i, world := range t.worlds {
		world.core().begin(t.clock.Now(), 0)
		world.core().saves = saves
		seeds[i] = world.Dump()
	}
	if !t.listed {
		return seeds[0]
	}
	return seeds
}
