package wps365_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365/wps365emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Fault matrix, row 9: a token is renewed before it ends, and once when it is refused nevertheless; where none is to be had,
// nothing is sent.
func TestFault09TokenExpiry(t *testing.T) {
	t.Run("before its end", renewedBeforeItsEnd)
	t.Run("refused", renewedOnce)
	t.Run("not to be had", nothingWithoutToken)
}

func renewedBeforeItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTenant(t, wps365emu.Options{}, seed)
		w := c.open(t)
		for _, step := range []struct {
			after  time.Duration
			tokens int // asked for so far
		}{{0, 1}, {time.Minute, 1}, {113 * time.Minute, 1}, {time.Minute, 2}, {114 * time.Minute, 2}, {2 * time.Hour, 3}} {
			time.Sleep(step.after)
			if _, err := w.Read(t.Context(), providertest.All(desired("eng", spec.Resource{}))); err != nil {
				t.Fatal(err)
			}
			if n := c.Count("POST", token); n != step.tokens {
				t.Errorf("after %v: %d tokens, want %d", step.after, n, step.tokens)
			}
		}
	})
}

// renewedOnce: a second refusal is final.
func renewedOnce(t *testing.T) {
	refusal := emu.Fault{Match: "GET " + groups, Kind: emu.FaultRefuse, Status: 401, Body: `{"code":40100011,"msg":"InvalidToken"}`, Nth: 1}
	for _, status := range []int{401, 200} {
		for count, calls := range map[int][2]int{1: {2, 2}, 1000: {2, 2}} { // lists and tokens
			refusal.Count, refusal.Status = count, status
			c := newTenant(t, wps365emu.Options{}, seed)
			c.Fault(t, refusal)
			_, err := c.open(t).Read(t.Context(), providertest.All(desired("eng", spec.Resource{})))
			if ok := err == nil; ok != (count == 1) || !ok && httpx.Status(err) != http.StatusUnauthorized {
				t.Errorf("refused %d times: error %v", count, err)
			}
			if got := [2]int{c.Count("GET", groups), c.Count("POST", token)}; got != calls {
				t.Errorf("refused %d times: calls %v, want %v", count, got, calls)
			}
		}
	}
}

func nothingWithoutToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTenant(t, wps365emu.Options{}, seed)
		w := c.open(t)
		c.plan(t, w, newGroup())
		time.Sleep(3 * time.Hour)
		c.Fault(t, emu.Fault{Match: "POST " + token, Kind: emu.FaultRefuse, Status: 401, Body: `{"code":40100008,"msg":""}`})
		told := 0
		err := w.Do(t.Context(), "mail_groups", createNew, func() error { told++; return nil })
		if !notDone(err) || !provider.FailureOf(err).Unauthorized || len(c.writes()) > 0 || told > 0 {
			t.Errorf("error %v, writes %q, told %d times", err, c.writes(), told)
		}
	})
}

func TestWrongKeyIsNotRepeated(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, seed)
	w := c.OpenAs(t, map[string]spec.Secret{"appId": c.Secrets["appId"], "appKey": spec.NewSecret("a canary")})
	_, err := w.Read(t.Context(), providertest.All(desired("eng", spec.Resource{})))
	if !provider.FailureOf(err).Unauthorized || len(c.Calls()) != 1 || !notDone(err) || strings.Contains(err.Error(), "canary") {
		t.Errorf("error %v after %d calls", err, len(c.Calls()))
	}
}

// No error and no event shows a token, however the answer that holds it is spoiled.
func TestTokensStaySecret(t *testing.T) {
	const answer = `{"access_token":"CANARY","refresh_token":"CANARY"`
	for _, body := range []string{answer, answer + `,"expires_in":{}}`, answer + `}}`, `{"access_token":["CANARY"]}`, `"CANARY"`,
		answer + `,"code":40100009,"msg":"CANARY"}`} {
		for _, status := range []int{200, 403, 500} {
			synctest.Test(t, func(t *testing.T) {
				c := newTenant(t, wps365emu.Options{}, seed)
				c.Fault(t, emu.Fault{Match: "POST " + token, Kind: emu.FaultRefuse, Status: status, Body: body})
				_, err := c.open(t).Read(t.Context(), providertest.All(desired("eng", spec.Resource{})))
				if err == nil || strings.Contains(fmt.Sprint(err, c.Events), "CANARY") {
					t.Errorf("%d %s: error %v, events %v", status, body, err, c.Events)
				}
			})
		}
	}
}

