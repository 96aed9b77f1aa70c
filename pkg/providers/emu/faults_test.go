package emu

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// result is what a client sees of a call.
type result struct {
	status int
	header http.Header
	body   string
	err    error // of the call
	cut    error // of reading the body
}

// carrier is a way to reach a server.
type carrier struct {
	name string
	// run gives a test a client and the base of URLs.
	run func(*testing.T, *Server, func(t *testing.T, client *http.Client, base string))
}

var carriers = []carrier{
	{"transport in synctest", func(t *testing.T, s *Server, f func(*testing.T, *http.Client, string)) {
		synctest.Test(t, func(t *testing.T) { f(t, &http.Client{Transport: s.Transport()}, "http://any.example") })
	}},
	{"socket", func(t *testing.T, s *Server, f func(*testing.T, *http.Client, string)) {
		l, err := Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error)
		go func() { served <- s.Serve(ctx, l) }()
		client := &http.Client{Transport: &http.Transport{}}
		f(t, client, "http://"+l.Addr().String())
		client.CloseIdleConnections()
		stop()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	}},
}

func do(ctx context.Context, client *http.Client, method, url, body string) (r result) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return result{err: err}
	}
	resp, err := client.Do(req)
	if err != nil {
		return result{err: err}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return result{resp.StatusCode, resp.Header, string(data), nil, err}
}

func TestFaults(t *testing.T) {
	const post = "POST /toy/words/*"
	tests := []struct {
		reason string
		fault  Fault
		done   bool
		check  func(*testing.T, result)
	}{
		{"a dropped reply is a cut connection after the work", Fault{Match: post, Kind: FaultDropReply}, true, func(t *testing.T, r result) {
			if !errors.Is(r.err, syscall.ECONNRESET) && !errors.Is(r.err, io.EOF) {
				t.Errorf("error %v, want a cut connection", r.err)
			}
		}},
		{"refused calls are not done", Fault{Match: post, Kind: FaultRefuse, Status: 503, Body: "{}", RetryAfter: 1500 * time.Millisecond}, false, func(t *testing.T, r result) {
			if r.status != 503 || r.body != "{}" || r.header.Get("Retry-After") != "2" {
				t.Errorf("got %+v", r)
			}
		}},
		{"unless they say so", Fault{Match: post, Kind: FaultRefuse, Status: 500, Done: true}, true, func(t *testing.T, r result) {
			if r.status != 500 || r.body != "" {
				t.Errorf("got %+v", r)
			}
		}},
		{"the vendor words its throttling", Fault{Match: post, Kind: FaultThrottle, RetryAfter: 30 * time.Second}, false, func(t *testing.T, r result) {
			if r.status != 429 || r.body != "toy says slow down\n" || r.header.Get("Retry-After") != "30" {
				t.Errorf("got %+v", r)
			}
		}},
		{"half a body, then nothing", Fault{Match: post, Kind: FaultTruncate}, true, func(t *testing.T, r result) {
			if r.status != 201 || r.body != `["hel` || !errors.Is(r.cut, io.ErrUnexpectedEOF) {
				t.Errorf("got %+v", r)
			}
		}},
		{"garbage looks like success and does nothing", Fault{Match: post, Kind: FaultGarbage}, false, func(t *testing.T, r result) {
			if r.status != 200 || !strings.HasPrefix(r.body, "<html>") || r.header.Get("Content-Type") != "text/html" {
				t.Errorf("got %+v", r)
			}
		}},
		{"a delayed call is done", Fault{Match: post, Kind: FaultDelay, For: time.Millisecond}, true, func(t *testing.T, r result) {
			if r.status != 201 {
				t.Errorf("got %+v", r)
			}
		}},
	}
	for _, via := range carriers {
		for _, test := range tests {
			t.Run(via.name+"/"+test.reason, func(t *testing.T) {
				v := newToy()
				s := New(Options{}, v)
				via.run(t, s, func(t *testing.T, client *http.Client, base string) {
					test.fault.Count = 1
					if err := s.SetFaults([]Fault{test.fault}); err != nil {
						t.Fatal(err)
					}
					test.check(t, do(t.Context(), client, "POST", base+"/toy/words/hello", "x"))
					if done := len(v.all()) == 1; done != test.done {
						t.Errorf("done: %v, want %v", done, test.done)
					}
					if again := do(t.Context(), client, "POST", base+"/toy/words/hello", "x"); again.status != 201 || again.cut != nil {
						t.Errorf("the next call: %+v, want it done as usual", again)
					}
					if c := s.Calls()[0]; c.Fault != test.fault.Kind || c.Method != "POST" || c.Path != "/toy/words/hello" {
						t.Errorf("logged %+v", c)
					}
				})
			})
		}
	}
}

