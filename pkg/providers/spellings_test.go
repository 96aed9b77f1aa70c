package providers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// spelt is somebody who holds something, as the vendor spells the name and as the files do.
type spelt struct {
	name, other  string // at the vendor: also called other
	domain       string // of the directory
	files, email string // in the files; blank: they have no such user
	filesDomain  string
	left, wanted bool
}

// respell draws how the files write a name.
func respell(t *rapid.T, name string, slips bool) string {
	ways := []string{"same", "upper", "lower", "nfc", "nfd", "slip"}
	if !slips {
		ways = ways[:5]
	}
	switch rapid.SampledFrom(ways).Draw(t, "way") {
	case "upper":
		return strings.ToUpper(name)
	case "lower":
		return strings.ToLower(name)
	case "nfc":
		return norm.NFC.String(name)
	case "nfd":
		return norm.NFD.String(name)
	case "slip":
		letters := []rune(norm.NFC.String(name)) // an accent alone is no letter
		i := rapid.IntRange(0, 2).Draw(t, "at")
		if rapid.Bool().Draw(t, "swapped") && letters[i] != letters[i+1] {
			letters[i], letters[i+1] = letters[i+1], letters[i]
			return string(letters)
		}
		return string(slices.Delete(letters, i, i+1))
	}
	return name
}

func redomain(t *rapid.T, domain string) string {
	to := rapid.SampledFrom([]func(string) (string, error){idna.ToASCII, idna.ToUnicode}).Draw(t, "domain")
	other, err := to(domain)
	if err != nil {
		return domain
	}
	return other
}

// dialect is how a vendor's people and what they hold are written.
type dialect struct {
	names   []string                   // more than a slip apart from each other
	domains []string                   // of the directory
	person  func(t *rapid.T, p *spelt) // makes up the names at the vendor and in the files
	seed    func(people []spelt) string
	file    func(ownership string, wanted []string) string
	holds   func(t testing.TB, state string) [][]string // who holds each resource
}

// cloudSeed and cloudState have all people in one app group and one app.
func cloudSeed(people []spelt) string {
	var users, grants strings.Builder
	for _, p := range people {
		fmt.Fprintf(&users, "    - {name: %q, domain: %q, email: %q}\n", p.name, p.domain, p.other)
		fmt.Fprintf(&grants, "{to: %q, domain: %q}, ", p.name, p.domain)
	}
	return fmt.Sprintf("huaweicloud:\n  users:\n%s  appGroups: [{name: CAD, grants: [%s]}]\n  apps: [{name: AutoCAD, audience: assigned, grants: [%s]}]\n",
		users.String(), grants.String(), grants.String())
}

func cloudHolds(t testing.TB, state string) [][]string {
	t.Helper()
	type ref struct{ To, Domain string }
	var world struct {
		Huaweicloud struct {
			AppGroups, Apps []struct{ Grants []yaml.Node }
		}
	}
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(state, "appGroups:", "appgroups:")), &world); err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for _, r := range append(world.Huaweicloud.AppGroups, world.Huaweicloud.Apps...) {
		var holders []string
		for _, n := range r.Grants {
			who := ref{To: n.Value}
			if n.Kind == yaml.MappingNode && n.Decode(&who) != nil {
				t.Fatalf("line %d of the state", n.Line)
			}
			holders = append(holders, who.To)
		}
		all = append(all, holders)
	}
	return all
}

func cloudPerson(t *rapid.T, p *spelt) {
	p.filesDomain = p.domain
	if p.domain != "local.com" {
		p.domain, p.filesDomain = redomain(t, p.domain), redomain(t, p.domain)
	}
	p.other = "also." + norm.NFC.String(strings.ToLower(p.name)) + "@corp.example"
	if !p.left && rapid.IntRange(0, 4).Draw(t, "known by address") == 0 {
		p.files, p.email = "wrong-"+strings.Repeat("x", len(p.name)), strings.ToUpper(p.other[:1])+p.other[1:]
	}
	if p.left && rapid.Bool().Draw(t, "left by address") {
		p.files, p.email = "wrong-"+strings.Repeat("x", len(p.name)), p.other
	}
}