// parrot is a vendor that refuses what was sent in words that show it.
type parrot struct {
	next http.RoundTripper
	path string                   // of the calls that it refuses
	say  func(sent string) string // how it shows what was sent
	sent map[string]bool          // tokens
}

func (p *parrot) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body))
	_, signature, _ := strings.Cut(r.Header.Get("X-Kso-Authorization"), ":")
	var shown string
	for _, token := range []string{strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), signature, form.Get("refresh_token"), form.Get("client_secret")} {
		if token != "" && r.URL.Path == p.path {
			p.sent[token] = true
			shown += " " + p.say(token)
		}
	}
	if shown == "" {
		return p.next.RoundTrip(r)
	}
	return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"code":403000001,"msg":"` + shown + `"}`))}, nil
}

// A vendor that shows what it was sent, in whatever form, shows it to nobody.
func TestEchoedTokensAreHidden(t *testing.T) {
	for name, say := range map[string]func(string) string{
		"raw":     func(s string) string { return s },
		"cut":     func(s string) string { return s[:min(len(s), 20)] },
		"escaped": func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%", `\u0025`) },
		"base64":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte("Bearer " + s)) },
		"hex":     func(s string) string { return fmt.Sprintf("%X", s) },
	} {
		for _, path := range []string{groups, token} {
			t.Run(name+path, func(t *testing.T) {
				c := newTenant(t, wps365emu.Options{}, seed)
				p := &parrot{next: c.Via, say: say, sent: map[string]bool{}}
				c.Via = p
				w := c.OpenAs(t, asUser(wps365emu.RefreshToken))
				c.apply(t, c.OpenAs(t, asUser(wps365emu.RefreshToken)), newGroup()) // the file's refresh token is spent
				c.plan(t, w, desired("two", made))
				p.path = path
				change := createNew[0]
				change.Resource = "two@x.example"
				err := w.Do(t.Context(), "mail_groups", append(createNew[:0:0], change), nil)
				text := fmt.Sprint(err, c.Events)
				if err == nil || len(p.sent) < 2 || !strings.Contains(text, "[redacted]") {
					t.Fatalf("error %v; %d tokens were shown", err, len(p.sent))
				}
				for sent := range p.sent {
					if shown := say(sent); strings.Contains(text, shown[len(shown)/4:max(len(shown)/4+1, len(shown)*3/4)]) {
						t.Errorf("%s is shown in %s", sent, text)
					}
				}
			})
		}
	}
}

func TestUserToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTenant(t, wps365emu.Options{UserWrites: true}, seed)
		file := asUser(wps365emu.RefreshToken)
		if _, result := c.apply(t, c.open(t), newGroup()); result.Summary.Refused != 1 || !strings.Contains(result.Connections[0].Changes[0].Detail, "auth: refreshToken") {
			t.Errorf("as the app: %+v", result.Connections[0].Changes)
		}
		for n, name := range []string{"new", "two", "three"} { // each as a new process
			w := c.OpenAs(t, file)
			if _, result := c.apply(t, w, desired(name, made)); !result.Summary.Clean() {
				t.Fatalf("%s: %+v", name, result.Connections[0].Changes)
			}
			time.Sleep(3 * time.Hour) // the access token has ended, the refresh token has not
			if _, result := c.apply(t, w, desired(name+"2", made)); !result.Summary.Clean() {
				t.Fatalf("%s: %+v", name, result.Connections[0].Changes)
			}
			if spent := strings.Count(strings.Join(c.Bodies(token), "\n"), "grant_type=refresh_token"); spent != 2*n+2 {
				t.Errorf("%d refresh tokens spent", spent)
			}
		}
		for key := range c.KV.Values {
			if strings.Contains(key, "eyJ") {
				t.Errorf("the store has the key %q", key)
			}
		}
	})
}

// The new refresh token is kept before its answer is used, and a store that takes nothing does not cost the old one.
func TestRefreshTokenIsKeptFirst(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, seed)
	w := c.OpenAs(t, asUser(wps365emu.RefreshToken))
	c.plan(t, w, newGroup())
	c.KV.Full = true
	if err := w.Do(t.Context(), "mail_groups", createNew, nil); !notDone(err) || !strings.Contains(err.Error(), "the disk is full") || len(c.writes()) > 0 {
		t.Errorf("error %v, writes %q", err, c.writes())
	}
	if body := strings.Join(c.Bodies(token), "\n"); strings.Contains(body, wps365emu.RefreshToken) {
		t.Error("the refresh token was spent although nothing could be kept")
	}
	c.KV.Full = false
	if err := w.Do(t.Context(), "mail_groups", createNew, nil); err != nil {
		t.Fatal(err)
	}
	if kept := c.KV.Kept; len(kept) != 3 || !strings.Contains(kept[0], wps365emu.RefreshToken) || !strings.Contains(kept[1], "eyJyZWZyZXNo") {
		t.Errorf("kept %q", kept)
	}
}

// When the new token can't be kept although the old one could, nothing is written; it is kept at the next chance.
func TestRefreshTokenThatCouldNotBeKept(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, seed)
	w := c.OpenAs(t, asUser(wps365emu.RefreshToken))
	c.plan(t, w, newGroup())
	c.Answered = func(r *http.Request) { c.KV.Full = r.URL.Path == token }
	if err := w.Do(t.Context(), "mail_groups", createNew, nil); !notDone(err) || len(c.writes()) > 0 {
		t.Errorf("error %v, writes %q", err, c.writes())
	}
	c.Answered, c.KV.Full = nil, false
	if err := w.Do(t.Context(), "mail_groups", createNew, nil); err != nil {
		t.Error(err)
	}
}

// A new refresh token in the file ends the chain that the old one began; a spent one is said to be spent.
func TestRefreshTokenIsReplaced(t *testing.T) {
	c := newTenant(t, wps365emu.Options{}, seed)
	c.apply(t, c.OpenAs(t, asUser(wps365emu.RefreshToken)), newGroup())
	_, result := c.apply(t, c.OpenAs(t, asUser("another")), desired("two", made))
	if detail := result.Connections[0].Changes[0].Detail; !strings.Contains(detail, "let the user consent again") || strings.Contains(detail, "another") {
		t.Errorf("detail %q", detail)
	}
	c.KV = nil
	w := c.OpenAs(t, asUser(wps365emu.RefreshToken))
	c.plan(t, w, desired("two", made))
	change := createNew[0]
	change.Resource = "two@x.example"
	if err := w.Do(t.Context(), "mail_groups", append(createNew[:0:0], change), nil); !notDone(err) || !strings.Contains(err.Error(), "no state to keep it in") {
		t.Errorf("without a store: %v", err)
	}
}

func TestPrefixAndSigning(t *testing.T) {
	to := func(c *spec.Connection) { c.Endpoints[""] = "http://127.0.0.1:1/openapi/" }
	unsigned := func(c *spec.Connection) { c.Settings["sign"] = "false" }
	for name, tc := range map[string]struct {
		opts wps365emu.Options
		to   func(*spec.Connection)
		ok   bool
	}{
		"prefix":                     {wps365emu.Options{Prefix: "/openapi"}, to, true},
		"no signing":                 {wps365emu.Options{Unsigned: true}, unsigned, true},
		"no signing where it is due": {wps365emu.Options{}, unsigned, false},
		"signing where it is not":    {wps365emu.Options{Unsigned: true}, nil, true},
		"a date that is looked at":   {wps365emu.Options{MaxSkew: time.Minute}, nil, true},
		"an expiry in words":         {wps365emu.Options{TextExpiry: true}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTenant(t, tc.opts, seed)
			w := c.OpenAs(t, asUser(wps365emu.RefreshToken), tc.to)
			_, err := w.Read(t.Context(), providertest.All(newGroup()))
			if err == nil {
				err = w.Do(t.Context(), "mail_groups", createNew, nil)
			}
			if (err == nil) != tc.ok {
				t.Errorf("error %v", err)
			}
		})
	}
}
