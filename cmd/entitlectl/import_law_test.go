package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// oddNames are what vendors call things that YAML, editors or people may take for something else, and what no file can name.
var oddNames = []string{"alice", "Alice", "bob", "bob.lee", "yes", "null", "NO", "on", "~", "y", "12", "012", "1e3", "0x1f", "1_000", "2026-01-01",
	"12:30", "a: b", "a:b", "a #b", "#a", "- x", "[x]", "{y}", "'q'", `"dq"`, `back\slash`, "a, b", "zwj\u200dx", "nb\u00a0sp", "\u200b", " lead",
	"trail ", "张伟", "e\u0301", "\u00e9", "emoji😀", "tag\U000e0041", "tab\tin", "rtl\u202eabc", "line\u2028sep", strings.Repeat("n", 64),
	"team:x", "x:group:y", "user@corp", "a@b@c", "%x", "&a", "*a", "!t", "|", ">", "?x", "x:", ":x", "+1", "-1", ".5", "<<", "=", "True", "\u3164x", "“curly”", "private\ue000"}

// oddGroups are odd names that the vendor takes for app groups.
var oddGroups = []string{"CAD", "cad", "yes", "null", "NO", "on", "y", "12", "012", "1e3", "0x1f", "1_000", "2026-01-01", "张伟", "-1", "-", "_x", strings.Repeat("n", 64)}

// oddWorld is a world of all vendors, as a seed, in which everything may be odd.
type oddWorld struct{ *rapid.T }

func (w *oddWorld) some(label string, from []string, least, most int) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), least, min(most, len(from)), rapid.ID).Draw(w.T, label)
}

func (w *oddWorld) pick(label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(w.T, label)
}

func (w *oddWorld) maybe(label string) bool { return rapid.Bool().Draw(w.T, label) }

// keyed adds a key, unless the value is blank.
func keyed(m map[string]any, key, value string) map[string]any {
	if value != "" {
		m[key] = value
	}
	return m
}

var (
	staff   = []string{"ann", "ben", "cem", "dee"}
	domains = []string{"", "corp.local"}
	hosts   = []string{"corp.example", "other.example"}
)

// workspace is a project of the first vendor: people of two domains, homonyms, apps for everyone, failed mails.
func (w *oddWorld) workspace(label string) map[string]any {
	var users, groups, appGroups, apps []any
	var refs []map[string]any
	for _, domain := range domains {
		for _, name := range append(w.some(label+" people of "+domain, oddNames, 0, 5), staff...) {
			user := keyed(map[string]any{"name": name}, "domain", domain)
			if !strings.ContainsFunc(name, func(r rune) bool { return r < 'a' || r > 'z' }) && w.maybe(label+" email") {
				user["email"] = name + "@" + w.pick(label+" host", hosts...)
			} else if w.maybe(label + " shared address") {
				user["email"] = "shared@corp.example"
			}
			if w.maybe(label + " disabled") {
				user["disabled"] = true
			}
			users = append(users, user)
			refs = append(refs, keyed(map[string]any{"to": name}, "domain", domain))
		}
		for _, name := range w.some(label+" user groups of "+domain, oddNames, 0, 3) {
			groups = append(groups, keyed(map[string]any{"name": name}, "domain", domain))
			refs = append(refs, keyed(map[string]any{"to": "group:" + name}, "domain", domain))
		}
	}
	holders := func(label string) []map[string]any {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(refs), 1, 5, func(r map[string]any) string { return fmt.Sprint(r) }).Draw(w.T, label)
	}
	for _, name := range w.some(label+" app groups", oddGroups, 1, 5) {
		g := map[string]any{"name": name, "type": w.pick(label+" type", "COMMON_APP", "SESSION_DESKTOP_APP"), "grants": holders(label + " grants")}
		keyed(g, "description", w.pick(label+" description", append(oddNames, "", "")...))
		keyed(g, "serverGroup", w.pick(label+" server group", "", "6a1e…", "no", "17"))
		if w.maybe(label + " failed mail") {
			for _, r := range g["grants"].([]map[string]any) {
				g["mails"] = []any{map[string]any{"to": r, "error": "no such mailbox", "sent": importStart.Add(-72 * time.Hour)}}
			}
		}
		appGroups = append(appGroups, g)
	}
	for _, name := range w.some(label+" apps", oddNames, 0, 4) {
		apps = append(apps, map[string]any{"name": name, "audience": w.pick(label+" audience", "assigned", "everyone"), "grants": holders(label + " assigned")})
	}
	return map[string]any{"users": users, "userGroups": groups, "appGroups": appGroups, "apps": apps}
}

