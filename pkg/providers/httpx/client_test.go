package httpx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// script answers requests in turn; the last answer stays. It notes when each request came.
type script struct {
	answers []func(*http.Request) (*http.Response, error)
	mu      sync.Mutex
	times   []time.Time
	bodies  []string
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.times, s.bodies = append(s.times, time.Now()), append(s.bodies, string(body))
	answer := s.answers[min(len(s.times), len(s.answers))-1]
	s.mu.Unlock()
	return answer(r)
}

func status(code int, body string, header ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
		return w.Result(), nil
	}
}

func broken(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func silent(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func cut(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(strings.NewReader(`{"a"`), errReader{}))}, nil
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

var (
	reset = &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	dial  = &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	ok    = status(200, `{"a":1}`)
)

// Which faults are repeated, how often, and what is known afterwards.
func TestRetries(t *testing.T) {
	for _, tc := range []struct {
		name       string
		answers    []func(*http.Request) (*http.Response, error)
		get, write int // requests sent; a negative number means that it fails in the end
		writeFate  provider.Fate
	}{
		{"success", []func(*http.Request) (*http.Response, error){ok}, 1, 1, 0},
		{"once 503", []func(*http.Request) (*http.Response, error){status(503, ""), ok}, 2, -1, provider.Unknown},
		{"always 500", []func(*http.Request) (*http.Response, error){status(500, "")}, -4, -1, provider.Unknown},
		{"always 500 in the vendor's own words", []func(*http.Request) (*http.Response, error){status(500, "own")}, -4, -1, provider.Failed},
		{"a gateway that waited in vain", []func(*http.Request) (*http.Response, error){status(408, ""), ok}, 2, -1, provider.Unknown},
		{"a name twice", []func(*http.Request) (*http.Response, error){status(200, `{"a":1,"A":2}`)}, -4, -1, provider.Unknown},
		{"once reset", []func(*http.Request) (*http.Response, error){broken(reset), ok}, 2, -1, provider.Unknown},
		{"once not connected", []func(*http.Request) (*http.Response, error){broken(dial), ok}, 2, 2, 0},
		{"never connected", []func(*http.Request) (*http.Response, error){broken(dial)}, -4, -4, provider.NotDone},
		{"throttled for a while", []func(*http.Request) (*http.Response, error){status(429, ""), status(429, ""), ok}, 3, 3, 0},
		{"throttled for ever", []func(*http.Request) (*http.Response, error){status(429, "")}, -10, -10, provider.NotDone},
		{"refused", []func(*http.Request) (*http.Response, error){status(400, ""), ok}, -1, -1, provider.NotDone},
		{"redirected", []func(*http.Request) (*http.Response, error){status(302, "", "Location", "http://elsewhere.example/"), ok}, -1, -1, provider.NotDone},
		{"HTML instead of JSON", []func(*http.Request) (*http.Response, error){status(200, "<html>hi</html>")}, -4, -1, provider.Unknown},
		{"empty", []func(*http.Request) (*http.Response, error){status(200, "")}, -4, -1, provider.Unknown},
		{"cut off", []func(*http.Request) (*http.Response, error){cut, ok}, 2, -1, provider.Unknown},
		{"silent", []func(*http.Request) (*http.Response, error){silent}, -2, -1, provider.Unknown},
	} {
		for method, want := range map[string]int{http.MethodGet: tc.get, http.MethodPost: tc.write} {
			t.Run(tc.name+" "+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &script{answers: tc.answers}
					c := New(Env{Transport: s}, "main", spec.Rates{})
					c.Explain = func(e *Error, _ http.Header, body []byte) { e.Own = string(body) == "own" }
					var out struct{ A int }
					_, err := c.Do(t.Context(), Request{Method: method, Base: "http://vendor.example", Path: "/x"}, &out)
					if n := len(s.times); n != max(want, -want) || (err != nil) != (want < 0) {
						t.Fatalf("%d requests, error %v; want %d", n, err, want)
					}
					if err == nil {
						return
					}
					var e *Error
					if !errors.As(err, &e) || method == http.MethodPost && provider.FailureOf(err).Fate != tc.writeFate {
						t.Errorf("error %#v, want fate %v", err, tc.writeFate)
					}
				})
			})
		}
	}
}

func TestRepeatableWriteIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []func(*http.Request) (*http.Response, error){broken(reset), ok}}
		_, err := New(Env{Transport: s}, "main", spec.Rates{}).Do(t.Context(), Request{Method: "POST", Base: "http://vendor.example", Repeatable: true, Body: map[string]int{"n": 1}}, nil)
		if err != nil || len(s.times) != 2 || s.bodies[1] != `{"n":1}` {
			t.Errorf("error %v, bodies %q", err, s.bodies)
		}
	})
}