func TestHangEndsWithTheClient(t *testing.T) {
	for _, via := range carriers {
		t.Run(via.name, func(t *testing.T) {
			v := newToy()
			s := New(Options{}, v)
			via.run(t, s, func(t *testing.T, client *http.Client, base string) {
				if err := s.SetFaults([]Fault{{Match: "* /toy/**", Kind: FaultHang}}); err != nil {
					t.Fatal(err)
				}
				ctx, leave := context.WithCancel(t.Context())
				go func() {
					for len(s.Calls()) == 0 {
						time.Sleep(time.Millisecond)
					}
					leave()
				}()
				if r := do(ctx, client, "POST", base+"/toy/words/hello", "x"); !errors.Is(r.err, context.Canceled) {
					t.Errorf("got %+v, want a cancelled call", r)
				}
				if calls := s.Calls(); len(v.all()) != 0 || calls[0].Status != 0 {
					t.Errorf("done: %v, logged %+v", v.all(), calls)
				}
			})
		})
	}
}

// TestHangNoticesThatTheClientLeft waits for the server's side of a hanging call.
func TestHangNoticesThatTheClientLeft(t *testing.T) {
	s := New(Options{}, newToy())
	if err := s.SetFaults([]Fault{{Match: "* /**", Kind: FaultHang}}); err != nil {
		t.Fatal(err)
	}
	begun, ended := make(chan bool), make(chan bool)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun <- true
		s.ServeHTTP(w, r)
		ended <- true
	}))
	ctx, leave := context.WithCancel(t.Context())
	go func() { <-begun; leave() }()
	do(ctx, web.Client(), "POST", web.URL+"/toy/words/hello", strings.Repeat("x", 1<<20))
	<-ended
	web.Close()
}

func TestVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Latency: 2 * time.Second}, newToy())
		if err := s.SetFaults([]Fault{
			{Match: "POST /toy/words/slow", Kind: FaultDelay, For: time.Minute},
			{Match: "POST /toy/words/never", Kind: FaultHang},
		}); err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: s.Transport(), Timeout: 90 * time.Second}
		for _, test := range []struct {
			name string
			took time.Duration
		}{{"fast", 2 * time.Second}, {"slow", 62 * time.Second}, {"never", 90 * time.Second}} {
			start := time.Now()
			r := do(t.Context(), client, "POST", "http://any.example/toy/words/"+test.name, "")
			if took := time.Since(start); took != test.took {
				t.Errorf("%s took %v, want %v", test.name, took, test.took)
			}
			var timeout net.Error
			if late := errors.As(r.err, &timeout) && timeout.Timeout(); late != (test.name == "never") {
				t.Errorf("%s: %v", test.name, r.err)
			}
		}
	})
}

func TestDeadlineDuringDelayKeepsWhatWasDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newToy()
		s := New(Options{}, v)
		if err := s.SetFaults([]Fault{{Match: "POST /toy/**", Kind: FaultDelay, For: time.Hour}}); err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: s.Transport(), Timeout: time.Second}
		if r := do(t.Context(), client, "POST", "http://any.example/toy/words/a", ""); r.err == nil || len(v.all()) != 1 {
			t.Errorf("got %+v with %v done", r, v.all())
		}
		if c := s.Calls()[0]; c.Status != 201 || c.Bytes != 0 {
			t.Errorf("logged %+v, want an answer of which nothing was sent", c)
		}
	})
}

func TestLag(t *testing.T) {
	for _, via := range carriers {
		t.Run(via.name, func(t *testing.T) {
			s := New(Options{}, newToy())
			via.run(t, s, func(t *testing.T, client *http.Client, base string) {
				call := func(method, path string) string { return do(t.Context(), client, method, base+path, "").body }
				call("POST", "/toy/words/old")
				if err := s.SetFaults([]Fault{{Match: "* /toy/words/*", Kind: FaultLag, For: time.Hour}}); err != nil {
					t.Fatal(err)
				}
				call("POST", "/toy/words/new")
				call("DELETE", "/toy/words/old")
				if got := call("GET", "/toy/words"); got != "[\"old\"]\n" {
					t.Errorf("at once: %s, want the older view", got)
				}
				s.Advance(time.Hour)
				if got := call("GET", "/toy/words"); got != "[\"new\"]\n" {
					t.Errorf("an hour later: %s, want the writes", got)
				}
			})
		})
	}
}

