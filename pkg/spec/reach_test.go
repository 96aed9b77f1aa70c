package spec

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// extent is what a run may touch, and what it touched: variables that are looked up, files that are opened, addresses that are
// dialed. What may be touched is written here once more, in other words than in the loader.
type extent struct {
	variables, files, addresses []*regexp.Regexp
}

var vendorExtent = map[string]extent{
	"cloud":     {full(`A|B|K|T|U|CLOUD_\w*`), nil, full(`ws\.(\w+-\w+-\d+\.)?example:443`)},
	"mailer":    {full(`A|B|K|MAILER_\w*`), nil, full(`mail\.example:443`)},
	"directory": {full(`K`), nil, full(`accounts\.example:443`)},
}

var commonExtent = extent{full(`ENTITLECTL_SECRET_\w*`), full(`d/secrets/.+`), full(`(localhost|127(\.\d+){3}|\[::1\]):\d+`)}

// full is a pattern for a whole text.
func full(pattern string) []*regexp.Regexp {
	return []*regexp.Regexp{regexp.MustCompile(`^(` + pattern + `)$`)}
}

func covered(by []*regexp.Regexp, text string) bool {
	return slices.ContainsFunc(by, func(r *regexp.Regexp) bool { return r.MatchString(text) })
}

func (r extent) and(o extent) extent {
	return extent{slices.Concat(r.variables, o.variables), slices.Concat(r.files, o.files), slices.Concat(r.addresses, o.addresses)}
}

// choices that an operator's file may make, each with what it adds.
var (
	allowedHosts = map[string][]*regexp.Regexp{
		"gw.corp.example": full(`gw\.corp\.example:443`), "gw.corp.example:8443": full(`gw\.corp\.example:8443`),
		"'*.corp.example'": full(`[\w-]+\.corp\.example:443`), "'*.evil.example:8443'": full(`[\w-]+\.evil\.example:8443`),
		"10.0.0.5:9443": full(`10\.0\.0\.5:9443`), "'[fd00::1]'": full(`\[fd00::1\]:443`),
	}
	allowedEnv = map[string][]*regexp.Regexp{
		"GW_TOKEN": full(`GW_TOKEN`), "GH_*": full(`GH_\w*`), "CLOUD_*": full(`CLOUD_\w*`), "_": full(`_`),
	}
	allowedFiles = map[string][]*regexp.Regexp{
		"keys": full(`d/keys(/.+)?`), "one.key": full(`d/one\.key`), "./link/": full(`d/link(/.+)?`), "state": nil,
	}
)

// genAllow draws the text of allow: and what it adds.
func genAllow(t *rapid.T) (string, extent) {
	var r extent
	pick := func(from map[string][]*regexp.Regexp, into *[]*regexp.Regexp) string {
		var words []string
		for word := range from {
			words = append(words, word)
		}
		slices.Sort(words)
		words = rapid.SliceOfNDistinct(rapid.SampledFrom(words), 0, 3, rapid.ID[string]).Draw(t, "allowed")
		for _, word := range words {
			*into = append(*into, from[word]...)
		}
		return "[" + strings.Join(words, ", ") + "]"
	}
	text := fmt.Sprintf("{hosts: %s, env: %s, files: %s}", pick(allowedHosts, &r.addresses), pick(allowedEnv, &r.variables), pick(allowedFiles, &r.files))
	return text, r
}

// glued draws a text out of fragments, or one that is right somewhere.
func glued(right, fragments []string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "right") {
			return rapid.SampledFrom(right).Draw(t, "whole")
		}
		return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(fragments), rapid.StringN(0, 2, 6)), 1, 6).Draw(t, "fragments"), "")
	})
}

// own are endpoints and references that each provider's connections may have.
var own = map[string]struct{ endpoints, references []string }{
	"cloud":     {[]string{"https://ws.example", "https://ws.cn-north-4.example/x", "http://127.0.0.1:8080"}, []string{"env:T", "env:CLOUD_SK", "file:secrets/key"}},
	"mailer":    {[]string{"https://mail.example", "http://localhost"}, []string{"env:K", "env:MAILER_KEY", "file:secrets/in"}},
	"directory": {[]string{"https://accounts.example:443", "https://[::1]:1"}, []string{"env:K", "env:ENTITLECTL_SECRET_X", "file:secrets/key"}},
}

