package providers_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud/huaweicloudemu"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// foulRuns is how often a tenant is planned and applied before the weather clears up.
const foulRuns = 7

// TestSoakOfLies brings two tenants of each vendor to what their files say, in common runs, while lists lie, gateways answer for
// the vendor, and mails bounce and are recorded late. It holds every run to these laws:
//
//   - What is planned is a part of what would be planned if all answers were true. So nobody loses access that the files give,
//     and nothing is granted, made or mailed because of a lie.
//   - A list that shows itself to be a lie is admitted, and nothing is changed by it.
//   - Nothing is done that is not planned, and nothing twice but what a run reported as unknown; a mail is sent again only when
//     the files let it be.
//   - What is reported as done is so by the vendor, and what is reported as refused or not tried is not.
//   - When the weather is fine two runs finish the rest, and a third one writes nothing.
func TestSoakOfLies(t *testing.T) {
	seeds := 3
	switch {
	case testing.Short():
		seeds = 2
	case os.Getenv("ENTITLECTL_TEST_LONG") != "":
		seeds = 60
	}
	onEachStore(t, !testing.Short(), func(t *testing.T, shared bool, empty func() store.Store) {
		if shared && os.Getenv("ENTITLECTL_TEST_LONG") == "" {
			seeds = 1
		}
		eachProvider(t, func(t *testing.T, p providertest.Provider) {
			if seeds == 1 && p.Format.Provider != "huaweicloud" {
				t.Skip("a shared store is the same to every provider; ENTITLECTL_TEST_LONG=1 runs all")
			}
			soakOfLies(t, p, seeds, empty)
		})
	})
}

func soakOfLies(t *testing.T, p providertest.Provider, seeds int, empty func() store.Store) {
	told := map[string]int{}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			kept := empty()
			synctest.Test(t, func(t *testing.T) {
				defer closeStore(t, kept)
				f := newFoul(t, p, uint64(seed), kept)
				f.course(t)
				for _, c := range f.tenants {
					for name, n := range c.weather.told {
						told[name] += n
					}
					told["changes sent"] += len(c.sent)
					told["resent"] += c.resent()
					told["reported as unknown"] += len(c.unknown)
				}
				told["plans not whole"] += f.refused
				told["runs"] += f.runs
			})
			told["seeds"]++
		})
	}
	t.Logf("%v", told)
	if told["seeds"] > 1 && (told["plans not whole"] == 0 || told["reported as unknown"] == 0 || p.Format.Provider == "huaweicloud" && told["resent"] == 0) {
		t.Errorf("the weather does not bite: %v", told)
	}
}

// foul is two tenants of one vendor in foul weather.
type foul struct {
	p       providertest.Provider
	server  *emu.Server
	draw    *rand.Rand
	store   store.Store
	tenants [2]*foulTenant
	runs    int
	refused int // plans with a list that is not whole
}

// foulTenant is one of them, and what was sent to it.
type foulTenant struct {
	name    string
	file    string
	weather *weather
	kv      *providertest.KV
	secrets func(spec.Connection) map[string]spec.Secret
	project string
	desired spec.State
	sent    []sending
	unknown map[string]int // how often a change was reported as unknown
}

// sending is a change that the vendor took.
type sending struct {
	diff.Change
	run int
	at  time.Time
}

// ids are the keys and ids of the second world of each vendor, and how its credentials differ from those of the first.
var ids = map[string]struct{ key, id, credential string }{
	"alibabacloud": {"directory", "rd-second", "accessKeyId"}, "huaweicloud": {"project", "fedcba9876543210fedcba9876543210", ""},
	"wps365": {"company", "second", "appId"},
}

