package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// reviewed is a file of one connection, which anybody who proposes a change can write.
const reviewed = "version: 1\nconnections:\n  w: {provider: %s, %sauth: {%s: %q}, endpoint: %q}\n"

// loadReviewed loads a connection of the provider cloud, or of mailer, under an operator's file where allow is not "".
func loadReviewed(t testing.TB, format ProviderSchema, secret, endpoint, allow string) (Connection, error) {
	t.Helper()
	in := Input{Paths: []string{"a.yaml"}, Formats: []ProviderSchema{format}, StateDir: "state"}
	if allow != "" {
		in.Operator = operatorOf(t, "version: 1\nallow: "+allow+"\n")
	}
	settings := ""
	if len(format.Required) > 0 {
		settings = "region: r, "
	}
	key := format.Auth[len(format.Auth)-1].Keys[0]
	write(t, "a.yaml", fmt.Sprintf(reviewed, format.Provider, settings, key, secret, endpoint))
	s, err := Load(in)
	if err != nil {
		return Connection{}, err
	}
	return s.Connections[0], nil
}

func operatorOf(t testing.TB, text string) *Operator {
	t.Helper()
	o, err := LoadOperator(OperatorFile{Name: "ops.yaml", Data: []byte(text), Folder: "ops", Formats: testFormats(), Rules: ruleKeys, StateDir: "state"})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Credentials go to the vendor's own hosts, to the loopback, and to what the operator allows, however an endpoint is spelled.
func TestEndpointsStayWithin(t *testing.T) {
	t.Chdir(t.TempDir())
	const gw = "{hosts: [gw.corp.example, 'gw.corp.example:8443', '*.gw.corp.example', '10.0.0.5:9443', '[fd00::1]:8443', 'FD00::2', '[fd00::3]', kiosk.corp.example]}"
	for _, test := range []struct {
		endpoint, allow string
		base            string // what requests begin with; "" where the endpoint is refused
		foreign         bool
	}{
		{"https://ws.example", "", "https://ws.example", false},
		{"https://ws.example/", "", "https://ws.example", false},
		{"https://ws.example:443/a/b", "", "https://ws.example:443/a/b", false},
		{"HTTPS://WS.Example/", "", "https://ws.example", false},
		{"https://ws.cn-north-4.example", "", "https://ws.cn-north-4.example", false},
		{"http://127.0.0.1:8080", "", "http://127.0.0.1:8080", true},
		{"https://127.255.0.9/x", "", "https://127.255.0.9/x", true},
		{"http://[::1]:8080", "", "http://[::1]:8080", true},
		{"http://LOCALHOST:1", "", "http://localhost:1", true},

		{"https://elsewhere.example", "", "", true},
		{"http://ws.example", "", "", true},
		{"https://ws.example:8443", "", "", true},
		{"https://ws.example:80", "", "", true},
		{"https://ws.example:0443", "", "", true},
		{"https://ws.example:", "", "", true},
		{"https://ws.example:99999", "", "", true},
		{"https://ws.example.", "", "", true},
		{"https://ws.example..", "", "", true},
		{"https://.ws.example", "", "", true},
		{"https://a.ws.example", "", "", true},
		{"https://ws.example.evil.example", "", "", true},
		{"https://evil.example/ws.example", "", "", true},
		{"https://evil.example#ws.example", "", "", true},
		{"https://evil.example?ws.example", "", "", true},
		{"https://ws.example@evil.example", "", "", true},
		{"https://ws.example:443@evil.example", "", "", true},
		{"https://evil.example@ws.example", "", "", true},
		{"https://ws.example%40evil.example", "", "", true},
		{"https://ws.example%2eevil.example", "", "", true},
		{"https://%77s.example", "", "", true},
		{"https://ws.example%00.evil.example", "", "", true},
		{`https://evil.example\@ws.example`, "", "", true},
		{`https://ws.example\@evil.example`, "", "", true},
		{`https:\\ws.example`, "", "", true},
		{`https://evil.example\.ws.example`, "", "", true},
		{"https:ws.example", "", "", true},
		{"//ws.example", "", "", true},
		{"https:///ws.example", "", "", true},
		{"https://ws.examplé", "", "", true},
		{"https://wѕ.example", "", "", true},                   // a Cyrillic letter
		{"https://ws.example\u3002evil.example", "", "", true}, // a full stop that IDNA reads as a dot
		{"https://\uff57s.example", "", "", true},              // a wide letter that IDNA reads as a narrow one
		{"https://ws.example\u200b", "", "", true},
		{"http://ws.example:443", "", "", true},
		{"https://ws.exa\u00admple", "", "", true},
		{"https://xn--ws-example.example", "", "", true},
		{"https://ws.cn-north-4.x.example", "", "", true},
		{"https://ws.obs.example", "", "", true}, // no region, and maybe somebody's bucket
		{"https://ws.*.example", "", "", true},
		{"https://ws.{region}.example", "", "", true},
		{"https://*.example", "", "", true},

		{"http://127.0.0.1.evil.example", "", "", true},
		{"http://127.0.0.1@evil.example", "", "", true},
		{"http://127.1", "", "", true},
		{"http://2130706433", "", "", true},
		{"http://0x7f000001", "", "", true},
		{"http://0x7f.0.0.1", "", "", true},
		{"http://0177.0.0.1", "", "", true},
		{"http://127.0.0.01", "", "", true},
		{"http://0.0.0.0", "", "", true},
		{"http://[::]", "", "", true},
		{"http://[::1%25lo]", "", "", true},
		{"http://[fe80::1%25eth0]", "", "", true},
		{"http://[::ffff:127.0.0.1]", "", "", true},
		{"http://[0:0:0:0:0:0:0:1]", "", "", true},
		{"http://::1", "", "", true},
		{"http://localhost.", "", "", true},
		{"http://localhost.evil.example", "", "", true},
		{"http://evil.localhost", "", "", true},
		{"https://169.254.169.254", "", "", true},

		{"https://gw.corp.example", gw, "https://gw.corp.example", true},
		{"https://GW.corp.example:443", gw, "https://gw.corp.example:443", true},
		{"https://gw.corp.example:8443/ws", gw, "https://gw.corp.example:8443/ws", true},
		{"https://a.gw.corp.example", gw, "https://a.gw.corp.example", true},
		{"https://10.0.0.5:9443", gw, "https://10.0.0.5:9443", true},
		{"https://[fd00::1]:8443", gw, "https://[fd00::1]:8443", true},
		{"https://[fd00::2]", gw, "https://[fd00::2]", true},
		{"https://[fd00::3]", gw, "https://[fd00::3]", true},
		{"https://Kiosk.corp.example", gw, "https://kiosk.corp.example", true},
		{"https://ws.example", gw, "https://ws.example", false},
		{"https://\u212aiosk.corp.example", gw, "", true}, // a sign whose lower case is k
		{"http://gw.corp.example:8443", gw, "", true},
		{"http://gw.corp.example", gw, "", true},
		{"https://gw.corp.example:8444", gw, "", true},
		{"https://a.b.gw.corp.example", gw, "", true},
		{"https://a.gw.corp.example:8443", gw, "", true},
		{"https://10.0.0.5", gw, "", true},
		{"https://[fd00::1]", gw, "", true},
		{"https://corp.example", gw, "", true},
		{"https://gw.corp.example.", gw, "", true},
		{"https://agw.corp.example", gw, "", true},
	} {
		conn, err := loadReviewed(t, testFormats()[0], "env:T", test.endpoint, test.allow)
		if test.base == "" {
			if err == nil {
				t.Errorf("%s is taken as %s", test.endpoint, conn.Endpoints[""])
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.endpoint, err)
			continue
		}
		if have := conn.Endpoints[""]; have != test.base || len(conn.Foreign) > 0 != test.foreign {
			t.Errorf("%s is taken as %s, not the vendor's: %v", test.endpoint, have, conn.Foreign)
		}
	}
}

// Each endpoint that is not the vendor's own is named once.
func TestForeignEndpointsAreNamed(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.yaml", conns+"  x: {provider: cloud, region: r, auth: {token: env:T}, endpoint: {iam: http://localhost:2/, app: 'http://localhost:1'}}\n"+
		"  y: {provider: cloud, region: r, auth: {token: env:T}, endpoint: {iam: http://localhost:1/, app: 'http://localhost:1'}}\n"+
		"  z: {provider: cloud, region: r, auth: {token: env:T}, endpoint: {iam: https://ws.example, app: 'http://localhost:1'}}\n")
	s, err := Load(input("a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{nil, {"http://localhost:1", "http://localhost:2"}, {"http://localhost:1"}, {"http://localhost:1"}} {
		if have := s.Connections[i].Foreign; !slices.Equal(have, want) {
			t.Errorf("%s: %v, want %v", s.Connections[i].Name, have, want)
		}
	}
}

// Secrets come from the provider's own variables and from secrets/, or from where the operator allows.
func TestReferencesStayWithin(t *testing.T) {
	t.Chdir(t.TempDir())
	const allow = "{env: [GW_TOKEN, WORKSPACE_*], files: [keys/, more/one.key]}"
	for _, test := range []struct {
		reference, allow string
		ok               bool
	}{
		{"env:MAILER_KEY", "", true}, {"env:K", "", true}, {"env:ENTITLECTL_SECRET_X", "", true}, {"env:MAILER_", "", true},
		{"env:KK", "", false}, {"env:mailer_key", "", false}, {"env:XMAILER_KEY", "", false}, {"env:MAILER", "", false},
		{"env:CLOUD_SK", "", false}, {"env:GH_TOKEN", "", false}, {"env:ENTITLECTL_OPERATOR", "", false}, {"env:MAILER_*", "", false}, {"env:*", "", false},
		{"env:GW_TOKEN", allow, true}, {"env:WORKSPACE_A", allow, true}, {"env:MAILER_KEY", allow, true},
		{"env:GW_TOKEN2", allow, false}, {"env:WORKSPACE", allow, false}, {"env:CLOUD_SK", allow, false},

		{"file:secrets/key", "", true}, {"file:secrets/a/b", "", true}, {"file:./secrets//key", "", true},
		{"file:key", "", false}, {"file:keys/a", "", false}, {"file:secrets2/key", "", false}, {"file:SECRETS/key", "", false}, {"file:x/secrets/key", "", false},
		{"file:secrets/../x", "", false}, {"file:secrets/..", "", false}, {"file:../secrets/x", "", false}, {"file:/secrets/x", "", false},
		{"file:.git/config", "", false}, {"file:secrets/.git/config", "", false}, {"file:secrets/.GIT", "", false}, {"file:state/x", "", false},
		{"file:keys/a", allow, true}, {"file:keys", allow, true}, {"file:more/one.key", allow, true}, {"file:secrets/key", allow, true},
		{"file:more/two.key", allow, false}, {"file:more", allow, false}, {"file:more/one.key2", allow, false}, {"file:keys/.git/x", allow, false},
		{"file:state/x", "{files: state}", false}, {"file:State/../state/x", "{files: state}", false}, {"file:.git/config", "{files: [keys]}", false},
	} {
		mailer := testFormats()[1]
		mailer.Auth = []AuthForm{{Keys: []string{"appKey"}}}
		_, err := loadReviewed(t, mailer, test.reference, "https://mail.example", test.allow)
		if (err == nil) != test.ok {
			t.Errorf("%s under %q: %v", test.reference, test.allow, err)
		}
	}
}

// What a file: reference leads to, links followed, is in the place that it names, and neither git's, nor the state's, nor
// tracked.
func TestSecretFilesStayWithin(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"repo/secrets/key": "x", "repo/secrets/..data/kubernetes": "x", "repo/secrets/tracked": "x", "repo/secrets/odd": "x", "repo/keys/key": "x",
		"repo/.git/config": "x", "repo/secrets/sub/.git/config": "x", "repo/state/lock": "x", "outside/key": "x", "repo/one.key": "x", "repo/linked/x": "x",
		"git-inside/.git/key": "x",
	} {
		write(t, name, text)
	}
	for link, target := range map[string]string{
		"repo/secrets/kubernetes": "..data/kubernetes", "repo/secrets/git": "../.git/config", "repo/secrets/state-link": "../state/lock",
		"repo/secrets/out": "../../outside/key", "repo/secrets/up": "..", "repo/secrets/keys": "../keys", "repo/secrets/loop": "loop",
		"repo/secrets/nested": "sub/.git/config", "repo/secrets/to-tracked": "tracked", "repo/linked/tracked": "../secrets/key", "repo/secrets/back": "../secrets/key",
		"git-inside/secrets": ".git", "repo-link": "repo", "repo/two.key": "secrets/key", "repo/secrets/gone": "nowhere",
	} {
		symlink(t, target, link)
	}
	for _, test := range []struct{ folder, name, within, opens, flaw string }{
		{"repo", "secrets/key", "secrets", "repo/secrets/key", ""},
		{"repo", "secrets/kubernetes", "secrets", "repo/secrets/..data/kubernetes", ""},
		{"repo", "secrets/back", "secrets", "repo/secrets/key", ""},
		{"repo-link", "secrets/key", "secrets", "repo/secrets/key", ""},
		{"repo", "keys/key", "keys", "repo/keys/key", ""},
		{"repo", "one.key", "one.key", "repo/one.key", ""},
		{"repo", "keys/key", "", "repo/keys/key", ""},
		{"repo", "two.key", "", "repo/secrets/key", ""},
		{"repo", "two.key", "two.key", "", "a link leads out of repo/two.key"},
		{"repo", "secrets/git", "secrets", "", "a link leads out of repo/secrets"},
		{"repo", "secrets/git", "", "", "it is inside of .git"},
		{"repo", "secrets/out", "secrets", "", "a link leads out of repo/secrets"},
		{"repo", "secrets/out", "", "", "a link leads out of repo"},
		{"repo", "secrets/up/keys/key", "secrets", "", "a link leads out of repo/secrets"},
		{"repo", "secrets/keys/key", "secrets", "", "a link leads out of repo/secrets"},
		{"repo", "secrets/nested", "secrets", "", "it is inside of .git"},
		{"repo", "secrets/state-link", "", "", "it is in the state folder"},
		{"repo", "secrets/tracked", "secrets", "", "git tracks it"},
		{"repo", "secrets/to-tracked", "secrets", "", "git tracks it"},
		{"repo", "linked/tracked", "", "", "git tracks it"},
		{"repo", "secrets/odd", "secrets", "", "git does not say whether it tracks it: no git"},
		{"repo", "secrets/loop", "secrets", "", "can't be read: EvalSymlinks: too many links"},
		{"repo", "secrets/gone", "secrets", "", "no such file or folder"},
		{"git-inside", "secrets/key", "secrets", "", "a link leads out of git-inside/secrets"},
	} {
		ref := Reference{Scheme: "file", Name: test.name, Folder: test.folder, Within: test.within}
		opened := ""
		_, err := Connection{Auth: map[string]Reference{"key": ref}}.Secrets(Lookup{
			StateDir: "repo-link/state",
			Tracked: func(path string) (bool, error) {
				if !filepath.IsAbs(path) {
					t.Errorf("git is asked for %s", path)
				}
				if filepath.Base(path) == "odd" {
					return false, fmt.Errorf("no git")
				}
				return filepath.Base(path) == "tracked", nil
			},
			read: func(dir, name string, limit int64) ([]byte, error) {
				opened = relative(t, filepath.Join(dir, name))
				return readBelow(dir, name, limit)
			},
		})
		if opened != test.opens || test.flaw == "" && err != nil ||
			test.flaw != "" && (err == nil || !strings.Contains(err.Error(), "is unreadable: "+test.flaw+"; ")) {
			t.Errorf("%s/%s within %q: %v, opened %q", test.folder, test.name, test.within, err, opened)
		}
	}
}

func symlink(t testing.TB, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

// real is a path with links followed.
func real(t testing.TB, path string) string {
	t.Helper()
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// relative is a real path as seen from the working folder.
func relative(t testing.TB, path string) string {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if path, err = filepath.Rel(real(t, here), path); err != nil {
		t.Fatal(err)
	}
	return filepath.ToSlash(path)
}
