package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"time"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// files is a desired state that tests draw, edit and write down. What it means is worked out here in a few lines that share
// nothing with the loader and the differ.
type files struct {
	left      map[string]bool // people who left
	resources []listed
	protected []string
	limit     int // max-revokes; below 0: off
}

// listed is a resource as the files list it.
type listed struct {
	kind, name string
	ownership  string
	absent     bool
	mode       string // audience of an app, senders of a mail group, type of an account; "": not managed
	entries    []given
	senders    []given // who may write, where the mode is custom
}

// given is one line of grants.
type given struct {
	who             string
	starts, expires time.Time // zero: no such bound
}

// start is the moment at which the clock of a trial begins.
var start = time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)

var (
	people   = []string{"ann", "ben", "cem", "dee", "eve"}
	capable  = []string{"app-group/CAD", "app-group/Office", "app-group/New", "app/AutoCAD", "app/Excel", "mail-group/all@corp.example", "mail-group/new@corp.example", "account/billing", "account/audit"}
	audience = []string{"", "assigned", "assigned", "everyone"}
	modes    = []string{"", "all", "company", "member", "custom", "custom"}
	types    = []string{"", "cloud", "resource"}
)

// width orders the settings that say who may do something, from the narrowest.
var width = map[string]int{"assigned": 1, "everyone": 2, "custom": 1, "member": 1, "company": 2, "all": 3}

// lets is the role that lets somebody in by a setting; no role does where it is for all of some place.
var lets = map[string]string{"assigned": "access", "custom": "sender", "member": "member"}

// narrows says whether a setting lets in fewer, or others, than before.
func narrows(was, now string) bool {
	return width[now] < width[was] || width[was] == 1 && width[now] == 1 && was != now
}

func address(who string) string { return who + "@corp.example" }

// drawFiles draws files about some of the resources that a tenant can have.
func drawFiles(t *rapid.T, label string) files {
	f := files{left: map[string]bool{}, limit: rapid.SampledFrom([]int{-1, -1, -1, 0, 1, 3}).Draw(t, label+" max-revokes")}
	for _, who := range people {
		f.left[who] = rapid.IntRange(0, 9).Draw(t, label+" left "+who) == 0
	}
	if rapid.IntRange(0, 2).Draw(t, label+" protects") == 0 {
		f.protected = []string{rapid.SampledFrom(people).Draw(t, label+" protected")}
	}
	for _, ref := range capable {
		if rapid.IntRange(0, 4).Draw(t, label+" lists "+ref) > 0 {
			f.resources = append(f.resources, drawListed(t, f, label, ref))
		}
	}
	return f
}

func drawListed(t *rapid.T, f files, label, ref string) listed {
	kind, name, _ := strings.Cut(ref, "/")
	label += " " + ref
	r := listed{kind: kind, name: name}
	if kind != "account" {
		r.ownership = rapid.SampledFrom([]string{"owned", "owned", "owned", "add-only", "ignored"}).Draw(t, label+" ownership")
		r.absent = kind != "app" && rapid.IntRange(0, 7).Draw(t, label+" absent") == 0
	}
	switch kind {
	case "app":
		r.mode = rapid.SampledFrom(audience).Draw(t, label+" audience")
	case "mail-group":
		r.mode = rapid.SampledFrom(modes).Draw(t, label+" senders")
	case "account":
		r.mode = rapid.SampledFrom(types).Draw(t, label+" type")
		return r
	}
	if r.absent || r.mode == "everyone" {
		r.mode = map[bool]string{true: "", false: r.mode}[r.absent]
		return r
	}
	r.entries = drawEntries(t, f, label)
	if r.mode == "" && kind == "app" && len(r.entries) == 0 {
		r.mode = "assigned" // the loader asks for one or the other
	}
	if r.mode == "custom" {
		r.senders = drawEntries(t, f, label+" senders")
	}
	return r
}

func drawEntries(t *rapid.T, f files, label string) []given {
	var entries []given
	for _, who := range people {
		if f.left[who] || rapid.Bool().Draw(t, label+" without "+who) {
			continue
		}
		g := given{who: who}
		switch rapid.IntRange(0, 9).Draw(t, label+" time of "+who) {
		case 0:
			g.expires = start.Add(-time.Hour)
		case 1:
			g.expires = start.Add(time.Hour)
		case 2:
			g.starts = start.Add(time.Hour)
		}
		entries = append(entries, g)
	}
	return entries
}

