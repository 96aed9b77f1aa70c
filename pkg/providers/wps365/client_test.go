package wps365_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365/wps365emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

const (
	conn                    = providertest.Name
	kindMailGroup spec.Kind = "mail-group"
	roleSender    spec.Role = "sender"
)

// tenant is an emulated one, whose clients keep what outlives them.
type tenant struct{ *providertest.Tenant }

func newTenant(t testing.TB, opts wps365emu.Options, seed string) *tenant {
	t.Helper()
	c := &tenant{providertest.Start(t, providertest.Provider{Format: wps365.Format(), Reader: wps365.NewReader, Writer: wps365.NewWriter,
		Emulator: func() emu.Vendor { return wps365emu.New(opts) }}, seed)}
	c.KV = providertest.NewKV()
	return c
}

// asUser are the keys with a refresh token.
func asUser(token string) map[string]spec.Secret {
	secrets := providertest.Secrets("appId", "appKey")
	secrets["refreshToken"] = spec.NewSecret(token)
	return secrets
}

// may is a connection that lists the words as experimental.
func may(words ...string) func(*spec.Connection) {
	return func(c *spec.Connection) { c.Experimental = words }
}

func (c *tenant) open(t testing.TB, words ...string) provider.Target {
	t.Helper()
	return c.Open(t, may(words...))
}

// writes are the paths of the calls that change mail groups.
func (c *tenant) writes() (paths []string) {
	for _, call := range c.Calls() {
		if rest, ok := strings.CutPrefix(call.Path, "/v7/mail_groups"); ok && call.Method != http.MethodGet {
			paths = append(paths, rest)
		}
	}
	return paths
}

const token, groups, byEmails = "/oauth2/token", "/v7/mail_groups", "/v7/users/by_emails"

func ref(name string) spec.Ref {
	return spec.Ref{Connection: conn, Kind: kindMailGroup, Name: name + "@x.example"}
}

func subject(kind spec.SubjectKind, name string) spec.Subject {
	return spec.Subject{Kind: kind, Name: name}
}

func user(name string) spec.Subject { return subject(spec.SubjectUser, name+"@x.example") }

// desired is a state with one mail group that has these members.
func desired(name string, r spec.Resource, members ...spec.Subject) spec.State {
	s := spec.NewState()
	s.Departed = map[spec.Subject]spec.Origin{}
	if r.Ownership == "" {
		r.Ownership = spec.Owned
	}
	s.Resources[ref(name)] = r
	return with(s, name, spec.RoleMember, members...)
}

func with(s spec.State, name string, role spec.Role, subjects ...spec.Subject) spec.State {
	for _, subject := range subjects {
		s.Grants.Add(spec.Grant{Resource: ref(name), Subject: subject, Role: role}, spec.Origin{})
	}
	return s
}

const seed = `wps365:
  domains: [x.example]
  departments: [{path: Design, address: design@x.example}]
  users: [{name: Ann, email: Ann@x.example}, {name: Bo, email: bo@x.example}, {name: Cy, email: cy@x.example}, {name: Hid, email: hid@x.example, hidden: true}]
  publicMailboxes: [{address: desk@x.example, name: Desk, owner: ann@x.example}]
  mailGroups:
    - {address: Eng@x.example, name: Engineers, owner: ann@x.example, senders: company, members: [Ann@x.example, bo@x.example]}
    - {address: news@x.example, name: News, owner: bo@x.example, senders: custom, allowedSenders: [cy@x.example], members: [design@x.example]}
`

// eng is how the seed's first mail group is.
var eng = spec.Resource{Settings: spec.Settings{}.With("name", "Engineers").With("owner", "ann@x.example").With("senders", "company")}

func (c *tenant) plan(t testing.TB, w provider.Source, want spec.State) *diff.Plan {
	t.Helper()
	return providertest.Plan(t, c.Job(w, want))
}

// apply plans and applies.
func (c *tenant) apply(t testing.TB, w provider.Source, want spec.State) (*diff.Plan, *diff.Result) {
	t.Helper()
	plan := c.plan(t, w, want)
	return plan, providertest.Apply(t, plan, c.Job(w, want))
}

// said are the changes of a plan, in short.
func said(p *diff.Plan) (lines []string) {
	for _, c := range p.Connections[0].Changes {
		line := strings.TrimSpace(fmt.Sprintf("%s %s %s %s%s %s", c.Op, strings.TrimSuffix(c.Resource, "@x.example"), c.Role, c.Field, c.Subject, c.To))
		if c.Problem != "" {
			line += " blocked"
		}
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}

// contains says whether each text is in one of the lines.
func contains(t testing.TB, lines []string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, text) }) {
			t.Errorf("no line has %q in\n%s", text, strings.Join(lines, "\n"))
		}
	}
}
