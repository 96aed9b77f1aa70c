// Package emutest is what the tests of every emulator share: a client in process, and what must hold of any vendor's seeds and
// switches. It knows no vendor.
package emutest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/google/go-cmp/cmp"
)

// Client sends requests to an emulator of one vendor, without a socket.
type Client struct {
	testing.TB
	*emu.Server
}

// Start makes an emulator with the world of a seed.
func Start(t testing.TB, vendor emu.Vendor, seed string) Client {
	t.Helper()
	c := Client{t, emu.New(emu.Options{}, vendor)}
	if err := c.LoadSeed([]byte(seed)); err != nil {
		t.Fatal(err)
	}
	return c
}

// Request makes a request for a call, as in "POST /v7/groups", with a body as [Text] has it.
func (c Client) Request(call string, body any) *http.Request {
	c.Helper()
	method, target, _ := strings.Cut(call, " ")
	r := httptest.NewRequest(method, target, strings.NewReader(Text(c, body)))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// Text is a body: nothing, text as it is, or a value as JSON.
func Text(t testing.TB, body any) string {
	t.Helper()
	text, ok := body.(string)
	if ok || body == nil {
		return text
	}
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Answer is what came back. Values that bodies are read into may embed it.
type Answer struct {
	Status int         `json:"-"`
	Header http.Header `json:"-"`
	Text   string      `json:"-"`
}

// Send sends a request as it is, and reads the answer into a value if it is JSON.
func (c Client) Send(r *http.Request, into any) Answer {
	c.Helper()
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			c.Fatalf("%s %s: %v in %s", r.Method, r.URL, err, w.Body)
		}
	}
	return Answer{w.Code, w.Header(), w.Body.String()}
}

// Dump is the world as a seed.
func (c Client) Dump() string {
	c.Helper()
	state, err := c.State()
	if err != nil {
		c.Fatal(err)
	}
	return string(state)
}

// Saved is the world as a seed from which another server goes on.
func (c Client) Saved() string {
	c.Helper()
	state, err := c.Save()
	if err != nil {
		c.Fatal(err)
	}
	return string(state)
}

// Spoil sets faults.
func (c Client) Spoil(faults ...emu.Fault) {
	c.Helper()
	if err := c.SetFaults(faults); err != nil {
		c.Fatal(err)
	}
}

// Same wants two values to be equal.
func Same(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// Change returns a request after it was changed.
func Change(r *http.Request, change func(*http.Request)) *http.Request {
	change(r)
	return r
}

// Many returns n values, made of their numbers.
func Many[T any](n int, f func(int) T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}
