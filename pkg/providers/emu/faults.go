package emu

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// FaultKind names a way to spoil a call.
type FaultKind string

// The kinds of faults.
const (
	FaultDropReply FaultKind = "drop-reply" // done, then the connection is cut without an answer
	FaultRefuse    FaultKind = "refuse"     // answered with Status and Body; not done, unless Done is set
	FaultThrottle  FaultKind = "throttle"   // not done, answered as the vendor answers when too many calls came
	FaultDelay     FaultKind = "delay"      // done at once, answered after For
	FaultTruncate  FaultKind = "truncate"   // done, cut after half of the answer's body (an empty answer is not sent at all)
	FaultGarbage   FaultKind = "garbage"    // not done, answered with 200 and a page of HTML
	FaultHang      FaultKind = "hang"       // not done, never answered; ends when the client leaves
	FaultLag       FaultKind = "lag"        // done, but reads show it only after For
)

// Fault spoils calls. It counts the calls that match from the moment it is set.
type Fault struct {
	// Match is a method and a path, as in "POST /v1/*/app-groups": * stands for any method or for one whole path segment, a
	// last segment ** for any rest. The path is what [Vendor.Claim] says, without a query.
	Match string    `json:"match"`
	Kind  FaultKind `json:"kind"`

	// Nth is the first matching call that is spoiled, from 1. Count is how many are; zero means one where Nth is given, else
	// all.
	Nth   int `json:"nth"`
	Count int `json:"count"`

	Status     int           `json:"status"` // of refuse, 200 to 599
	Body       string        `json:"-"`      // of refuse; in JSON either a string or any other value, which is then sent as it is
	Done       bool          `json:"done"`   // of refuse: do the call nevertheless
	RetryAfter time.Duration `json:"-"`      // of refuse and throttle: sent as Retry-After, in whole seconds, rounded up
	For        time.Duration `json:"-"`      // of delay and lag
}

// faultJSON is how a fault is written: durations as Go writes them ("1m30s").
type faultJSON struct {
	Fault
	Body       json.RawMessage `json:"body"`
	RetryAfter string          `json:"retryAfter"`
	For        string          `json:"for"`
}

// ParseFaults reads a JSON list of faults. Unknown keys and text after the list are errors; whether the faults make sense is
// left to [Server.SetFaults].
func ParseFaults(data []byte) ([]Fault, error) {
	var list []faultJSON
	if err := decodeJSON(data, &list); err != nil {
		return nil, err
	}
	faults := make([]Fault, 0, len(list))
	for i, j := range list {
		f := j.Fault
		if json.Unmarshal(j.Body, &f.Body) != nil {
			f.Body = string(j.Body)
		}
		var err error
		if f.RetryAfter, err = parseDuration(j.RetryAfter); err != nil {
			return nil, fmt.Errorf("fault %d: retryAfter: %w", i+1, err)
		}
		if f.For, err = parseDuration(j.For); err != nil {
			return nil, fmt.Errorf("fault %d: for: %w", i+1, err)
		}
		faults = append(faults, f)
	}
	return faults, nil
}

func decodeJSON(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("more text after the value")
	}
	return nil
}

func parseDuration(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	return time.ParseDuration(s)
}

// check says what is wrong with a fault.
func (f Fault) check() error {
	method, path, _ := strings.Cut(f.Match, " ")
	takesFor := f.Kind == FaultDelay || f.Kind == FaultLag
	switch {
	case method == "" || !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " ?"):
		return fmt.Errorf("match %q: want a method and a path, as in \"POST /v1/*/things\"", f.Match)
	case f.Nth < 0 || f.Count < 0 || f.RetryAfter < 0:
		return fmt.Errorf("nth, count and retryAfter cannot be below zero")
	case takesFor && f.For <= 0:
		return fmt.Errorf("kind %s needs for above zero", f.Kind)
	case !takesFor && f.For != 0:
		return fmt.Errorf("kind %s takes no for", f.Kind)
	case f.Kind == FaultRefuse && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("kind refuse needs a status from 200 to 599")
	case f.Kind != FaultRefuse && (f.Status != 0 || f.Body != "" || f.Done):
		return fmt.Errorf("kind %s takes no status, body or done", f.Kind)
	case f.Kind != FaultRefuse && f.Kind != FaultThrottle && f.RetryAfter != 0:
		return fmt.Errorf("kind %s takes no retryAfter", f.Kind)
	}
	switch f.Kind {
	case FaultDropReply, FaultRefuse, FaultThrottle, FaultDelay, FaultTruncate, FaultGarbage, FaultHang, FaultLag:
		return nil
	}
	return fmt.Errorf("unknown kind %q", f.Kind)
}

// matches says whether a call is of those that the fault counts.
func (f Fault) matches(method, path string) bool {
	wantMethod, wantPath, _ := strings.Cut(f.Match, " ")
	if wantMethod != "*" && wantMethod != method {
		return false
	}
	for {
		want, wantRest, wantMore := strings.Cut(wantPath, "/")
		have, rest, more := strings.Cut(path, "/")
		switch {
		case want == "**" && !wantMore:
			return true
		case want != have && want != "*", wantMore != more:
			return false
		case !more:
			return true
		}
		wantPath, path = wantRest, rest
	}
}

// spoils says whether the fault spoils the n-th call that it matches.
func (f Fault) spoils(n int) bool {
	first, count := max(f.Nth, 1), f.Count
	if count == 0 && f.Nth > 0 {
		count = 1
	}
	return n >= first && (count == 0 || n-first < count)
}

// faultSet is the faults that are set, and how many calls each has matched.
type faultSet struct {
	mu     sync.Mutex
	faults []Fault
	seen   []int
}

func (s *faultSet) set(faults []Fault) error {
	for i, f := range faults {
		if err := f.check(); err != nil {
			return fmt.Errorf("fault %d: %w", i+1, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.seen = append([]Fault(nil), faults...), make([]int, len(faults))
	return nil
}

// next counts a call and returns what spoils it: the first fault that does (its Kind is empty if none), and the lag, which
// goes with any of them.
func (s *faultSet) next(method, path string) (fault Fault, lag time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if !f.matches(method, path) {
			continue
		}
		s.seen[i]++
		switch {
		case !f.spoils(s.seen[i]):
		case f.Kind == FaultLag:
			lag = max(lag, f.For)
		case fault.Kind == "":
			fault = f
		}
	}
	return fault, lag
}
