package providers_test

import (
	"os"
	"path"
	"path/filepath"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// The conformance suite, for every provider: see package providertest.

func eachProvider(t *testing.T, test func(t *testing.T, p providertest.Provider)) {
	for _, p := range providers.Catalog() {
		t.Run(p.Format.Provider, func(t *testing.T) { test(t, kit(p)) })
	}
}

// kit is a provider of the catalog as the kit knows it.
func kit(p providers.Provider) providertest.Provider {
	return providertest.Provider{Format: p.Format, Reader: p.Reader, Writer: p.Writer, Fixtures: filepath.Join(p.Format.Provider, "testdata"),
		Emulator: func() emu.Vendor { return p.Emulator(providers.EmulatorOptions{Unthrottled: true}) }}
}

func TestConformance(t *testing.T) { eachProvider(t, providertest.Conform) }

// Every provider folder is in the catalog and has the files by which one finds one's way.
func TestCatalogIsComplete(t *testing.T) {
	known := map[string]bool{"emu": true, "httpx": true, "pack": true, "testdata": true}
	for _, p := range providers.Catalog() {
		name := p.Format.Provider
		known[name] = true
		for _, file := range []string{"doc.go", "format.go", "api.go", "auth.go", "sign.go", "errors.go", "wire.go", "list.go", "read.go", "pack.go", "write.go", name + "emu/doc.go"} {
			if _, err := os.Stat(filepath.Join(name, filepath.FromSlash(file))); err != nil {
				t.Errorf("%s lacks %s", name, path.Join(name, file))
			}
		}
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !known[e.Name()] {
			t.Errorf("folder %s is not in the catalog", e.Name())
		}
	}
}