// yaml is the files as one file.
func (f files) yaml() string {
	var b strings.Builder
	b.WriteString(`version: 1
connections:
  workspace:
    provider: huaweicloud
    region: ap-southeast-3
    project: 0123456789abcdef0123456789abcdef
    auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}
    endpoint: http://127.0.0.1:1
    rate: {read: 60000/min, write: 60000/min}
  mail:
    provider: wps365
    auth: {appId: env:WPS_APP_ID, appKey: env:WPS_APP_KEY}
    endpoint: http://127.0.0.1:1
    rate: {read: 60000/min, write: 60000/min}
    experimental: [members, senders, update, delete]
  directory:
    provider: alibabacloud
    auth: {accessKeyId: env:ALIBABA_CLOUD_ACCESS_KEY_ID, accessKeySecret: env:ALIBABA_CLOUD_ACCESS_KEY_SECRET}
    endpoint: http://127.0.0.1:1
    rate: {read: 60000/min, write: 60000/min}
users:
  - {name: owner, email: owner@corp.example}
`)
	for _, who := range people {
		state := ""
		if f.left[who] {
			state = ", state: left"
		}
		fmt.Fprintf(&b, "  - {name: %s, email: %s%s}\n", who, address(who), state)
	}
	for _, section := range []struct{ key, kind string }{{"appGroups", "app-group"}, {"apps", "app"}, {"mailGroups", "mail-group"}, {"accounts", "account"}} {
		var items []string
		for _, r := range f.resources {
			if r.kind == section.kind {
				items = append(items, "  - "+r.yaml())
			}
		}
		if len(items) > 0 {
			fmt.Fprintf(&b, "%s:\n%s\n", section.key, strings.Join(items, "\n"))
		}
	}
	limit := fmt.Sprint(f.limit)
	if f.limit < 0 {
		limit = "off"
	}
	fmt.Fprintf(&b, "rules:\n  max-revokes: %s\n  max-revoke-share: off\n  max-revoke-share-resource: off\n", limit)
	if len(f.protected) > 0 {
		fmt.Fprintf(&b, "  protected: [user:%s]\n", strings.Join(f.protected, ", user:"))
	}
	return b.String()
}

func (r listed) yaml() string {
	keys := []string{"in: workspace", "name: " + r.name}
	switch r.kind {
	case "mail-group":
		keys = []string{"in: mail", "address: " + r.name, "owner: owner"}
	case "account":
		keys = []string{"in: directory", "name: " + r.name, "email: " + address(r.name)}
	}
	set := func(key, value string) {
		if value != "" {
			keys = append(keys, key+": "+value)
		}
	}
	set("ownership", r.ownership)
	if r.absent {
		set("state", "absent")
	}
	set(map[string]string{"app": "audience", "mail-group": "senders", "account": "type", "app-group": ""}[r.kind], r.mode)
	if r.kind == "mail-group" {
		set("members", entriesYAML(r.entries))
		set("allowedSenders", entriesYAML(r.senders))
	} else {
		set("grants", entriesYAML(r.entries))
	}
	return "{" + strings.Join(keys, ", ") + "}"
}

