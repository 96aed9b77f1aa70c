package httpx

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Tokens come while others are redacted. The newest are known, whatever their number, and what is kept for good always.
func TestTokensComeAndGo(t *testing.T) {
	s := new(Secrets)
	s.Keep(spec.NewSecret("kept for good"))
	token := func(n int) string { return fmt.Sprintf("the token of turn %d", n) }
	var all sync.WaitGroup
	for n := range 100 {
		all.Go(func() {
			s.KeepToken(spec.NewSecret(token(n)), spec.NewSecret(""))
			s.Redact(token(n))
		})
	}
	all.Wait()
	for n := range 2 * (maxTokens - 1) {
		if n%(maxTokens-1) == 0 {
			s.KeepToken(spec.NewSecret("used now and then"))
		}
		s.KeepToken(spec.NewSecret(token(n)))
	}
	for _, text := range []string{"kept for good", "used now and then", token(maxTokens + 2), token(2*maxTokens - 3)} {
		if got := s.Redact(text); got != "[redacted]" {
			t.Errorf("%q became %q", text, got)
		}
	}
	if len(s.tokens) != maxTokens {
		t.Errorf("%d tokens are known", len(s.tokens))
	}
}

const canary = "CANARY+of/a=secret"

// echo is the error, and the event, of a request that a server answers so; out takes the answer.
func echo(t *testing.T, code int, body string, out any) (string, error) {
	t.Helper()
	var seen []Event
	s := &script{answers: []func(*http.Request) (*http.Response, error){status(code, body, "X-Request-Id", canary)}}
	c := New(Env{Transport: s, Observe: func(e Event) { seen = append(seen, e) }}, "main", spec.Rates{})
	c.Secrets.Keep(spec.NewSecret(""), spec.NewSecret(canary))
	c.Sign = func(_ context.Context, r *http.Request, _ []byte) error {
		r.Header.Set("Authorization", "SCHEME-1 Access=key, SignedHeaders=host;x-date, Signature=0123456789abcdef0123")
		return nil
	}
	c.Explain = func(e *Error, header http.Header, body []byte) {
		e.RequestID = header.Get("X-Request-Id")
		var f struct{ Code, Msg string }
		if json.Unmarshal(body, &f) == nil {
			e.Code, e.Message = f.Code, f.Msg
		}
	}
	_, err := c.Do(t.Context(), Request{Method: "POST", Base: "http://vendor.example", Path: "/" + canary}, out)
	return fmt.Sprintf("%v %+v", err, seen), err
}

func TestSecretsThatAreEchoedAreHidden(t *testing.T) {
	for name, body := range map[string]string{
		"message":           `{"msg":"you sent ` + canary + `"}`,
		"code":              `{"code":"` + canary + `"}`,
		"escaped":           `{"msg":"you sent CANARY\u002bof\/a\u003dsecret"}`,
		"escaped in a page": `<p>CANARY%2Bof%2Fa%3Dsecret</p>`,
		"page":              "<p>" + canary + "</p>",
		"base64 in a page":  "<p>" + base64.StdEncoding.EncodeToString([]byte(canary)) + "</p>",
		"cut by us":         "<p>" + strings.Repeat("x", 107) + canary + "</p>",
		"cut by them":       "<p>" + canary[:13] + "…</p>",
		"a type":            `{"msg":["` + canary + `"]}`,
	} {
		for _, code := range []int{200, 401, 503} {
			var out []int
			text, err := echo(t, code, body, &out)
			if err == nil || strings.Contains(text, "CANARY") || strings.Contains(text, "Q0FOQVJZ") || strings.Contains(text, "secret") || !strings.Contains(text, "[redacted]") {
				t.Errorf("%s, %d: %s", name, code, text)
			}
		}
	}
}

// The signature of a request is hidden, and what was signed is not: it helps to find out why the vendor computes another one.
func TestSignaturesAreHidden(t *testing.T) {
	for _, body := range []string{`{"msg":"not SignedHeaders=host;x-date with 0123456789ABCDEF0123"}`, "<p>SignedHeaders=host;x-date " + strings.Repeat("x", 81) + "0123456789abcdef0123</p>"} {
		for _, code := range []int{200, 401} {
			text, err := echo(t, code, body, new([]int))
			if err == nil || strings.Contains(text, "01234") || !strings.Contains(text, "SignedHeaders=host;x-date") {
				t.Errorf("%d: %s", code, text)
			}
		}
	}
}

// An error that had to be reworded is still what it was.
func TestTransportErrorsAreHidden(t *testing.T) {
	cause := fmt.Errorf("dial %s: %w", canary, dial)
	s := &script{answers: []func(*http.Request) (*http.Response, error){broken(&url.Error{Op: "Post", URL: "http://" + canary, Err: cause})}}
	c := New(Env{Transport: s}, "main", spec.Rates{})
	c.retries.left = 0
	c.Secrets.Keep(spec.NewSecret(canary))
	_, err := c.Do(t.Context(), Request{Method: "POST", Base: "http://vendor.example"}, nil)
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, dial) || e.Fate != provider.NotDone || strings.Contains(fmt.Sprint(err, e.Err), "CANARY") {
		t.Errorf("error %v", err)
	}
	c.Sign = func(context.Context, *http.Request, []byte) error { return cause }
	if _, err := c.Do(t.Context(), Request{Method: "POST", Base: "http://vendor.example"}, nil); !errors.Is(err, dial) || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("error %v", err)
	}
}

// The password of a proxy is not shown where net/http takes a part of it for the host. The environment is looked at once, so
// this runs in a process of its own.
func TestProxyPasswordsAreHidden(t *testing.T) {
	if os.Getenv("ENTITLECTL_TEST_PROXY") != "" {
		nowhere := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }}
		transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Resolver: nowhere}).DialContext}
		c := New(Env{Transport: transport}, "main", spec.Rates{})
		c.retries.left = 0
		_, err := c.Do(t.Context(), Request{Method: http.MethodPost, Base: "https://vendor.example"}, nil)
		t.Log(err)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxyPasswordsAreHidden$", "-test.v")
	clean := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.Contains(strings.ToUpper(v), "_PROXY=") })
	cmd.Env = append(clean, "ENTITLECTL_TEST_PROXY=1", "HTTPS_PROXY=http://user:p@CANARYCANARY/w@proxy.example:1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "proxyconnect tcp: dial tcp: lookup [redacted]") || strings.Contains(string(out), "CANARY") {
		t.Errorf("error %v:\n%s", err, out)
	}
}
