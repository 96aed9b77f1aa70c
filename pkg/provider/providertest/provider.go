package providertest

import (
	"cmp"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Provider is a vendor's package as its tests know it.
type Provider struct {
	Format   spec.ProviderSchema
	Reader   func(spec.Connection, map[string]spec.Secret, httpx.Env) (provider.Source, error)
	Writer   func(spec.Connection, map[string]spec.Secret, httpx.Env) (provider.Target, error)
	Emulator func() emu.Vendor // with an empty world; conformance needs one without limits on rates
	Fixtures string            // folder
}

// Fixture is the path of a file among the provider's fixtures.
func (p Provider) Fixture(name string) string { return filepath.Join(p.Fixtures, name) }

// Read returns the content of a fixture.
func (p Provider) Read(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(p.Fixture(name))
	if err != nil {
		t.Fatalf("every provider needs %s for the conformance suite: %v", name, err)
	}
	return string(data)
}

// writes says whether a call writes.
func (p Provider) writes(t testing.TB) func(emu.Call) bool {
	t.Helper()
	data, err := os.ReadFile(p.Fixture("reads.txt"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	reads := strings.Fields(strings.ReplaceAll(string(data), "POST ", "POST"))
	return func(c emu.Call) bool {
		return c.Method != http.MethodGet && !slices.ContainsFunc(reads, func(pattern string) bool {
			ok, _ := path.Match(pattern, c.Method+c.Path)
			return ok
		})
	}
}

// credentials are what emulators take, by the names that files have for them. All others are the secret.
var credentials = map[string]string{
	"accessKey": "emulator-key", "accessKeyId": "emulator-key", "appId": "emulator-app", "token": "emulator-token", "securityToken": "emulator-token",
}

// Secrets are the emulator's credentials of the given names.
func Secrets(names ...string) map[string]spec.Secret {
	secrets := map[string]spec.Secret{}
	for _, name := range names {
		secrets[name] = spec.NewSecret(cmp.Or(credentials[name], "emulator-secret"))
	}
	return secrets
}

// SecretsOf are the credentials that a connection names.
func SecretsOf(conn spec.Connection) map[string]spec.Secret {
	return Secrets(slices.Collect(maps.Keys(conn.Auth))...)
}
