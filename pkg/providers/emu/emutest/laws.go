package emutest

import (
	"reflect"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// BadSeed is one that a vendor refuses, without its name on top, and what the error says.
type BadSeed = struct{ Seed, Says string }

// BadSeeds wants seeds to be refused with an error that says where, and the world of a good seed to stay as it was. The first line of
// a bad seed is line 2 of its file.
func BadSeeds(t *testing.T, vendor func() emu.Vendor, good string, seeds []BadSeed) {
	name := vendor().Name()
	for _, test := range seeds {
		c := Start(t, vendor(), good)
		before := c.Dump()
		err := c.LoadSeed([]byte(name + ":\n  " + strings.ReplaceAll(test.Seed, "\n", "\n  ")))
		if err == nil || !strings.HasPrefix(err.Error(), name+": ") || !strings.Contains(err.Error(), test.Says) {
			t.Errorf("%s: error %v, want %q", test.Seed, err, test.Says)
		}
		Same(t, "state after "+test.Seed, c.Dump(), before)
	}
}

// FuzzSeed wants the state after any seed to be a seed of the same world.
func FuzzSeed(f *testing.F, vendor func() emu.Vendor, seeds ...string) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := Start(t, vendor(), "")
		if c.LoadSeed(data) == nil {
			c.Reloads()
		}
	})
}

// Reloads wants the state, and what is saved, to be seeds of the same world.
func (c Client) Reloads() {
	c.Helper()
	saved := c.Saved()
	if err := c.LoadSeed([]byte(saved)); err != nil {
		c.Fatalf("what is saved does not load: %v\n%s", err, saved)
	}
	if again := c.Saved(); again != saved {
		c.Fatalf("saved\n%s\nbecame\n%s", saved, again)
	}
	state := c.Dump()
	if err := c.LoadSeed([]byte(state)); err != nil {
		c.Fatalf("the state does not load: %v\n%s", err, state)
	}
	if again := c.Dump(); again != state {
		c.Fatalf("state\n%s\nbecame\n%s", state, again)
	}
}

// Switch is a boolean option, by its name, and what a try gives with it off and on.
type Switch[C any] = struct {
	Name    string
	Off, On any
	Try     func(C) any
}

// Switches tries each switch both ways, with a client that run makes for the options O. No switch of the options may be left out
// but those that are tried elsewhere.
func Switches[O, C any](t *testing.T, switches []Switch[C], run func(opts O, try func(C)), elsewhere ...string) {
	tried := map[string]bool{}
	for _, name := range elsewhere {
		tried[name] = true
	}
	for _, s := range switches {
		tried[s.Name] = true
		for on, want := range map[bool]any{false: s.Off, true: s.On} {
			var opts O
			reflect.ValueOf(&opts).Elem().FieldByName(s.Name).SetBool(on)
			run(opts, func(c C) {
				if got := s.Try(c); !reflect.DeepEqual(got, want) {
					t.Errorf("%s %v: got %v, want %v", s.Name, on, got, want)
				}
			})
		}
	}
	for f := range reflect.TypeFor[O]().Fields() {
		if f.Type.Kind() == reflect.Bool && !tried[f.Name] {
			t.Errorf("no test turns %s on", f.Name)
		}
	}
}
