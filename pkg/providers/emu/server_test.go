package emu

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// send serves one request without a socket.
func send(s *Server, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

func TestCallLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{}, newToy())
		s.Advance(time.Hour)
		send(s, "POST", "/toy/words/a?x=1", "")
		send(s, "GET", "/nobody", "")
		send(s, "GET", "/_emulator/state", "")
		at := time.Now().UTC().Add(time.Hour)
		want := []Call{
			{Time: at, Method: "POST", Path: "/toy/words/a", Query: "x=1", Status: 201, Bytes: 6},
			{Time: at, Method: "GET", Path: "/nobody", Status: 404, Bytes: len(send(s, "GET", "/nobody", "").Body.String())},
		}
		if diff := cmp.Diff(want, s.Calls()[:2]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		lines := strings.Split(strings.TrimSpace(send(s, "GET", "/_emulator/calls", "").Body.String()), "\n")
		var first Call
		if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || len(lines) != 3 {
			t.Fatalf("%v in %d lines", err, len(lines))
		}
		if diff := cmp.Diff(want[0], first); diff != "" {
			t.Errorf("as JSON (-want +got):\n%s", diff)
		}
	})
}

func TestNobodysPath(t *testing.T) {
	w := send(New(Options{}, newToy()), "GET", "/nobody", "")
	var body struct {
		Code string `json:"error_code"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != 404 || body.Code != "APIGW.0101" {
		t.Errorf("%v: %d %s", err, w.Code, w.Body)
	}
}

func TestControl(t *testing.T) {
	s := New(Options{}, newToy())
	if err := s.LoadSeed([]byte("toy: {words: [a]}")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/_emulator/state", "", 200, "toy:\n    words: [a]\n"},
		{"POST", "/_emulator/faults", `[{"match":"GET /toy/words","kind":"garbage"}]`, 204, ""},
		{"GET", "/toy/words", "", 200, "<html>"},
		{"POST", "/_emulator/faults", `[]`, 204, ""},
		{"GET", "/toy/words", "", 200, `["a"]`},
		{"POST", "/_emulator/advance", `{"for":"24h"}`, 204, ""},
		{"POST", "/toy/words/b", "", 201, ""},
		{"POST", "/_emulator/faults", `[{"match":"GET /toy/words","kind":"garbage"}]`, 204, ""},
		{"POST", "/_emulator/reset", "", 204, ""},
		{"GET", "/_emulator/calls", "", 200, ""},
		{"GET", "/toy/words", "", 200, `["a"]`},

		{"POST", "/_emulator/faults", `{}`, 400, `{"error":`},
		{"POST", "/_emulator/faults", ``, 400, `{"error":`},
		{"POST", "/_emulator/faults", `[] []`, 400, `{"error":"more text`},
		{"POST", "/_emulator/faults", `[{"match":"GET /a","kind":"explode"}]`, 400, `{"error":"fault 1: unknown kind`},
		{"POST", "/_emulator/faults", `[{"match":"GET /a","kind":"hang","nht":1}]`, 400, `{"error":"json: unknown field`},
		{"POST", "/_emulator/faults", `[{"match":"GET /a","kind":"delay","for":"soon"}]`, 400, `{"error":"fault 1: for:`},
		{"POST", "/_emulator/advance", `{"for":"-1h"}`, 400, `{"error":`},
		{"POST", "/_emulator/advance", `{}`, 400, `{"error":`},
		{"POST", "/_emulator/advance", `{"by":"1h"}`, 400, `{"error":`},
		{"GET", "/_emulator/advance", ``, 405, `{"error":`},
		{"POST", "/_emulator/calls", ``, 405, `{"error":`},
		{"GET", "/_emulator/", ``, 404, `{"error":`},
		{"GET", "/_emulator/nothing", ``, 404, `{"error":`},
	} {
		before := s.Now()
		w := send(s, test.method, test.path, test.body)
		if w.Code != test.status || !strings.HasPrefix(w.Body.String(), test.says) {
			t.Errorf("%s %s %s: %d %q, want %d %q…", test.method, test.path, test.body, w.Code, w.Body, test.status, test.says)
		}
		moved := s.Now().Sub(before) >= 24*time.Hour
		if want := test.path == "/_emulator/advance" && test.status == 204; moved != want {
			t.Errorf("%s %s: clock moved: %v, want %v", test.path, test.body, moved, want)
		}
	}
	if n := len(s.Calls()); n != 1 {
		t.Errorf("%d calls since the reset, want 1", n)
	}
}

func TestControlOverTransport(t *testing.T) {
	s := New(Options{}, newToy())
	client := &http.Client{Transport: s.Transport()}
	if r := do(t.Context(), client, "POST", "http://any.example/_emulator/reset", ""); r.status != 204 {
		t.Errorf("got %+v", r)
	}
}

func TestBadSeeds(t *testing.T) {
	s := New(Options{}, newToy())
	if err := s.LoadSeed([]byte("toy: {words: [kept]}")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ seed, says string }{
		{"toy: {wrods: [a]}", `line 1: unknown key "wrods"`},
		{"toy:\n  words: [a]\n  words: [b]", "line 3"},
		{"toy: {words: [a]}\n\nyot: {}", `line 3: unknown vendor "yot"`},
		{"toy: {words: [a]}\ntoy: {}", `line 2: "toy" comes twice`},
		{"toy: {words: {a: b}}", "line 1"},
		{"toy: {words: [a,\n ~]}", "line 2: an item is missing"},
		{"toy: &x {words: [a]}", "line 1: a seed takes no anchors"},
		{"toy:\n  words: [&x a, *x]", "line 2: a seed takes no anchors"},
		{"toy: {<<: {words: [a]}}", `line 1: unknown key "<<"`},
		{"toy: {}\n---\ntoy: {}", "a seed is one document"},
		{"- toy", "line 1: a seed maps vendor names"},
		{"toy: [", "line 1"},
	} {
		if err := s.LoadSeed([]byte(test.seed)); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%q: error %v, want %q", test.seed, err, test.says)
		}
	}
	if state, err := s.State(); err != nil || string(state) != "toy:\n    words: [kept]\n" {
		t.Errorf("a bad seed changed the world to %s (%v)", state, err)
	}
	if err := s.LoadSeed(nil); err != nil {
		t.Errorf("an empty seed: %v", err)
	}
	if state, _ := s.State(); string(state) != "toy:\n    words: []\n" {
		t.Errorf("an empty seed left %s", state)
	}
}

func TestListenOnlyOnLoopback(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.org:0", "8.8.8.8:80", "127.0.0.1", ""} {
		if l, err := Listen(addr); err == nil {
			l.Close()
			t.Errorf("%q: no error", addr)
		}
	}
	for _, addr := range []string{"127.0.0.1:0", "localhost:0"} {
		l, err := Listen(addr)
		if err != nil {
			t.Errorf("%q: %v", addr, err)
			continue
		}
		l.Close()
	}
}

func TestClockNeverGoesBackOrOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Clock
		start := c.Now()
		c.Advance(time.Hour)
		c.Advance(-time.Minute)
		time.Sleep(time.Second)
		if got := c.Now().Sub(start); got != time.Hour+time.Second {
			t.Errorf("moved %v, want 1h0m1s", got)
		}
		for range 2 {
			c.Advance(math.MaxInt64)
			if c.Now().Sub(start) < 290*365*24*time.Hour {
				t.Errorf("at the far end it is %v", c.Now())
			}
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	s := New(Options{}, newToy())
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				send(s, "POST", "/toy/words/a", "")
				send(s, "GET", "/_emulator/calls", "")
				send(s, "GET", "/_emulator/state", "")
				_ = s.SetFaults([]Fault{{Match: "POST /toy/words/*", Kind: FaultLag, For: time.Nanosecond}})
				s.Advance(time.Second)
			}
		})
	}
	group.Wait()
	if n := len(s.Calls()); n != 400 {
		t.Errorf("%d calls, want 400", n)
	}
	if err := s.Reset(); err != nil || len(s.Calls()) != 0 {
		t.Errorf("reset: %v, %d calls", err, len(s.Calls()))
	}
}

func FuzzSeed(f *testing.F) {
	f.Add([]byte("toy: {words: [a]}"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := New(Options{}, newToy())
		if s.LoadSeed(data) != nil {
			return
		}
		state, err := s.State()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.LoadSeed(state); err != nil {
			t.Fatalf("the state does not load: %v\n%s", err, state)
		}
	})
}

func FuzzFaults(f *testing.F) {
	f.Add([]byte(`[{"match":"GET /a","kind":"refuse","status":503,"body":{"a":1}}]`), "/toy/words")
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		faults, err := ParseFaults(data)
		if err != nil {
			return
		}
		var set faultSet
		if set.set(faults) == nil {
			set.next("GET", path)
		}
	})
}
