package providers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// storm is the way to Huawei Cloud's emulator on a bad day. It spoils requests at random, lets a stranger edit what is live
// between them, and looks into every write that passes, spoiled or not.
type storm struct {
	vendor emu.Vendor
	inner  http.RoundTripper
	draw   *rand.Rand

	// Shares of requests, of 1.
	throttle float64 // not done, answered as the vendor answers when too many calls came
	drop     float64 // done, and the connection is reset before the answer
	garbage  float64 // not done, answered with a page of HTML

	stranger *stranger // nil: nobody else is about

	mu      sync.Mutex
	names   map[string]string  // id of an app group to its name
	planned map[string]bool    // "op group/user" of the plan that is carried out
	foreign []string           // what was written and is not planned
	sent    map[string]int     // write requests by what came of them
	reads   int                // requests that only read, likewise spoiled ones too
	waits   int                // answers 429, to reads and writes
	granted map[membership]int // how often a grant of it was done
}

// The fates of a write request.
const (
	stormThrottled = "throttled"
	stormDropped   = "dropped"
	stormGarbage   = "garbage"
	stormAnswered  = "answered"
)

func newStorm(vendor emu.Vendor, inner http.RoundTripper, seed uint64) *storm {
	return &storm{vendor: vendor, inner: inner, draw: rand.New(rand.NewPCG(seed, 1)), names: map[string]string{},
		planned: map[string]bool{}, sent: map[string]int{}, granted: map[membership]int{}}
}

// RoundTrip passes a request on, or not. One request at a time: what comes of it must not hang on who runs first.
func (s *storm) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stranger != nil {
		s.stranger.pass(r)
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, fate, err := s.deliver(r)
	if resp != nil && resp.StatusCode == http.StatusTooManyRequests {
		s.waits++
	}
	if r.Method == http.MethodGet {
		s.reads++
		return resp, err
	}
	s.sent[fate]++
	s.look(r, body, fate)
	return resp, err
}

// deliver draws what becomes of a request.
func (s *storm) deliver(r *http.Request) (*http.Response, string, error) {
	lot := s.draw.Float64()
	switch {
	case lot < s.throttle:
		answer := httptest.NewRecorder()
		s.vendor.Throttled(answer, r)
		return answer.Result(), stormThrottled, nil
	case lot < s.throttle+s.garbage:
		answer := httptest.NewRecorder()
		answer.Header().Set("Content-Type", "text/html")
		_, _ = answer.WriteString("<html><body>It works!</body></html>\n")
		return answer.Result(), stormGarbage, nil
	}
	resp, err := s.inner.RoundTrip(r)
	if err != nil {
		return nil, stormDropped, err
	}
	if err := s.learn(r, resp); err != nil {
		return nil, stormDropped, err
	}
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return resp, stormThrottled, nil
	case lot > 1-s.drop:
		return nil, stormDropped, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return resp, stormAnswered, nil
}

// learn notes the ids of app groups, which the vendor tells when it lists or makes them.
func (s *storm) learn(r *http.Request, resp *http.Response) error {
	if !strings.HasSuffix(r.URL.Path, "/app-groups") || resp.StatusCode >= 300 {
		return nil
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(data))
	type group struct{ ID, Name string }
	var answer struct {
		group
		Items []group
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return err
	}
	for _, g := range append(answer.Items, answer.group) {
		s.names[g.ID] = g.Name
	}
	return nil
}

// look compares what a write asks for with what is planned.
func (s *storm) look(r *http.Request, body []byte, fate string) {
	var in struct {
		Name     string
		Groups   []string                   `json:"app_group_ids"`
		Accounts []struct{ Account string } `json:"accounts"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		s.foreign = append(s.foreign, fmt.Sprintf("%s: %v", r.URL.Path, err))
		return
	}
	op := diff.OpGrant
	switch {
	case strings.HasSuffix(r.URL.Path, "/app-groups"):
		s.check(string(diff.OpCreate) + " " + in.Name + "/")
		return
	case strings.HasSuffix(r.URL.Path, "/batch-delete-authorization"):
		op = diff.OpRevoke
	case !strings.HasSuffix(r.URL.Path, "/authorizations"):
		s.foreign = append(s.foreign, r.URL.Path)
	}
	for _, id := range in.Groups {
		for _, a := range in.Accounts {
			s.check(string(op) + " " + s.names[id] + "/" + a.Account)
			if op == diff.OpGrant && (fate == stormAnswered || fate == stormDropped) {
				s.granted[membership{s.names[id], a.Account}]++
			}
		}
	}
}

func (s *storm) check(what string) {
	if !s.planned[what] {
		s.foreign = append(s.foreign, what)
	}
}

// expect says what may be written from now on.
func (s *storm) expect(p *diff.Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.planned)
	for _, c := range p.Connections[0].Changes {
		s.planned[string(c.Op)+" "+c.Resource+"/"+c.Subject.Name] = true
	}
}

// writes counts the write requests so far, of the client alone.
func (s *storm) writes() (all, throttled int) {
	for _, n := range s.sent {
		all += n
	}
	return all, s.sent[stormThrottled]
}

// stranger grants and revokes in the middle of other people's work, a bounded number of times.
type stranger struct {
	t       testing.TB
	inner   http.RoundTripper
	draw    *rand.Rand
	base    string // of the project's app groups
	ids     map[string]string
	targets []edit // what it may do, in order
	done    []edit
}

// edit is what a stranger does to one membership.
type edit struct {
	op diff.Op
	membership
}

// odds is how many requests pass, on average, between two edits: at the vendor's rates some 40 s.
const odds = 120

// pass lets the stranger act before a request of somebody else.
func (s *stranger) pass(r *http.Request) {
	if len(s.targets) == 0 || s.draw.IntN(odds) > 0 {
		return
	}
	if s.ids == nil {
		s.ids = map[string]string{}
		for offset := 0; ; offset += 100 {
			var page struct{ Items []struct{ ID, Name string } }
			s.send(r, http.MethodGet, fmt.Sprintf("?limit=100&offset=%d", offset), nil, &page)
			for _, g := range page.Items {
				s.ids[g.Name] = g.ID
			}
			if len(page.Items) < 100 {
				break
			}
		}
	}
	next := s.targets[0]
	s.targets = s.targets[1:]
	body := map[string]any{"app_group_ids": []string{s.ids[next.team]},
		"accounts": []map[string]string{{"account": next.person, "account_type": "USER"}}}
	path := "/authorizations"
	if next.op == diff.OpRevoke {
		path = "/actions/batch-delete-authorization"
	}
	if s.send(r, http.MethodPost, path, body, nil) {
		s.done = append(s.done, next)
	}
}

// send does one request with a token of the stranger's own, and says whether it was taken.
func (s *stranger) send(of *http.Request, method, path string, body, out any) bool {
	data, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(of.Context(), method, s.base+path, bytes.NewReader(data))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", "emulator-token")
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.inner.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	if out != nil && resp.StatusCode < 300 {
		if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
			s.t.Fatal(err)
		}
	}
	return resp.StatusCode < 300
}