func mailSeed(people []spelt) string {
	var users, members strings.Builder
	for i, p := range people {
		fmt.Fprintf(&users, "    - {name: P%d, email: %q, aliases: [%q]}\n", i, p.name, p.other)
		fmt.Fprintf(&members, "%q, ", p.name)
	}
	return fmt.Sprintf("wps365:\n  users:\n    - {name: Owner, email: owner@x.example}\n%s  mailGroups: [{address: g@x.example, name: G, owner: owner@x.example, senders: company, members: [%s]}]\n",
		users.String(), members.String())
}

func mailHolds(t testing.TB, state string) [][]string {
	t.Helper()
	var world struct {
		Wps365 struct {
			MailGroups []struct{ Members []string } `yaml:"mailGroups"`
		}
	}
	if err := yaml.Unmarshal([]byte(state), &world); err != nil {
		t.Fatal(err)
	}
	return [][]string{world.Wps365.MailGroups[0].Members}
}

func mailPerson(t *rapid.T, p *spelt) {
	local, domain, _ := strings.Cut(p.name, "@")
	domain, err := idna.ToASCII(domain)
	if err != nil {
		t.Fatal(err)
	}
	p.name, p.other = local+"@"+domain, "also."+local+"@x.example"
	switch local, domain, _ := strings.Cut(p.files, "@"); {
	case rapid.IntRange(0, 3).Draw(t, "by alias") == 0:
		p.email = p.other
	case domain == "":
		p.email = p.name
	default:
		p.email = local + "@" + redomain(t, strings.ToLower(domain))
	}
}

var dialects = map[string]dialect{
	"huaweicloud": {
		names: []string{"Alice", "wang.fang", "Jose\u0301.Nu\u0301n\u0303ez", "\u738b\u5c0f\u660e\u8bbe\u8ba1", "B.Underwood", "mallory"}, domains: []string{"local.com", "local.com", "b\u00fccher.local"},
		person: cloudPerson, seed: cloudSeed, holds: cloudHolds,
		file: func(ownership string, wanted []string) string {
			to := strings.Join(wanted, ", ")
			return fmt.Sprintf(`connections: {c: {provider: huaweicloud, region: ap-southeast-3, project: 0123456789abcdef0123456789abcdef, auth: {accessKey: "env:HUAWEICLOUD_A", secretKey: "env:HUAWEICLOUD_B"}}}
appGroups: [{name: CAD, in: c, ownership: %s, grants: [{to: [%s]}]}]
apps: [{name: AutoCAD, in: c, audience: assigned, ownership: %s, grants: [{to: [%s]}]}]
`, ownership, to, ownership, to)
		},
	},
	"wps365": {
		names: []string{"Alice@x.example", "wang.fang@x.example", "uwe.lang@b\u00fccher.example", "b.underwood@xn--bcher-kva.example", "mallory@x.example"}, domains: []string{""},
		person: mailPerson, seed: mailSeed, holds: mailHolds,
		file: func(ownership string, wanted []string) string {
			return fmt.Sprintf(`connections: {c: {provider: wps365, auth: {appId: "env:WPS_A", appKey: "env:WPS_B"}, experimental: [members]}}
mailGroups: [{address: g@x.example, in: c, ownership: %s, members: [{to: [%s]}]}]
`, ownership, strings.Join(wanted, ", "))
		},
	},
}

// draw makes up a world of people, and the file that has some of them in some spelling.
func (d dialect) draw(t *rapid.T) (people []spelt, file string) {
	var users strings.Builder
	var wanted []string
	for i, name := range d.names {
		p := spelt{name: name, domain: rapid.SampledFrom(d.domains).Draw(t, "domain")}
		switch rapid.IntRange(0, 4).Draw(t, "who") {
		case 0: // a stranger
		case 1:
			p.left = true
		default:
			p.wanted = true
		}
		if p.files = p.name; p.left || p.wanted {
			p.files = respell(t, p.name, p.wanted)
		}
		d.person(t, &p)
		people = append(people, p)
		switch user := fmt.Sprintf("u%d", i); {
		case p.left:
			fmt.Fprintf(&users, "  - {name: %s, account: %q, state: left%s%s}\n", user, p.files, orNot("domain", p.filesDomain), orNot("email", p.email))
		case p.wanted:
			fmt.Fprintf(&users, "  - {name: %s, account: %q%s%s}\n", user, p.files, orNot("domain", p.filesDomain), orNot("email", p.email))
			wanted = append(wanted, user)
		}
	}
	ownership := rapid.SampledFrom([]spec.Ownership{spec.Owned, spec.Owned, spec.AddOnly}).Draw(t, "ownership")
	return people, "version: 1\nusers:\n  - {name: nobody, account: nobody-at-all, email: nobody@nowhere.example}\n" + users.String() + d.file(string(ownership), wanted)
}