func entriesYAML(entries []given) string {
	var items []string
	for _, e := range entries {
		item := "{to: [" + e.who + "]"
		if !e.starts.IsZero() {
			item += ", starts: " + e.starts.Format(time.RFC3339)
		}
		if !e.expires.IsZero() {
			item += ", expires: " + e.expires.Format(time.RFC3339)
		}
		items = append(items, item+"}")
	}
	if len(items) == 0 {
		return ""
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// find is the resource as the files list it, if they do.
func (f files) find(ref string) (listed, bool) {
	i := slices.IndexFunc(f.resources, func(r listed) bool { return r.kind+"/"+r.name == ref })
	if i < 0 {
		return listed{}, false
	}
	return f.resources[i], true
}

// lines are those for a role.
func (r listed) lines(role string) []given {
	if role == "sender" {
		return r.senders
	}
	return r.entries
}

// gives says whether a line for the person holds at a moment.
func (r listed) gives(role, who string, now time.Time) bool {
	return slices.ContainsFunc(r.lines(role), func(e given) bool {
		return e.who == who && !now.Before(e.starts) && (e.expires.IsZero() || now.Before(e.expires))
	})
}

// ended says whether a line for the person has run out, and none holds.
func (r listed) ended(role, who string, now time.Time) bool {
	return !r.gives(role, who, now) && slices.ContainsFunc(r.lines(role), func(e given) bool {
		return e.who == who && !e.expires.IsZero() && !now.Before(e.expires)
	})
}

// holding is who holds what, as the emulated vendors know it.
type holding struct{ ref, role, who string }

// tenant is what the vendors really hold: the emulator's own state.
type tenant struct {
	exists map[string]bool
	mode   map[string]string // audience, senders, or type with status
	holds  map[holding]bool
}

type seedText struct {
	Huawei struct {
		AppGroups []struct {
			Name   string   `yaml:"name"`
			Grants []string `yaml:"grants"`
		} `yaml:"appGroups"`
		Apps []struct {
			Name     string   `yaml:"name"`
			Audience string   `yaml:"audience"`
			Grants   []string `yaml:"grants"`
		} `yaml:"apps"`
	} `yaml:"huaweicloud"`
	WPS struct {
		MailGroups []struct {
			Address string   `yaml:"address"`
			Senders string   `yaml:"senders"`
			Allowed []string `yaml:"allowedSenders"`
			Members []string `yaml:"members"`
		} `yaml:"mailGroups"`
	} `yaml:"wps365"`
	Alibaba struct {
		Accounts []struct {
			Name   string `yaml:"name"`
			Type   string `yaml:"type"`
			Status string `yaml:"status"`
		} `yaml:"accounts"`
	} `yaml:"alibabacloud"`
}

// look reads the emulator's own state.
func look(t fataler, w *world) tenant {
	t.Helper()
	data, err := w.server.State()
	if err != nil {
		t.Fatal(err)
	}
	var s seedText
	if err := yaml.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	have := tenant{map[string]bool{}, map[string]string{}, map[holding]bool{}}
	add := func(ref, role string, names []string) {
		for _, name := range names {
			who, _, _ := strings.Cut(name, "@")
			have.holds[holding{ref, role, who}] = true
		}
	}
	for _, g := range s.Huawei.AppGroups {
		have.exists["app-group/"+g.Name] = true
		add("app-group/"+g.Name, "access", g.Grants)
	}
	for _, a := range s.Huawei.Apps {
		have.exists["app/"+a.Name], have.mode["app/"+a.Name] = true, a.Audience
		add("app/"+a.Name, "access", a.Grants)
	}
	for _, g := range s.WPS.MailGroups {
		have.exists["mail-group/"+g.Address], have.mode["mail-group/"+g.Address] = true, g.Senders
		add("mail-group/"+g.Address, "member", g.Members)
		add("mail-group/"+g.Address, "sender", g.Allowed)
	}
	for _, a := range s.Alibaba.Accounts {
		have.exists["account/"+a.Name], have.mode["account/"+a.Name] = true, a.Type+" "+a.Status
	}
	return have
}

// minus is what the tenant holds and the other does not, sorted.
func (n tenant) minus(other tenant) []holding {
	var rest []holding
	for h := range n.holds {
		if !other.holds[h] {
			rest = append(rest, h)
		}
	}
	slices.SortFunc(rest, func(a, b holding) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return rest
}

// refs are all resources of the two, sorted.
func refs(a, b tenant) []string {
	all := maps.Clone(a.exists)
	maps.Copy(all, b.exists)
	return slices.Sorted(maps.Keys(all))
}

// connection is where a resource is.
func connection(ref string) string {
	switch kind, _, _ := strings.Cut(ref, "/"); kind {
	case "mail-group":
		return "mail"
	case "account":
		return "directory"
	}
	return "workspace"
}

// fataler is the part of a test that helpers need.
type fataler interface {
	Helper()
	Fatal(args ...any)
}