// mail is a company: people of two hosts, of each status, departments, mailboxes, custom senders.
func (w *oddWorld) mail() map[string]any {
	var users, groups []any
	var addresses []string
	for _, host := range hosts {
		for _, name := range append([]string{"bob.lee", "yes", "12", "o'neil", "a+b"}, staff...) {
			address := name + "@" + host
			users = append(users, map[string]any{"name": name, "email": address, "status": w.pick("status", "active", "disabled", "notactive")})
			addresses = append(addresses, address)
		}
	}
	addresses = append(addresses, "desk@corp.example", "design@corp.example")
	for _, local := range w.some("mail groups", []string{"all", "no", "17", "null", "o'neil+x", "cad"}, 0, 5) {
		g := map[string]any{"address": local + "@" + w.pick("host of "+local, hosts...), "owner": w.pick("owner", addresses[:6]...),
			"name": w.pick("name of "+local, oddNames...), "members": w.some("members", addresses, 0, 6), "senders": w.pick("senders", "all", "company", "member", "custom")}
		if g["senders"] == "custom" {
			g["allowedSenders"] = w.some("allowed senders", addresses, 0, 4)
		}
		groups = append(groups, g)
	}
	return map[string]any{"users": users, "mailGroups": groups, "departments": []any{map[string]any{"path": "Design", "address": "design@corp.example"}},
		"publicMailboxes": []any{map[string]any{"address": "desk@corp.example", "name": "Desk", "owner": addresses[0]}}}
}

// directory has accounts in each status.
func (w *oddWorld) accounts() map[string]any {
	var accounts []any
	for i, status := range []string{"CreateSuccess", "CreateVerifying", "CreateFailed", "CreateExpired", "CreateCancelled", "PromoteVerifying", "PromoteFailed",
		"PromoteExpired", "PromoteCancelled", "PromoteSuccess", "InviteSuccess", "Removed"} {
		for _, name := range w.some("accounts "+status, []string{"yes", "12", "null", "a b", "1e3", "billing", "on", "2026-01-01"}, 0, 2) {
			a := map[string]any{"name": name + strings.Repeat("-", i), "status": status, "type": w.pick("type of "+status, "resource", "cloud")}
			if status == "PromoteSuccess" || status == "InviteSuccess" {
				a["type"] = "cloud"
			}
			if a["type"] == "cloud" || strings.HasPrefix(status, "Promote") {
				a["email"] = fmt.Sprintf("owner%d@corp.example", len(accounts))
			}
			if strings.HasPrefix(status, "Promote") && status != "PromoteSuccess" {
				a["type"] = "resource"
			}
			accounts = append(accounts, a)
		}
	}
	return map[string]any{"accounts": accounts}
}

var importStart = time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)

const importFile = `version: 1
connections:
  directory: {provider: alibabacloud, auth: {accessKeyId: env:ALIBABA_CLOUD_ACCESS_KEY_ID, accessKeySecret: env:ALIBABA_CLOUD_ACCESS_KEY_SECRET}}
  first: {provider: huaweicloud, region: ap-southeast-3, project: 0123456789abcdef0123456789abcdef, auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}}
  second: {provider: huaweicloud, region: ap-southeast-3, project: second, domain: corp.local, auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}}
  mail: {provider: wps365, auth: {appId: env:WPS_APP_ID, appKey: env:WPS_APP_KEY}, experimental: [EXPERIMENTAL]}
`