func orNot(key, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf(", %s: %q", key, value)
}

// Nobody loses access to whom the files give it, however they spell the name; and who left loses it, however it is spelt.
func TestLawNoSpellingCostsAccess(t *testing.T) {
	for _, p := range providers.Catalog() {
		d, grants := dialects[p.Format.Provider]
		if !grants {
			continue
		}
		t.Run(p.Format.Provider, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "entitlements.yaml")
			rapid.Check(t, func(rt *rapid.T) {
				people, file := d.draw(rt)
				seed := d.seed(people)
				if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
					rt.Fatal(err)
				}
				tenant := providertest.Start(t, kit(p), seed)
				job := tenant.FileJob(t, path)
				plan, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: []apply.Job{job}})
				if err != nil {
					rt.Fatalf("%v\n%s\n%s", err, seed, file)
				}
				if _, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: plan, Jobs: []apply.Job{job}, Reread: true, Allow: diff.RuleNames}); err != nil {
					rt.Fatalf("%v\n%s\n%s", err, seed, file)
				}
				for _, holders := range d.holds(t, tenant.World(t)) {
					for _, p := range people {
						switch holds := slices.Contains(holders, p.name); {
						case p.wanted && !holds:
							rt.Fatalf("%q lost access\n%s\n%s", p.name, seed, file)
						case p.left && holds:
							rt.Fatalf("%q left and kept access: %v\n%s\n%s", p.name, plan.Connections[0].Notes, seed, file)
						}
					}
				}
				again := providertest.Plan(t, tenant.FileJob(t, path))
				for _, c := range again.Connections[0].Changes {
					if c.Problem == "" {
						rt.Fatalf("the second plan has %+v\n%s\n%s", c, seed, file)
					}
				}
			})
		})
	}
}

// An account that the files spell otherwise is asked about, by the name that the directory has, and nothing is done to it.
func TestOtherSpellingsOfAccountsAreAskedAbout(t *testing.T) {
	catalog := providers.Catalog()
	p := kit(catalog[slices.IndexFunc(catalog, func(p providers.Provider) bool { return p.Format.Provider == "alibabacloud" })])
	path := filepath.Join(t.TempDir(), "entitlements.yaml")
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom([]string{"Billing", "data-platform", "R_and_D.Labs", "\u738b\u5c0f\u660e\u8bbe\u8ba1"}).Draw(rt, "name")
		other := respell(rt, name, true)
		file := fmt.Sprintf(`version: 1
connections: {c: {provider: alibabacloud, auth: {accessKeyId: "env:ALIBABA_CLOUD_A", accessKeySecret: "env:ALIBABA_CLOUD_B"}}}
accounts: [{name: %q, in: c, type: cloud, email: a@corp.example}]
`, other)
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			rt.Fatal(err)
		}
		tenant := providertest.Start(t, p, fmt.Sprintf("alibabacloud:\n  accounts: [{name: %q, type: resource, email: a@corp.example}]\n", name))
		plan, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: []apply.Job{tenant.FileJob(t, path)}})
		switch asked := err != nil && strings.Contains(err.Error(), fmt.Sprintf("did you mean %q?", name)); {
		case other == name && (err != nil || plan.Empty()):
			rt.Fatalf("%q: error %v", other, err)
		case other != name && !asked:
			rt.Fatalf("%q for %q: error %v", other, name, err)
		}
	})
}
