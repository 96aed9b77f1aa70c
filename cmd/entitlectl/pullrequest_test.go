package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// branch is what a pull request changes, and what comes of it.
type branch struct {
	files   map[string]string // name to text, over what main has
	links   map[string]string // name to target
	without []string          // files that main has
	args    []string          // none: plan
	env     []string          // beside the credentials of all vendors
	echoes  string            // what the vendor answers with a refusal
	code    int
	want    string // in what is shown, none of it: nothing is asked
	reaches bool   // what no branch may reach is reached: the test would see it
}

// The program as it is built, run on a branch that somebody else wrote, with every credential in reach: nothing is written,
// nothing is sent elsewhere, nothing of the checkout is run, and nothing secret is shown.
func TestPullRequests(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and runs it some forty times")
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	const unchanged = "No changes"
	bare := map[string]string{"x/HEAD": "ref: refs/heads/main\n", "x/objects/o": "", "x/refs/r": "", "x/monitor": plantedProgram,
		"x/config": "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = ./monitor\n", "x/entitlements.yaml": prFiles("", "", "ann, ben")}
	for name, b := range map[string]branch{
		"nothing": {want: unchanged},

		// Where requests go.
		"an endpoint elsewhere":       {files: entitlements("endpoint: https://elsewhere.example"), code: exitError, want: "endpoint is at no host of huaweicloud"},
		"a rented host of the vendor": {files: entitlements("endpoint: https://workspace.obs.cn-north-4.myhuaweicloud.com"), code: exitError, want: "endpoint is at no host"},
		"one of three endpoints":      {files: entitlements("endpoint: {app: EMULATOR, workspace: EMULATOR, iam: https://elsewhere.example}"), code: exitError, want: "endpoint iam is at no host"},
		"a region that is a host":     {files: map[string]string{"entitlements.yaml": strings.Replace(prFiles("region: elsewhere.example/", "", "ann"), "    endpoint: EMULATOR\n", "", 1)}, code: exitError, want: "no app host is known for region"},
		"an endpoint that is allowed": {files: with(entitlements("endpoint: https://elsewhere.example"), "ops.yaml", "version: 1\nallow: {hosts: [elsewhere.example]}\n"), args: []string{"plan", "--operator", "ops.yaml"}, code: exitError, reaches: true},

		// What is read.
		"a variable of the job":             {files: entitlements("auth: {token: env:GH_TOKEN}"), code: exitError, want: "env:GH_TOKEN may not be read"},
		"a variable in small letters":       {files: entitlements("auth: {token: env:gh_token}"), code: exitError, want: "env:gh_token may not be read"},
		"the key of another vendor":         {files: entitlements("auth: {token: env:WPS_APP_KEY}"), code: exitError, want: "env:WPS_APP_KEY may not be read"},
		"git's settings":                    {files: entitlements("auth: {token: file:.git/config}"), code: exitError, want: "is inside of .git"},
		"git's settings, by a way around":   {files: entitlements("auth: {token: file:secrets/../.git/config}"), code: exitError, want: "path outside"},
		"the state":                         {files: entitlements("auth: {token: file:.entitlectl/history.jsonl}"), code: exitError, want: "is in the state folder"},
		"a link to git's settings":          {files: entitlements("auth: {token: file:secrets/l}"), links: map[string]string{"secrets/l": "../.git/config"}, code: exitError, want: "a link leads out of secrets"},
		"a link through links":              {files: entitlements("auth: {token: file:secrets/l}"), links: map[string]string{"secrets/l": "m", "secrets/m": "../n", "n": "/etc/passwd"}, code: exitError, want: "a link leads out of secrets"},
		"a link to the process's variables": {files: entitlements("auth: {token: file:secrets/l}"), links: map[string]string{"secrets/l": "/proc/self/environ"}, code: exitError, want: "a link leads out of secrets"},
		"a link to another's secret":        {files: entitlements("auth: {token: file:secrets/l}"), links: map[string]string{"secrets/l": "other"}, code: exitError, want: "git tracks it"},
		"a secret of its own":               {files: with(entitlements("auth: {token: file:secrets/mine}"), "secrets/mine", "x"), code: exitError, want: "git tracks it"},
		"variables as its file":             {without: []string{"entitlements.yaml"}, links: map[string]string{"entitlements.yaml": "/proc/self/environ"}, code: exitError, want: "out of its folder"},
		"a secret as its file":              {without: []string{"entitlements.yaml"}, links: map[string]string{"entitlements.yaml": "secrets/pair"}, code: exitError, want: "link leads to where secrets are"},
		"a secret as its rules":             {links: map[string]string{"entitlectl.rules.yaml": "secrets/pair"}, without: []string{"entitlectl.rules.yaml"}, code: exitError, want: "link leads to where secrets are"},
		"a folder of secrets as its folder": {without: []string{"entitlements.yaml"}, links: map[string]string{"entitlements": "secrets"}, code: exitError, want: "link leads to where secrets are"},
		"a folder elsewhere as its folder":  {without: []string{"entitlements.yaml"}, links: map[string]string{"entitlements": "../outside"}, code: exitError, want: "entitlements is a link that leads nowhere or out of its folder"},
		"git's settings as its file":        {without: []string{"entitlements.yaml"}, links: map[string]string{"entitlements.yaml": ".git/description"}, code: exitError, want: "link leads to where secrets are"},
		"the state as its file":             {without: []string{"entitlements.yaml"}, links: map[string]string{"entitlements.yaml": ".entitlectl/history.jsonl"}, code: exitError, want: "link leads to where secrets are"},
		"an operator's file that is gone":   {env: []string{operatorVariable + "=gone.yaml"}, code: exitError, want: "gone.yaml: no such file"},
		"an operator's file of its own":     {files: map[string]string{"operator.yaml": "version: 1\nallow: {env: [GH_TOKEN]}\n"}, env: []string{operatorVariable + "=git:refs/heads/main:operator.yaml"}, code: exitError, want: "the commit has no such file"},
		"a state of its own":                {files: map[string]string{".entitlectl/history.jsonl": "{}\n"}, code: exitError, want: "git tracks it"},
		"a state of its own, elsewhere":     {files: map[string]string{"st/history.jsonl": "{}\n"}, links: map[string]string{"away": "st"}, args: []string{"apply", "--yes", "--state-dir", "away/x"}, code: exitError, want: "git tracks it"},

		// Rules.
		"a folder that takes the place of its file": {files: map[string]string{"entitlements.yaml/a.yaml": prFiles("", "", "ben")}, without: []string{"entitlements.yaml"}, code: exitRefused, want: "rule protected on app-group/CAD ann@local.com"},
		"a folder beside its file":                  {files: map[string]string{"entitlements/a.yaml": prFiles("", "", "ben")}, code: exitError, want: "entitlements and entitlements.yaml are here"},
		"a folder that is a submodule":              {files: map[string]string{"entitlements/a.yaml": prFiles("", "", "ben"), "entitlements/.git": "gitdir: ../.git/modules/x\n"}, without: []string{"entitlements.yaml"}, code: exitRefused, want: "rule protected on app-group/CAD ann@local.com"},
		"rules that are off":                        {files: map[string]string{"entitlements.yaml": prFiles("", "rules: {max-revokes: off}\n", "ben")}, code: exitError, want: "rule max-revokes can't be switched off here"},
		"rules that protect nobody":                 {files: map[string]string{"entitlements.yaml": prFiles("", "rules: {protected: []}\n", "ben")}, args: []string{"apply", "--yes"}, code: exitRefused, want: "rule protected"},
		"rules of another name":                     {files: map[string]string{"entitlectl.rules.yml": "version: 1\nrules: {max-revokes: off}\n"}, code: exitError, want: "looks like rules"},
		"a protected person under another account":  {files: map[string]string{"entitlements.yaml": strings.Replace(prFiles("", "", "ben"), "{name: ann}", "{name: ann, account: zoe, domain: other.example}", 1)}, args: []string{"apply", "--yes"}, code: exitRefused, want: "rule protected on app-group/CAD ann@local.com"},
		"a protected person as somebody else":       {files: map[string]string{"entitlements.yaml": strings.Replace(prFiles("", "", "ben"), "{name: ann}", "{name: zoe, account: ann, state: left}", 1)}, args: []string{"apply", "--yes"}, code: exitRefused, want: "rule protected on app-group/CAD ann@local.com"},
		"a protected person who left":               {files: map[string]string{"entitlements.yaml": strings.Replace(prFiles("", "", "ben"), "{name: ann}", "{name: ann, state: left}", 1)}, args: []string{"apply", "--yes"}, code: exitRefused, want: "rule protected on app-group/CAD ann@local.com"},
		"a resource that goes":                      {files: map[string]string{"entitlements.yaml": strings.Replace(prFiles("", "", ""), "grants: [{to: []}]", "state: absent", 1)}, args: []string{"apply", "--yes"}, code: exitRefused, want: "rule protected on app-group/CAD ann@local.com"},

		// Time, memory, mails and programs.
		"a slow rate":                      {files: entitlements("endpoint: https://workspace.ap-southeast-3.myhuaweicloud.com\nrate: {read: 1/h}"), code: exitError, want: "is slower than 10/min"},
		"a fast rate":                      {files: entitlements("endpoint: https://workspace.ap-southeast-3.myhuaweicloud.com\nrate: {write: 999999/s}"), code: exitError, want: "is above what the vendor publishes"},
		"mails without end":                {files: entitlements("notices: {resendAfter: 1ns, maxAttempts: 999999999}"), code: exitError, want: "is more than 10"},
		"more grants than memory has room": {files: map[string]string{"entitlements.yaml": crowd(2000, 5000)}, args: []string{"validate"}, code: exitError, want: "more than 2000000 grants once teams are expanded"},
		"files that never end":             {without: []string{"entitlements.yaml"}, links: map[string]string{"entitlements.yaml": "/dev/zero"}, code: exitError, want: "out of its folder"},
		"a bare repository":                {files: bare, args: []string{"apply", "--yes", "-f", "x"}, want: unchanged},
		"a filter of git":                  {files: map[string]string{".gitattributes": "* filter=planted diff=planted\n", "people.yaml": "version: 1\n"}, args: []string{"apply", "--yes"}, want: unchanged},
		"a name with invisible letters":    {files: map[string]string{"entitlements.yaml": prFiles("", "", "ann, ben, \"be\u200bn\"")}, code: exitError, want: "U+200B"},
		"a vendor that echoes the key":     {echoes: "x " + strings.Join(spellings("emulator-secret"), " y ") + " z", code: exitError, want: "[redacted]"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) { t.Parallel(); b.run(t) })
	}
}