// Importing what is there gives files that plan to nothing (law 10), whatever is there and whatever it is called.
func TestImportPlansToNothing(t *testing.T) {
	var tried, grants, resources, left int
	most := 25
	switch {
	case testing.Short():
		most = 12
	case os.Getenv("ENTITLECTL_TEST_LONG") != "":
		most = 100
	}
	rapid.Check(t, func(rt *rapid.T) {
		if tried++; tried > most {
			return
		}
		inBubble(t, func() {
			part := importAndPlan(rt)
			grants, resources, left = grants+part.LiveGrants, resources+part.Resources, left+part.Unmanaged
		})
	})
	t.Logf("%d grants on %d resources, %d others", grants, resources, left)
	if grants < 2*most || resources < 2*most {
		t.Errorf("too little was tried: %d grants on %d resources", grants, resources)
	}
}

func importAndPlan(t *rapid.T) (sum diff.ConnectionPlan) {
	draw := &oddWorld{T: t}
	second := draw.workspace("second")
	second["project"] = "second"
	seed, err := yaml.Marshal(map[string]any{"huaweicloud": []any{draw.workspace("first"), second}, "wps365": draw.mail(), "alibabacloud": draw.accounts()})
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "import-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	w := &world{server: newEmulator(emu.Options{}, true), file: filepath.Join(folder, "connections.yaml")}
	w.transport = w.server.Transport()
	w.server.Advance(importStart.Sub(w.server.Now()))
	if err := w.server.LoadSeed(seed); err != nil {
		t.Fatalf("%v\n%s", err, seed)
	}
	connections := strings.Replace(importFile, "EXPERIMENTAL", draw.pick("experimental", "members, senders, update", "members, senders", "members", "update", ""), 1)
	if err := os.WriteFile(w.file, []byte(connections), 0o600); err != nil {
		t.Fatal(err)
	}
	state := []string{"--state-dir", filepath.Join(folder, "state")}
	ownership := draw.pick("ownership", "add-only", "owned", "ignored")
	into, out := filepath.Join(folder, "files"), filepath.Join(folder, "out.yaml")
	args := []string{"import", "-f", w.file, "--ownership", ownership}
	if draw.maybe("teams") {
		args = append(args, "--teams")
	}
	if draw.maybe("a folder") {
		args, out = append(args, "--into", into, "--split", draw.pick("split", "kind", "connection")), into
	} else {
		args = append(args, "--out", out)
	}
	if code, said := importRun(w, append(args, state...)...); code != exitDone {
		t.Fatalf("import ended with %d\n%s\n%s", code, said, seed)
	}
	if code, said := importRun(w, "validate", "-f", out); code != exitDone || strings.Contains(said, "warning") {
		t.Fatalf("validate ended with %d\n%s\n%s", code, said, written(out))
	}
	code, said := importRun(w, append(slices.Clone(state), "plan", "-f", out, "--detailed-exitcode", "-o", "json")...)
	var plan diff.Plan
	if err := json.Unmarshal([]byte(said[max(strings.Index(said, "{"), 0):]), &plan); code != exitDone || err != nil || !plan.Empty() {
		t.Fatalf("the plan ended with %d (%v)\n%s\n%s\n%s", code, err, said, written(out), seed)
	}
	if !strings.Contains(strings.Join(args, " "), "--into") {
		adopt(t, draw, w, out, append(state, "--ownership", ownership))
	}
	for _, part := range plan.Connections {
		if lost := part.LiveGrants - part.Matching; lost > 0 && ownership != "ignored" && !strings.Contains(written(out), "left out") && !strings.Contains(written(out), "only watched") {
			t.Fatalf("%d grants of %s are not in the files\n%s\n%s", lost, part.Name, written(out), seed)
		}
		sum.LiveGrants, sum.Resources, sum.Unmanaged = sum.LiveGrants+part.Matching, sum.Resources+part.Resources, sum.Unmanaged+part.Unmanaged
	}
	return sum
}

