package wps365_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365/wps365emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

const conn = "mail"

// tenant is an emulated one, and what was sent to it.
type tenant struct {
	*emu.Server
	bodies map[string][]string // path to the request bodies
	kv     kv
	events []httpx.Event
	// answered is called when an answer has come.
	answered func(path string)
}

func newTenant(t testing.TB, opts wps365emu.Options, seed string) *tenant {
	t.Helper()
	c := &tenant{Server: emu.New(emu.Options{}, wps365emu.New(opts)), bodies: map[string][]string{}, kv: kv{values: map[string]string{}}}
	if err := c.LoadSeed([]byte(seed)); err != nil {
		t.Fatal(err)
	}
	return c
}

// RoundTrip notes the body and passes the request on.
func (c *tenant) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if r.Method != http.MethodGet {
		c.bodies[r.URL.Path] = append(c.bodies[r.URL.Path], string(body))
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := c.Transport().RoundTrip(r)
	if c.answered != nil {
		c.answered(r.URL.Path)
	}
	return resp, err
}

// kv outlives a client; it may be full.
type kv struct {
	store.KV // for PutAll, which nobody asks for
	values   map[string]string
	full     bool
	kept     []string
}

func (m *kv) Get(key string) (string, bool) { v, ok := m.values[key]; return v, ok }

func (m *kv) Put(key, value string) error {
	if m.full {
		return errors.New("disk full")
	}
	m.values[key] = value
	m.kept = append(m.kept, key+"="+value)
	return nil
}

var keys = map[string]spec.Secret{"appId": spec.NewSecret(wps365emu.AppID), "appKey": spec.NewSecret(wps365emu.AppKey)}

// asUser are the keys with a refresh token.
func asUser(token string) map[string]spec.Secret {
	return map[string]spec.Secret{"appId": keys["appId"], "appKey": keys["appKey"], "refreshToken": spec.NewSecret(token)}
}

func connection(words ...string) spec.Connection {
	return spec.Connection{Name: conn, Provider: "wps365", Settings: map[string]string{}, Experimental: words,
		Endpoints: map[string]string{"": "http://127.0.0.1:1"}}
}

func (c *tenant) open(t testing.TB, words ...string) provider.Target {
	t.Helper()
	return c.openAs(t, connection(words...), keys)
}

func (c *tenant) openAs(t testing.TB, to spec.Connection, secrets map[string]spec.Secret) provider.Target {
	t.Helper()
	w, err := wps365.NewWriter(to, secrets, httpx.Env{Transport: c, KV: &c.kv, Observe: func(e httpx.Event) { c.events = append(c.events, e) }})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// count is how many calls there were.
func (c *tenant) count(method, path string) (n int) {
	for _, call := range c.Calls() {
		if call.Method == method && call.Path == path {
			n++
		}
	}
	return n
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

func (c *tenant) fault(t testing.TB, faults ...emu.Fault) {
	t.Helper()
	if err := c.SetFaults(faults); err != nil {
		t.Fatal(err)
	}
}

func (c *tenant) state(t testing.TB) string {
	t.Helper()
	data, err := c.State()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const token, groups, byEmails = "/oauth2/token", "/v7/mail_groups", "/v7/users/by_emails"

func ref(name string) spec.Ref {
	return spec.Ref{Connection: conn, Kind: spec.KindMailGroup, Name: name + "@x.example"}
}

func subject(kind spec.SubjectKind, name string) spec.Subject {
	return spec.Subject{Kind: kind, Name: name}
}

func user(name string) spec.Subject { return subject(spec.SubjectUser, name+"@x.example") }

// desired is a state with one mail group that has these members.
func desired(name string, r spec.Resource, members ...spec.Subject) spec.State {
	s := spec.NewState()
	s.Left = map[spec.Subject]spec.Claim{}
	if r.Ownership == "" {
		r.Ownership = spec.Owned
	}
	s.Resources[ref(name)] = r
	return with(s, name, spec.RoleMember, members...)
}

func with(s spec.State, name string, role spec.Role, subjects ...spec.Subject) spec.State {
	for _, subject := range subjects {
		s.Grants[spec.Grant{Resource: ref(name), Subject: subject, Role: role}] = spec.Claim{}
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
var eng = spec.Resource{Title: "Engineers", Owner: "ann@x.example", Senders: spec.SendersCompany}

func job(w provider.Source, want spec.State) []apply.Job {
	return []apply.Job{{Connection: connection(), Desired: want, Source: w}}
}

func planned(t testing.TB, w provider.Source, want spec.State) *diff.Plan {
	t.Helper()
	plan, err := apply.Plan(t.Context(), job(w, want), apply.Head{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// applied plans and applies.
func applied(t testing.TB, w provider.Source, want spec.State) (*diff.Plan, *diff.Result) {
	t.Helper()
	plan := planned(t, w, want)
	result, err := apply.Run(t.Context(), plan, job(w, want), apply.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return plan, result
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