var (
	anyEndpoint = glued(
		[]string{"https://ws.example", "https://ws.cn-north-4.example", "https://mail.example", "https://accounts.example", "https://gw.corp.example",
			"https://gw.corp.example:8443", "https://a.corp.example", "https://10.0.0.5:9443", "https://a.evil.example:8443", "https://evil.example", "https://[fd00::1]"},
		[]string{"https://", "https://", "https://", "http://", "HTTPS://", "https:\\\\", "//", "/", "ws", "ws.example", "mail.example", "WS.EXAMPLE", ".", "evil",
			"evil.example", "corp.example", ".example", "a.", "@", ":", ":443", ":8443", ":0443", "%2e", "%40", "%00", "%25", "\\", "?", "#", "*", "{region}", "cn-north-4", "obs",
			"127.0.0.1", "127.1", "2130706433", "0x7f.1", "localhost", "[::1]", "[::1%25lo]", "[fd00::1]", "[::ffff:10.0.0.5]", "\u3002", "\uff57", "\u212a", "\u00ad", "\u200b", "xn--", "user:pw"})
	anyReference = glued(
		[]string{"env:T", "env:CLOUD_SK", "env:MAILER_KEY", "env:GW_TOKEN", "env:GH_TOKEN", "env:PATH", "file:secrets/out", "file:secrets/git", "file:secrets/up/one.key",
			"file:secrets/tracked", "file:keys/key", "file:keys/git", "file:one.key", "file:link/config", "file:link", "file:.git/config", "file:state/lock", "file:keys/state",
			"file:../outside/key", "file:a.yaml"},
		[]string{"env:", "env:", "file:", "file:", "file:secrets/", "T", "K", "CLOUD_", "MAILER_", "GH_", "TOKEN", "_", "*", "secrets", "keys", "key", "one.key", "/", "/", "..", ".", "/../",
			".git", ".GIT", "config", "state", "lock", "link", "in", "out", "up", "\\", "//", "\u200b", " "})
)

// genConnection draws a connection of any provider as a line of the file. At most one of its values is none of the
// provider's own, so that many are accepted.
func genConnection(t *rapid.T, name string, endpoints, references *rapid.Generator[string]) (provider, line string) {
	f := rapid.SampledFrom(testFormats()).Draw(t, "provider")
	auth := rapid.SampledFrom(f.Auth).Draw(t, "auth")
	odd := rapid.IntRange(-1, 3).Draw(t, "odd")
	draw := func(known []string, other *rapid.Generator[string]) string {
		if odd--; odd == -1 || known == nil {
			return strconv.Quote(other.Draw(t, "value"))
		}
		return strconv.Quote(rapid.SampledFrom(known).Draw(t, "value"))
	}
	var keys []string
	for _, key := range auth.Keys {
		keys = append(keys, key+": "+draw(own[f.Provider].references, references))
	}
	line = fmt.Sprintf("  %s: {provider: %s, auth: {%s}", name, f.Provider, strings.Join(keys, ", "))
	if slices.Contains(f.Required, "region") {
		line += ", region: r"
	}
	text := draw(own[f.Provider].endpoints, endpoints)
	if len(f.Endpoints) > 0 && rapid.Bool().Draw(t, "families") {
		text = fmt.Sprintf("{app: %s, iam: %s}", text, draw(own[f.Provider].endpoints, endpoints))
	}
	return f.Provider, line + ", endpoint: " + text + "}\n"
}

// treeOfSecrets is a folder d of reviewed files with every place that a reference could lead to; git tracks what is called
// tracked, and the state is in d/state.
func treeOfSecrets(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"d/secrets/key", "d/secrets/real", "d/secrets/tracked", "d/keys/key", "d/one.key", "d/.git/config", "d/state/lock", "outside/key", "ops/keys/key", "ops/secrets/key", "ops/secrets/in"} {
		write(t, name, "secret of "+name)
	}
	for link, target := range map[string]string{
		"d/secrets/in": "real", "d/secrets/out": "../../outside/key", "d/secrets/git": "../.git/config", "d/secrets/up": "..", "d/keys/git": "../.git/config",
		"d/keys/state": "../state/lock", "d/link": ".git", "ops/keys/git": "../../d/.git/config", "ops/keys/out": "../../outside/key",
	} {
		symlink(t, target, link)
	}
}