// importRun runs a command line at the moment of the world.
func importRun(w *world, args ...string) (code int, said string) {
	var out bytes.Buffer
	e := w.env(&out)
	e.stderr, e.now = &out, func() time.Time { return importStart }
	code = run(context.Background(), e, args)
	return code, out.String()
}

// written is what a file or all files of a folder hold.
func written(path string) string {
	text, err := os.ReadFile(path)
	if err == nil {
		return string(text)
	}
	var all strings.Builder
	files, _ := filepath.Glob(filepath.Join(path, "*.yaml"))
	for _, f := range files {
		text, _ := os.ReadFile(f)
		all.WriteString("--- " + filepath.Base(f) + "\n" + string(text))
	}
	return all.String()
}

// adopt takes some resources out of a file that import wrote and has them adopted: all that stayed is there as it was, in its order,
// and a plan of it is empty.
func adopt(t *rapid.T, draw *oddWorld, w *world, file string, flags []string) {
	less := draw.without(written(file))
	if err := os.WriteFile(file, []byte(less), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, said := importRun(w, append([]string{"import", "--adopt", "-f", file}, flags...)...); code != exitDone {
		t.Fatalf("adopting ended with %d\n%s\n%s", code, said, less)
	}
	more := written(file)
	rest := strings.SplitAfter(more, "\n")
	for line := range strings.Lines(less) {
		i := slices.Index(rest, line)
		if i < 0 {
			t.Fatalf("the line %q is not there any more, or not in its place\n%s\n---\n%s", line, less, more)
		}
		rest = rest[i+1:]
	}
	code, said := importRun(w, append([]string{"plan", "-f", file, "--detailed-exitcode", "-o", "json"}, flags[:2]...)...)
	var plan diff.Plan
	if err := json.Unmarshal([]byte(said[max(strings.Index(said, "{"), 0):]), &plan); code != exitDone || err != nil || !plan.Empty() {
		t.Fatalf("the plan of what was adopted ended with %d (%v)\n%s\n%s\n%s", code, err, said, less, more)
	}
	for _, part := range plan.Connections {
		for _, ref := range part.UnmanagedResources {
			if kind, name, _ := strings.Cut(ref, "/"); kind == "app-group" && !strings.Contains(more, name) {
				t.Fatalf("%s was not adopted\n%s", ref, more)
			}
		}
	}
	if code, said := importRun(w, append([]string{"import", "--adopt", "-f", file}, flags...)...); code != exitDone || written(file) != more {
		t.Fatalf("adopting again ended with %d, or wrote\n%s\n%s\n---\n%s", code, said, more, written(file))
	}
}

// without takes some of the resources out of a file.
func (w *oddWorld) without(text string) string {
	var kept, block []string
	key, users, items := "", false, 0
	flush := func() {
		if strings.Contains(strings.Join(block, ""), "  - ") && (users || !w.maybe("take out")) {
			if key != "" {
				kept, key = append(kept, key), ""
			}
			kept = append(kept, block...)
		}
		block = nil
	}
	open := false // the block has its item
	for line := range strings.Lines(text) {
		switch {
		case !strings.HasPrefix(line, " "):
			flush()
			if users = true; strings.HasSuffix(line, ":\n") && !strings.HasPrefix(line, "users") && !strings.HasPrefix(line, "connections") && !strings.HasPrefix(line, "#") {
				key, users, items = line, false, 0
			} else {
				kept = append(kept, line)
			}
		case users:
			kept = append(kept, line)
		case strings.HasPrefix(line, "  - ") || strings.HasPrefix(line, "  #"):
			if open || items == 0 {
				flush()
			}
			items++
			open = strings.HasPrefix(line, "  - ")
			block = append(block, line)
		default:
			block = append(block, line)
		}
	}
	flush()
	return strings.Join(kept, "")
}