// spellings are forms in which a vendor may show a secret.
func spellings(secret string) []string {
	return []string{secret, strings.ReplaceAll(secret, "-", `\u002d`), strings.ReplaceAll(secret, "-", "%2D"), base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret))}
}

const plantedProgram = "#!/bin/sh\necho run >> \"$PLANTED\"\n"

// prFiles is a file with one connection, of which some lines, what follows, and who has access are the branch's.
func prFiles(lines, rest, who string) string {
	text := "version: 1\nconnections:\n  workspace:\n"
	for _, line := range []string{"provider: huaweicloud", "region: ap-southeast-3", "project: 0123456789abcdef0123456789abcdef",
		"auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}", "endpoint: EMULATOR"} {
		if key, _, _ := strings.Cut(line, " "); !strings.HasPrefix(lines, key) {
			text += "    " + line + "\n"
		}
	}
	for line := range strings.Lines(lines) {
		text += "    " + strings.TrimSpace(line) + "\n"
	}
	return text + "users: [{name: ann}, {name: ben}]\nappGroups:\n  - {name: CAD, in: workspace, grants: [{to: [" + who + "]}]}\n" + rest
}

func entitlements(change string) map[string]string {
	return map[string]string{"entitlements.yaml": prFiles(change, "", "ann, ben")}
}

