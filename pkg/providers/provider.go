package providers

import (
	"context"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Source reads live state and packs changes; see the interface of the same name in package apply for its duties.
type Source interface {
	Read(ctx context.Context, desired spec.State) (diff.Live, error)
	Pack(changes []diff.Change, slack diff.Slack, bound bool) diff.Packed
	Shapes() []diff.CallShape
}

// Target is a Source that can also carry a call out.
type Target interface {
	Source
	Do(ctx context.Context, name string, changes []diff.Change, begin func() error) error
}

// Provider is one vendor.
type Provider struct {
	Format spec.Format // what the file may hold for it
	// Reader opens a connection for reading only. It sends nothing.
	Reader func(spec.Connection, map[string]spec.Secret, httpx.Env) (Source, error)
	// Writer opens a connection for reading and writing. It sends nothing.
	Writer func(spec.Connection, map[string]spec.Secret, httpx.Env) (Target, error)
	// Emulator makes the vendor's emulator, with an empty world.
	Emulator func(EmulatorOptions) emu.Vendor
}

// EmulatorOptions are what all emulators take.
type EmulatorOptions struct {
	Unthrottled bool // no rate limits
}