// observe resolves a connection's secrets and sends a request to each endpoint, and returns whatever was touched.
func observe(t *testing.T, c Connection, ok func(kind, what string)) (opened bool) {
	_, err := c.Secrets(Lookup{
		StateDir: "d/state",
		Env:      func(name string) (string, bool) { ok("variable", name); return "x", true },
		Tracked:  func(path string) (bool, error) { return filepath.Base(path) == "tracked", nil },
		read: func(dir, name string, limit int64) ([]byte, error) {
			ok("file", relative(t, real(t, filepath.Join(dir, name))))
			return readBelow(dir, name, limit)
		},
	})
	transport := &http.Transport{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
		ok("address", address)
		return nil, errors.New("not dialed")
	}}
	for _, base := range c.Endpoints {
		req, err := http.NewRequest(http.MethodGet, base+"/v1", nil)
		if err != nil {
			t.Fatalf("%q is accepted and no request can be made of it: %v", base, err)
		}
		if _, err := transport.RoundTrip(req); err == nil {
			t.Fatal("a request was sent")
		}
	}
	return err == nil
}

// Whatever the reviewed files say, and under any operator's file: what Load accepts leads to no host, no variable and no file
// but those of the defaults and of allow, or those that the operator's file names itself.
func TestFilesReachNothingElse(t *testing.T) {
	treeOfSecrets(t)
	touched := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		in := Input{Paths: []string{"d/a.yaml"}, Formats: testFormats(), StateDir: "d/state"}
		var allow string
		var allowed extent
		if rapid.Bool().Draw(rt, "operator") {
			allow, allowed = genAllow(rt)
			in.Operator = operatorOf(t, "version: 1\nallow: "+allow+"\n")
		}
		provider, line := genConnection(rt, "c", anyEndpoint, anyReference)
		write(t, "d/a.yaml", "version: 1\nconnections:\n"+line)
		s, err := Load(in)
		if err != nil {
			checkErrors(t, err)
			touched["refused"]++
			return
		}
		allowed = vendorExtent[provider].and(commonExtent).and(allowed)
		if observe(t, s.Connections[0], func(kind, what string) {
			by := map[string][]*regexp.Regexp{"variable": allowed.variables, "file": allowed.files, "address": allowed.addresses}[kind]
			if !covered(by, what) || strings.Contains(what, ".git") || strings.HasPrefix(what, "d/state") || what == "d/secrets/tracked" {
				rt.Errorf("%s %s is touched by %sunder %q", kind, what, line, allow)
			}
			touched[kind]++
		}) {
			touched["resolved"]++
		}
	})
	for _, what := range []string{"refused", "resolved", "variable", "file", "address"} {
		if touched[what] == 0 {
			t.Errorf("%s: none among those drawn; this test looks at nothing", what)
		}
	}
}

// Where the operator's file holds connections, other files add nothing to what these reach, whatever they say.
func TestOperatorsConnectionsReachWhatTheyName(t *testing.T) {
	treeOfSecrets(t)
	endpoints := rapid.SampledFrom([]string{"https://anywhere.example", "https://ws.example:8443", "http://localhost:1"})
	references := rapid.SampledFrom([]string{"env:ANY", "env:PATH", "file:keys/key", "file:keys/git", "file:keys/out"})
	rapid.Check(t, func(rt *rapid.T) {
		_, held := genConnection(rt, "c", endpoints, references)
		in := Input{Paths: []string{"d/a.yaml"}, Formats: testFormats(), StateDir: "d/state", Operator: operatorOf(t, "version: 1\nconnections:\n"+held)}
		_, line := genConnection(rt, rapid.SampledFrom([]string{"c", "x"}).Draw(rt, "name"), anyEndpoint, anyReference)
		text := "version: 1\nusers: []\n"
		if own := rapid.Bool().Draw(rt, "own"); own {
			text += "connections:\n" + line
			write(t, "d/a.yaml", text)
			if _, err := Load(in); err == nil {
				rt.Fatalf("loads beside the operator's: %s", line)
			}
			return
		}
		write(t, "d/a.yaml", text)
		s, err := Load(in)
		if err != nil {
			rt.Fatal(err)
		}
		observe(t, s.Connections[0], func(kind, what string) {
			named := map[string]string{"variable": "env:" + what, "file": "file:" + strings.TrimPrefix(what, "ops/"), "address": strings.Split(what, ":")[0]}[kind]
			if !strings.Contains(held, named) && !(kind == "address" && covered(commonExtent.addresses, what)) {
				rt.Errorf("%s %s is touched by %s", kind, what, held)
			}
		})
	})
}