func with(files map[string]string, name, text string) map[string]string {
	files[name] = text
	return files
}

// crowd is a file in which each of many groups is for all people.
func crowd(groups, people int) string {
	var text strings.Builder
	text.WriteString("version: 1\nconnections: {x: {provider: huaweicloud, region: ap-southeast-3, auth: {token: env:HUAWEICLOUD_T}}}\nusers:\n")
	names := make([]string, people)
	for i := range names {
		names[i] = fmt.Sprintf("u%d", i)
		fmt.Fprintf(&text, "  - {name: %s}\n", names[i])
	}
	fmt.Fprintf(&text, "teams: {all: [%s]}\nappGroups:\n", strings.Join(names, ", "))
	for i := range groups {
		fmt.Fprintf(&text, "  - {name: A%d, in: x, grants: [{to: [team:all]}]}\n", i)
	}
	return text.String()
}

// pullRequest is the runner: a checkout of main and a branch over it, the vendor, and the host of the attacker, at which
// whatever is not for the loopback arrives.
type pullRequest struct {
	folder   string
	vendor   *emu.Server
	url      string
	attacker *httptest.Server
	reached  atomic.Int64
}

func newPullRequest(t *testing.T) *pullRequest {
	p := &pullRequest{folder: filepath.Join(t.TempDir(), "checkout"), vendor: newEmulator(emu.Options{}, true)}
	check(t, p.vendor.LoadSeed([]byte("huaweicloud: {users: [{name: ann}, {name: ben}, {name: zoe}], appGroups: [{name: CAD, grants: [ann, ben]}]}")))
	vendor := httptest.NewServer(p.vendor)
	p.attacker = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.reached.Add(1)
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(vendor.Close)
	t.Cleanup(p.attacker.Close)
	p.url = vendor.URL
	check(t, os.Mkdir(p.folder, 0o700))
	p.git(t, "init", "-q", "-b", "main")
	p.git(t, "config", "http.extraheader", canary+"git")
	p.git(t, "config", "filter.planted.clean", "sh "+filepath.Join(p.folder, "..", "planted.sh"))
	p.write(t, "../planted.sh", plantedProgram)
	p.write(t, "../outside/a.yaml", canary+"outside: x\n")
	p.write(t, ".git/description", canary+"git: "+canary+"git\n")
	p.write(t, ".gitignore", "secrets/other\nsecrets/pair*\n")
	p.write(t, "entitlements.yaml", prFiles("", "", "ann, ben"))
	p.write(t, "entitlectl.rules.yaml", "version: 1\nrules: {protected: [user:ann]}\n")
	p.git(t, "add", ".")
	p.git(t, "commit", "-q", "-m", "main")
	p.write(t, "secrets/other", canary+"secrets\n")
	p.write(t, "secrets/pair", canary+"pair: "+canary+"pair\n")
	p.write(t, "secrets/pair.yaml", canary+"pair: "+canary+"pair\n")
	p.write(t, ".entitlectl/history.jsonl", canary+"state: x\n")
	return p
}