func newFoul(t *testing.T, p providertest.Provider, seed uint64, s store.Store) *foul {
	t.Helper()
	draw := rand.New(rand.NewPCG(seed, 11))
	vendor := p.Emulator()
	if p.Format.Provider == "huaweicloud" {
		vendor = huaweicloudemu.New(huaweicloudemu.Options{Unthrottled: true, MailDelay: time.Duration(draw.IntN(120)) * time.Second})
	}
	f := &foul{p: p, server: emu.New(emu.Options{}, vendor), draw: draw, store: s}
	if err := f.server.LoadSeed(twoWorlds(t, p, "seed.yaml")); err != nil {
		t.Fatal(err)
	}
	second := ids[p.Format.Provider]
	for i, name := range []string{"main", "second"} {
		c := &foulTenant{name: name, file: filepath.Join(t.TempDir(), name+".yaml"), kv: providertest.NewKV(), unknown: map[string]int{}, secrets: providertest.SecretsOf,
			weather: newWeather(t, p, f.server.Transport(), rand.New(rand.NewPCG(seed, uint64(i))))}
		text := strings.NewReplacer("  main:", "  "+name+":", "in: main", "in: "+name).Replace(bouncing(t, p, "desired.yaml"))
		if err := os.WriteFile(c.file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if c.project = huaweicloudemu.Project; name == "second" {
			c.project = second.id
			c.secrets = func(conn spec.Connection) map[string]spec.Secret {
				secrets := providertest.SecretsOf(conn)
				if known, ok := secrets[second.credential]; ok {
					secrets[second.credential] = spec.NewSecret(known.Reveal() + "-" + second.id)
				}
				return secrets
			}
		}
		f.tenants[i] = c
	}
	return f
}

// bouncing is a fixture in which one person at Huawei Cloud has an address that takes no mails, and another one got none when he
// had the grant before.
func bouncing(t *testing.T, p providertest.Provider, fixture string) string {
	t.Helper()
	if p.Format.Provider != "huaweicloud" {
		return p.Read(t, fixture)
	}
	return strings.NewReplacer("alice@corp.example", "bounce@corp.example", "{name: CAD, grants",
		"{name: CAD, mails: [{to: zhang.san, error: full, sent: 1999-11-11T11:11:11Z}], grants", "{name: Legacy, grants",
		"{name: Legacy, mails: ["+strings.Repeat("{to: alice, error: full, sent: 1999-11-11T11:11:11Z}, ", 3)+"], grants").Replace(p.Read(t, fixture))
}

// twoWorlds is a seed with the world of a fixture twice.
func twoWorlds(t *testing.T, p providertest.Provider, fixture string) []byte {
	t.Helper()
	var worlds []map[string]any
	for _, id := range []string{"", ids[p.Format.Provider].id} {
		var seed map[string]map[string]any
		if err := yaml.Unmarshal([]byte(bouncing(t, p, fixture)), &seed); err != nil {
			t.Fatal(err)
		}
		world := seed[p.Format.Provider]
		if id != "" {
			world[ids[p.Format.Provider].key] = id
		}
		worlds = append(worlds, world)
	}
	data, err := yaml.Marshal(map[string]any{p.Format.Provider: worlds})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// job opens the tenant, as a new process would, by one of the ways to it.
func (f *foul) job(t *testing.T, c *foulTenant, fair bool) apply.Job {
	t.Helper()
	loaded, err := spec.Load(spec.Input{Paths: []string{c.file}, Formats: []spec.ProviderSchema{f.p.Format}})
	if err != nil {
		t.Fatal(err)
	}
	conn := loaded.Connections[0]
	conn.Endpoints, conn.Rate = map[string]string{"": "http://127.0.0.1:1"}, spec.Rates{}
	if f.p.Format.Provider == "huaweicloud" {
		conn.Settings["project"] = c.project
	}
	env := httpx.Env{Transport: c.weather, UserAgent: "entitlectl/test", KV: c.kv}
	if fair {
		env.Transport = f.server.Transport()
	}
	target, err := f.p.Writer(conn, c.secrets(conn), env)
	if err != nil {
		t.Fatal(err)
	}
	c.desired = loaded.Desired(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))[conn.Name]
	return apply.Job{Connection: conn, Desired: c.desired, Source: &noted{target, f, c}}
}

func (f *foul) jobs(t *testing.T, fair bool) []apply.Job {
	return []apply.Job{f.job(t, f.tenants[0], fair), f.job(t, f.tenants[1], fair)}
}

// noted notes what the vendor takes.
type noted struct {
	provider.Target
	f *foul
	c *foulTenant
}

func (n *noted) Do(ctx context.Context, name string, changes []diff.Change, begin func() error) error {
	before := n.c.weather.done
	err := n.Target.Do(ctx, name, changes, begin)
	if n.c.weather.done > before {
		for _, c := range changes {
			n.c.sent = append(n.c.sent, sending{c, n.f.runs, time.Now()})
		}
	}
	return err
}