func TestWhichCallsAFaultSpoils(t *testing.T) {
	for _, test := range []struct {
		reason     string
		nth, count int
		want       string // x is spoiled
	}{
		{"every call", 0, 0, "xxxxx"},
		{"the second only", 2, 0, ".x..."},
		{"the first two", 0, 2, "xx..."},
		{"two from the third on", 3, 2, "..xx."},
	} {
		t.Run(test.reason, func(t *testing.T) {
			s := New(Options{}, newToy())
			if err := s.SetFaults([]Fault{{Match: "GET /toy/*", Kind: FaultGarbage, Nth: test.nth, Count: test.count}}); err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for range 5 {
				s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/toy/words", nil)) // not counted
				w := httptest.NewRecorder()
				s.ServeHTTP(w, httptest.NewRequest("GET", "/toy/words", nil))
				if strings.HasPrefix(w.Body.String(), "<html>") {
					got.WriteString("x")
				} else {
					got.WriteString(".")
				}
			}
			if got.String() != test.want {
				t.Errorf("spoiled %s, want %s", got.String(), test.want)
			}
		})
	}
}

func TestFaultsCountApart(t *testing.T) {
	s := New(Options{}, newToy())
	if err := s.SetFaults([]Fault{
		{Match: "GET /toy/words", Kind: FaultRefuse, Status: 501, Nth: 1},
		{Match: "GET /toy/*", Kind: FaultRefuse, Status: 502, Nth: 2},
		{Match: "* /toy/*", Kind: FaultRefuse, Status: 503, Nth: 2},
	}); err != nil {
		t.Fatal(err)
	}
	var got []int
	for range 3 {
		got = append(got, send(s, "GET", "/toy/words", "").Code)
	}
	if want := []int{501, 502, 200}; !cmp.Equal(got, want) {
		t.Errorf("statuses %v, want %v: all count, the first wins", got, want)
	}
}

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		match, method, path string
		want                bool
	}{
		{"POST /v1/*/a", "POST", "/v1/p/a", true},
		{"POST /v1/*/a", "GET", "/v1/p/a", false},
		{"POST /v1/*/a", "POST", "/v1/p/q/a", false},
		{"POST /v1/*/a", "POST", "/v1/p/a/b", false},
		{"POST /v1/*/a/b", "POST", "/v1/p/a", false},
		{"* /v1/**", "PUT", "/v1/p/a", true},
		{"* /v1/**", "PUT", "/v2/p/a", false},
		{"GET /", "GET", "/", true},
		{"GET /", "GET", "/a", false},
	} {
		if got := (Fault{Match: test.match}).matches(test.method, test.path); got != test.want {
			t.Errorf("%q matches %s %s: %v, want %v", test.match, test.method, test.path, got, test.want)
		}
	}
}

func TestParseFaults(t *testing.T) {
	got, err := ParseFaults([]byte(`[
		{"match":"GET /a","nth":2,"kind":"refuse","status":503,"body":"busy","retryAfter":"2s"},
		{"match":"GET /a","kind":"refuse","status":400,"body":{"a": 1},"done":true},
		{"match":"GET /a","kind":"lag","for":"1m30s","count":3}]`))
	want := []Fault{
		{Match: "GET /a", Kind: FaultRefuse, Nth: 2, Status: 503, Body: "busy", RetryAfter: 2 * time.Second},
		{Match: "GET /a", Kind: FaultRefuse, Status: 400, Body: `{"a": 1}`, Done: true},
		{Match: "GET /a", Kind: FaultLag, Count: 3, For: 90 * time.Second},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, difference (-want +got):\n%s", err, diff)
	}
}

func TestBadFaultsChangeNothing(t *testing.T) {
	s := New(Options{}, newToy())
	if err := s.SetFaults([]Fault{{Match: "GET /toy/*", Kind: FaultGarbage}}); err != nil {
		t.Fatal(err)
	}
	for _, f := range []Fault{
		{},
		{Match: "GET /a"},
		{Match: "GET /a", Kind: "explode"},
		{Match: "/a", Kind: FaultHang},
		{Match: "GET a", Kind: FaultHang},
		{Match: "GET /a?b=c", Kind: FaultHang},
		{Match: "GET /a", Kind: FaultHang, Nth: -1},
		{Match: "GET /a", Kind: FaultHang, For: time.Second},
		{Match: "GET /a", Kind: FaultHang, Status: 500},
		{Match: "GET /a", Kind: FaultHang, RetryAfter: time.Second},
		{Match: "GET /a", Kind: FaultDelay},
		{Match: "GET /a", Kind: FaultLag},
		{Match: "GET /a", Kind: FaultRefuse},
		{Match: "GET /a", Kind: FaultRefuse, Status: 600},
		{Match: "GET /a", Kind: FaultRefuse, Status: 199},
	} {
		if err := s.SetFaults([]Fault{f}); err == nil {
			t.Errorf("%+v: no error", f)
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/toy/words", nil))
	if !strings.HasPrefix(w.Body.String(), "<html>") {
		t.Error("the fault that was set is gone")
	}
}