func (p *pullRequest) git(t *testing.T, args ...string) {
	t.Helper()
	args = append([]string{"-C", p.folder, "-c", "user.name=t", "-c", "user.email=t@corp.example", "-c", "filter.planted.clean=cat"}, args...)
	if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

func (p *pullRequest) write(t *testing.T, name, text string) {
	path := filepath.Join(p.folder, name)
	check(t, os.MkdirAll(filepath.Dir(path), 0o700))
	check(t, os.WriteFile(path, []byte(strings.ReplaceAll(text, "EMULATOR", p.url)), 0o700))
}

// checkout is what the runner does before anything of ours runs.
func (p *pullRequest) checkout(t *testing.T, b branch) {
	p.git(t, "checkout", "-q", "-b", "change")
	for _, name := range b.without {
		p.git(t, "rm", "-q", name)
	}
	for name, text := range b.files {
		p.write(t, name, text)
	}
	for name, target := range b.links {
		check(t, os.MkdirAll(filepath.Dir(filepath.Join(p.folder, name)), 0o700))
		check(t, os.Symlink(target, filepath.Join(p.folder, name)))
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(b.files)), slices.Collect(maps.Keys(b.links))) {
		if !strings.Contains(name, "/.git") { // of a submodule, which git makes itself
			p.git(t, "add", name)
		}
	}
	p.git(t, "commit", "-q", "--allow-empty", "-m", "change")
}

func (b branch) run(t *testing.T) {
	program, err := build()
	if err != nil {
		t.Fatal(program, err)
	}
	p := newPullRequest(t)
	p.checkout(t, b)
	if b.echoes != "" {
		check(t, p.vendor.SetFaults([]emu.Fault{{Match: "GET /v1/**", Kind: emu.FaultRefuse, Status: http.StatusForbidden, Body: b.echoes}}))
	}
	if len(b.args) == 0 {
		b.args = []string{"plan"}
	}
	ran := filepath.Join(t.TempDir(), "ran")
	command := exec.CommandContext(t.Context(), program, b.args...)
	command.Dir = p.folder
	command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "PLANTED=" + ran, "HTTPS_PROXY=" + p.attacker.URL, "HTTP_PROXY=" + p.attacker.URL,
		"HUAWEICLOUD_SDK_AK=emulator-key", "HUAWEICLOUD_SDK_SK=emulator-secret", "GH_TOKEN=" + canary + "job", "gh_token=" + canary + "job",
		"WPS_APP_KEY=" + canary + "wps", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=" + canary + "alibaba"}, b.env...)
	var shown bytes.Buffer
	command.Stdout, command.Stderr = &shown, &shown
	if err := command.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	if code := command.ProcessState.ExitCode(); code != b.code || !strings.Contains(shown.String(), b.want) {
		t.Errorf("exit %d, want %d and %q", code, b.code, b.want)
	}
	for _, secret := range append(spellings("emulator-secret"), canary) {
		if strings.Contains(shown.String(), secret) {
			t.Errorf("%s is shown", secret)
		}
	}
	if reached := p.reached.Load() > 0; reached != b.reaches {
		t.Errorf("something is sent elsewhere: %t", reached)
	}
	if _, err := os.Stat(ran); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a program of the branch was run: %v", err)
	}
	for _, call := range p.vendor.Calls() {
		if mayWrite(call.Method, call.Path) {
			t.Errorf("%s %s was sent", call.Method, call.Path)
		}
	}
	if t.Failed() {
		t.Logf("%v shows:\n%s", b.args, &shown)
	}
}
