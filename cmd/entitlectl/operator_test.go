package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const canary = "canary-in-"

// attacked is where somebody's files are run: every variable is set and holds a canary, and every request, whatever host it is
// for, arrives at the attacker's server.
type attacked struct {
	attacker       *httptest.Server
	stdout, stderr bytes.Buffer
	tracked        func(context.Context, string) (bool, error)

	mu        sync.Mutex
	hosts     []string // that requests were for
	variables []string // that were looked up, but for those of the program itself
}

func newAttacked(t *testing.T) *attacked {
	t.Chdir(t.TempDir())
	p := &attacked{attacker: httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
	}))}
	t.Cleanup(p.attacker.Close)
	return p
}

// The variables that the program reads by itself: how to print, whose file is the operator's, and who set the run off.
var itsOwn = slices.Concat([]string{"NO_COLOR", "TERM", operatorVariable, storeVariable}, actorVariables, commitVariables)

func (p *attacked) lookup(name string) (string, bool) {
	if slices.Contains(itsOwn, name) {
		return "", false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.variables = append(p.variables, name)
	return canary + name, true
}

func (p *attacked) RoundTrip(req *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.hosts = append(p.hosts, req.URL.Scheme+"://"+req.URL.Host)
	p.mu.Unlock()
	return redirect{p.attacker.URL}.RoundTrip(req)
}

func (p *attacked) run(t *testing.T, args ...string) int {
	p.stdout.Reset()
	p.stderr.Reset()
	p.hosts, p.variables = nil, nil
	return run(t.Context(), env{stdin: strings.NewReader(""), stdout: &p.stdout, stderr: &p.stderr, lookup: p.lookup, now: time.Now,
		transport: p, tracked: p.tracked}, args)
}

// checkQuiet asserts that a run was refused before it sent or looked up anything, and shows nothing secret.
func (p *attacked) checkQuiet(t *testing.T, what string, code int) {
	t.Helper()
	if code != exitError || len(p.hosts)+len(p.variables) > 0 {
		t.Errorf("%s: exit %d, sent to %v, looked up %v\n%s", what, code, p.hosts, p.variables, &p.stderr)
	}
	if shown := p.stdout.String() + p.stderr.String(); strings.Contains(shown, canary) {
		t.Errorf("%s: it shows a canary: %s", what, shown)
	}
}

var readers = [][]string{{"validate"}, {"plan", "-o", "json"}, {"drift"}, {"apply", "--yes"}}

// attack is a file with a connection of a provider, of which the attacker wrote one value, or two.
func attack(provider, endpoint, secret string) string {
	own := map[string]struct{ settings, secret, resource string }{
		"huaweicloud":  {"region: cn-north-4, auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: %s}", "env:HUAWEICLOUD_SDK_SK", "appGroups: [{name: A, in: x}]\n"},
		"wps365":       {"auth: {appId: env:WPS_APP_ID, appKey: %s}", "env:WPS_APP_KEY", "mailGroups: [{address: a@b.example, in: x, owner: u}]\nusers: [{name: u, email: u@b.example}]\n"},
		"alibabacloud": {"auth: {accessKeyId: env:ALIBABA_CLOUD_ACCESS_KEY_ID, accessKeySecret: %s}", "env:ALIBABA_CLOUD_ACCESS_KEY_SECRET", "accounts: [{name: a, in: x}]\n"},
	}[provider]
	secret, endpoint = cmp.Or(secret, own.secret), cmp.Or(endpoint, "http://127.0.0.1:1")
	return fmt.Sprintf("version: 1\nconnections:\n  x: {provider: %s, "+own.settings+", endpoint: %s}\n%s", provider, strconv.Quote(secret), strconv.Quote(endpoint), own.resource)
}

var providerNames = []string{"huaweicloud", "wps365", "alibabacloud"}

// An endpoint elsewhere gets no request, whatever it looks like, and no variable is looked up on its behalf.
func TestNothingIsSentElsewhere(t *testing.T) {
	p := newAttacked(t)
	for _, endpoint := range []string{
		"https://elsewhere.example", "https://evil.myhuaweicloud.com", "https://workspace.obs.myhuaweicloud.com", "https://evil.obs.cn-north-4.myhuaweicloud.com",
		"https://evil.aliyuncs.com", "https://evil.oss-cn-hangzhou.aliyuncs.com", "https://evil.wps.cn", "https://openapi.wps.cn.evil.example",
		"https://openapi.wps.cn@evil.example", "https://openapi.wps.cn:443@evil.example", "https://openapi.wps.cn.", "https://openapi.wps.cn:8443", "http://openapi.wps.cn",
		"https://iam.myhuaweicloud.com.", "https://iam.myhuaweicloud.com%2eevil.example", "https://iam.myhuaweicloud.com\\@evil.example",
		"https://evil.example\\.myhuaweicloud.com", "https://iam.myhuaweicloud.com\uff0eevil.example", "https://iam.myhuaweіcloud.com",
		"https://resourcemanager.aliyuncs.com:80", "https://resourcemanager。aliyuncs.com", "http://127.0.0.1.evil.example", "http://127.1", "http://2130706433",
		"http://0x7f.1", "http://[::1%25lo]", "http://[::ffff:10.0.0.1]", "http://169.254.169.254",
	} {
		for _, provider := range providerNames {
			write(t, "entitlements.yaml", attack(provider, endpoint, ""))
			for _, command := range readers {
				p.checkQuiet(t, fmt.Sprintf("%s %s %s", command[0], provider, endpoint), p.run(t, command...))
				if shown := p.stdout.String() + p.stderr.String(); !strings.Contains(shown, "entitlements.yaml:3:") {
					t.Errorf("%s %s: it does not say where: %s", command[0], endpoint, shown)
				}
			}
		}
	}
	// The same run does send where it may: this test would see it.
	write(t, "ops.yaml", "version: 1\nallow: {hosts: [elsewhere.example]}\n")
	for _, provider := range providerNames {
		write(t, "entitlements.yaml", attack(provider, "https://elsewhere.example", ""))
		p.run(t, "plan", "--operator", "ops.yaml")
		if !slices.Contains(p.hosts, "https://elsewhere.example") || len(p.variables) < 2 {
			t.Errorf("%s: requests to %v, variables %v\n%s", provider, p.hosts, p.variables, &p.stderr)
		}
	}
}

// A variable of somebody else, and a file outside of secrets/, are not read.
func TestNothingElseIsRead(t *testing.T) {
	p := newAttacked(t)
	for _, name := range []string{".git/config", ".entitlectl/history.jsonl", "ops/key", "secrets/tracked", "secrets/st/history.jsonl", "outside"} {
		write(t, name, canary+"file")
	}
	check(t, os.Symlink("../.git/config", "secrets/link"))
	check(t, os.Symlink("../.entitlectl", "secrets/state"))
	check(t, os.Symlink("st/history.jsonl", "secrets/alias"))
	p.tracked = func(_ context.Context, path string) (bool, error) { return filepath.Base(path) == "tracked", nil }
	for _, secret := range []string{
		"env:GH_TOKEN", "env:PATH", "env:AWS_SECRET_ACCESS_KEY", "env:ENTITLECTL_OPERATOR", "env:huaweicloud_sdk_sk", "file:.git/config", "file:.GIT/config",
		"file:.entitlectl/history.jsonl", "file:ops/key", "file:outside", "file:secrets/../outside", "file:entitlements.yaml", canary + "literal",
	} {
		for _, provider := range providerNames {
			write(t, "entitlements.yaml", attack(provider, "", secret))
			for _, command := range readers {
				p.checkQuiet(t, fmt.Sprintf("%s %s %s", command[0], provider, secret), p.run(t, command...))
			}
		}
	}
	for provider, secret := range map[string]string{"huaweicloud": "env:WPS_APP_KEY", "wps365": "env:ALIBABA_CLOUD_ACCESS_KEY_SECRET", "alibabacloud": "env:HUAWEICLOUD_SDK_SK"} {
		write(t, "entitlements.yaml", attack(provider, "", secret))
		p.checkQuiet(t, "another vendor's "+secret, p.run(t, "plan"))
	}
	// What only following a link, or git, can tell is found before the file is read; nothing is sent.
	for _, secret := range []string{"file:secrets/link", "file:secrets/state/history.jsonl", "file:secrets/tracked", "file:secrets/alias"} {
		write(t, "entitlements.yaml", attack("wps365", "", secret))
		for _, command := range readers[1:] {
			code := p.run(t, append(command, "--state-dir", "secrets/st")...)
			if code != exitError || len(p.hosts) > 0 || !strings.Contains(p.stderr.String(), secret+" is unreadable: ") || strings.Contains(p.stderr.String(), canary) {
				t.Errorf("%s %s: exit %d, sent to %v\n%s", command[0], secret, code, p.hosts, &p.stderr)
			}
		}
	}
}

// A state folder that git tracks is refused before anything in it is read, by all that read it.
func TestTrackedStateIsRefused(t *testing.T) {
	p := newAttacked(t)
	write(t, "entitlements.yaml", attack("wps365", "", ""))
	write(t, ".entitlectl/history.jsonl", canary+"history\n")
	check(t, os.Symlink(".entitlectl", "linked"))
	real, err := filepath.EvalSymlinks(".entitlectl")
	check(t, err)
	all := [][]string{{"history"}, {"history", "1"}, {"history", "verify"}, {"lock"}, {"lock", "break", "x", "--reason", "y"}}
	all = append(all, readers...)
	for _, test := range []struct {
		folder, tracked string
		err             error
		want            string
	}{
		{".entitlectl", ".entitlectl", nil, "--state-dir .entitlectl: git tracks it, "},
		{"linked", "linked", nil, "--state-dir linked: git tracks it, "},
		{"linked", real, nil, "--state-dir linked: git tracks it, "},
		{".entitlectl", ".entitlectl", errors.New("no git"), "--state-dir .entitlectl: git does not say whether it tracks it: no git"},
	} {
		p.tracked = func(_ context.Context, path string) (bool, error) { return path == test.tracked, test.err }
		for _, command := range all {
			code := p.run(t, append(command, "--state-dir", test.folder)...)
			if shown := p.stdout.String() + p.stderr.String(); code != exitError || !strings.Contains(shown, test.want) || strings.Contains(shown, canary) {
				t.Errorf("%s in %s: exit %d, %s", command, test.folder, code, shown)
			}
		}
	}
	p.tracked = func(context.Context, string) (bool, error) { return true, nil }
	for _, command := range []string{"schema", "version"} {
		if code := p.run(t, command); code != exitDone {
			t.Errorf("%s: exit %d, %s", command, code, &p.stderr)
		}
	}
}

// Whatever a branch writes into the one connection of its file, under any operator's file: what a run sends goes to the vendor,
// the loopback or what the operator allows, and only the vendor's variables are looked up.
func TestRunsReachNothingElse(t *testing.T) {
	p := newAttacked(t)
	hosts := map[string]*regexp.Regexp{
		"huaweicloud":  regexp.MustCompile(`^https://((workspace|appstream|iam)\.[a-z]+-[a-z]+-\d+\.myhuaweicloud\.com|iam\.myhuaweicloud\.(com|eu)|(iam|workspace)\.eu-west-101\.myhuaweicloud\.eu)(:443)?$`),
		"wps365":       regexp.MustCompile(`^https://openapi\.wps\.cn(:443)?$`),
		"alibabacloud": regexp.MustCompile(`^https://(resourcemanager|resourcedirectory|resourcedirectory-intl|resource(manager|directory)\.vpc-proxy)\.aliyuncs\.com(:443)?$`),
	}
	gateways := regexp.MustCompile(`^https://(gw\.corp\.example|\w+\.corp\.example:8443)$`)
	loopback := regexp.MustCompile(`^https?://(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$`)
	prefix := map[string]string{"huaweicloud": "HUAWEICLOUD_", "wps365": "WPS_", "alibabacloud": "ALIBABA_CLOUD_"}
	endpoints := []string{"https://workspace.cn-north-4.myhuaweicloud.com", "https://iam.myhuaweicloud.com", "https://iam.myhuaweicloud.eu:443", "https://openapi.wps.cn",
		"https://OPENAPI.wps.cn/x", "https://resourcemanager.aliyuncs.com", "https://resourcedirectory-intl.aliyuncs.com", "http://127.0.0.1:1", "http://localhost:2", "https://[::1]:3",
		"https://gw.corp.example", "https://a.corp.example:8443", "https://workspace.obs.myhuaweicloud.com", "https://evil.aliyuncs.com"}
	changes := []string{"", "", "", ".", "@evil.example", ".evil.example", ":8443", "\\", "\uff0e", "%2e", "/", "#", "?"}
	secrets := []string{"env:HUAWEICLOUD_SDK_SK", "env:WPS_APP_KEY", "env:ALIBABA_CLOUD_X", "env:ENTITLECTL_SECRET_X", "env:GH_TOKEN", "env:GW_TOKEN", "env:PATH", "file:.git/config"}
	rapid.Check(t, func(rt *rapid.T) {
		provider := rapid.SampledFrom(providerNames).Draw(rt, "provider")
		endpoint := rapid.SampledFrom(endpoints).Draw(rt, "endpoint") + rapid.SampledFrom(changes).Draw(rt, "change")
		secret := rapid.SampledFrom(secrets).Draw(rt, "secret")
		if rapid.Bool().Draw(rt, "own") {
			secret = ""
		}
		write(t, "entitlements.yaml", attack(provider, endpoint, secret))
		args := []string{rapid.SampledFrom([]string{"plan", "drift"}).Draw(rt, "command")}
		allows := rapid.Bool().Draw(rt, "allows")
		write(t, "ops.yaml", "version: 1\n")
		if allows {
			write(t, "ops.yaml", "version: 1\nallow: {hosts: [gw.corp.example, '*.corp.example:8443'], env: [GW_*]}\n")
		}
		if allows || rapid.Bool().Draw(rt, "operator") {
			args = append(args, "--operator", "ops.yaml")
		}
		p.run(t, args...)
		for _, host := range p.hosts {
			if !hosts[provider].MatchString(host) && !loopback.MatchString(host) && !(allows && gateways.MatchString(host)) {
				rt.Errorf("%s at %q: a request goes to %s", provider, endpoint, host)
			}
		}
		for _, name := range p.variables {
			if !strings.HasPrefix(name, prefix[provider]) && !strings.HasPrefix(name, "ENTITLECTL_SECRET_") && !(allows && strings.HasPrefix(name, "GW_")) {
				rt.Errorf("%s: %s is looked up", provider, name)
			}
		}
	})
	write(t, "entitlements.yaml", attack("huaweicloud", "http://127.0.0.1:1", ""))
	if p.run(t, "plan"); len(p.hosts) == 0 {
		t.Error("no request is seen of a run that sends some: this test looks at nothing")
	}
}

// The demo is not under an operator's file: its connections are its own.
func TestDemoHasNoOperator(t *testing.T) {
	d := demo{cli: &cli{env: env{lookup: func(name string) (string, bool) { return "ops.yaml", name == operatorVariable }}}}
	if name, set := d.credentials(operatorVariable); set || name != "" {
		t.Errorf("the demo is run under %q", name)
	}
}

func write(t testing.TB, name, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A run that was ended while git was asked says so, and nothing of git.
func TestEndWhileGitIsAsked(t *testing.T) {
	w := newWorld(t)
	e := w.env(&w.stdout)
	e.tracked = func(ctx context.Context, _ string) (bool, error) {
		<-ctx.Done()
		return false, ctx.Err()
	}
	if code := run(t.Context(), e, []string{"doctor", "-f", w.file, "--timeout", "1ns"}); code != exitError || !strings.Contains(w.stderr.String(), "stopped after 1ns") {
		t.Errorf("exit %d: %s", code, &w.stderr)
	}
}
