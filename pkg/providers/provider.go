package providers

import (
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Provider is one vendor.
type Provider struct {
	Format spec.ProviderSchema // what the file may hold for it
	// Reader opens a connection for reading only. It sends nothing.
	Reader func(spec.Connection, map[string]spec.Secret, httpx.Env) (provider.Source, error)
	// Writer opens a connection for reading and writing. It sends nothing.
	Writer func(spec.Connection, map[string]spec.Secret, httpx.Env) (provider.Target, error)
	// Emulator makes the vendor's emulator, with an empty world.
	Emulator func(EmulatorOptions) emu.Vendor
}

// EmulatorOptions are what all emulators take.
type EmulatorOptions struct {
	Unthrottled bool // no rate limits
}