// An interrupted run finishes the write that is on its way, and sends no other.
func TestInterruptedWriteIsFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		slow := func(r *http.Request) (*http.Response, error) {
			cancel()
			select {
			case <-r.Context().Done():
				return nil, r.Context().Err()
			case <-time.After(5 * time.Second):
				return status(200, "")(r)
			}
		}
		s := &script{answers: []func(*http.Request) (*http.Response, error){slow}}
		c := New(Env{Transport: s}, "main", spec.Rates{})
		if _, err := c.Do(ctx, Request{Method: "POST", Base: "http://vendor.example"}, nil); err != nil {
			t.Errorf("the write in flight was lost: %v", err)
		}
		if _, err := c.Do(ctx, Request{Method: "POST", Base: "http://vendor.example"}, nil); provider.FailureOf(err).Fate != provider.NotDone || len(s.times) != 1 {
			t.Errorf("error %v after %d requests, want none sent", err, len(s.times))
		}
	})
}

// What is written down before a request comes once, at the request's own turn; where it can't be written down, nothing is sent.
func TestBeforeSend(t *testing.T) {
	throttled := status(429, "", "Retry-After", "1")
	for _, tc := range []struct {
		name     string
		err      error
		busy     bool // the turn would come after the run's time
		told     int
		requests int
		fate     provider.Fate
	}{
		{"once for three tries", nil, false, 1, 3, provider.Accepted},
		{"the disk is full", errors.New("the disk is full"), false, 1, 0, provider.NotDone},
		{"its turn never comes", nil, true, 0, 0, provider.NotDone},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []func(*http.Request) (*http.Response, error){throttled, throttled, ok}}
				c := New(Env{Transport: s}, "main", spec.Rates{Write: spec.PerMinute(1)})
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				if tc.busy {
					s.answers = s.answers[2:]
					if _, err := c.Do(ctx, Request{Method: "POST", Base: "http://vendor.example"}, nil); err != nil {
						t.Fatal(err)
					}
					ctx, cancel = context.WithTimeout(t.Context(), time.Second)
				}
				defer cancel()
				before, told := len(s.times), 0
				_, err := c.Do(ctx, Request{Method: "POST", Base: "http://vendor.example", BeforeSend: func() error {
					if told++; len(s.times) != before {
						t.Error("it was told after the request was sent")
					}
					return tc.err
				}}, nil)
				if n := len(s.times) - before; told != tc.told || n != tc.requests || provider.FailureOf(err).Fate != tc.fate {
					t.Errorf("told %d times, %d requests, error %v", told, n, err)
				}
			})
		})
	}
}

func TestQueryAndSigning(t *testing.T) {
	s := &script{answers: []func(*http.Request) (*http.Response, error){func(r *http.Request) (*http.Response, error) {
		if r.URL.RawQuery != "a=x%20y%2Bz" {
			t.Errorf("query %q: a space must be %%20", r.URL.RawQuery)
		}
		if r.Header.Get("Authorization") != `signed {"n":1}` {
			t.Errorf("header %v", r.Header)
		}
		return ok(r)
	}}}
	c := New(Env{Transport: s, UserAgent: "entitlectl/test"}, "main", spec.Rates{})
	c.Sign = func(_ context.Context, r *http.Request, body []byte) error {
		r.Header.Set("Authorization", "signed "+string(body))
		return nil
	}
	if _, err := c.Do(t.Context(), Request{Method: "POST", Base: "http://vendor.example", Query: url.Values{"a": {"x y+z"}}, Body: map[string]int{"n": 1}}, nil); err != nil {
		t.Fatal(err)
	}
}

func TestErrorSaysWhatAndWhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []func(*http.Request) (*http.Response, error){status(403, `{"code":"X.1","msg":"no"}`)}}
		c := New(Env{Transport: s}, "main", spec.Rates{})
		c.Explain = func(e *Error, h http.Header, body []byte) {
			var m map[string]string
			if json.Unmarshal(body, &m) == nil {
				e.Code, e.Message, e.RequestID = m["code"], m["msg"], "r1"
			}
		}
		_, err := c.Do(t.Context(), Request{Method: "GET", Base: "http://vendor.example", Path: "/things"}, nil)
		if want := "GET http://vendor.example/things: http 403 X.1: no (request r1)"; fmt.Sprint(err) != want {
			t.Errorf("error %q, want %q", err, want)
		}
		if Status(err) != 403 || Code(err) != "X.1" {
			t.Errorf("status %d, code %q", Status(err), Code(err))
		}
	})
}
