package emu

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"gopkg.in/yaml.v3"
)

// Options are what a server does beside its vendors.
type Options struct {
	Latency time.Duration // every answer comes this much later; what was asked is done at once
}

// Server serves vendors and its own control requests. It is an http.Handler and may be used concurrently.
type Server struct {
	opts    Options
	vendors []Vendor
	clock   Clock
	log     callLog
	faults  faultSet

	seedMu sync.Mutex            // held while worlds are replaced
	seed   map[string]*yaml.Node // by vendor, as loaded last
}

// New makes a server of vendors, each with an empty world. The first vendor that claims a request gets it.
func New(opts Options, vendors ...Vendor) *Server {
	s := &Server{opts: opts, vendors: vendors}
	for _, v := range vendors {
		v.Attach(&s.clock)
	}
	return s
}

// Now is the time of the emulator's clock.
func (s *Server) Now() time.Time { return s.clock.Now() }

// Advance moves the emulator's clock forward; see [Clock.Advance].
func (s *Server) Advance(d time.Duration) { s.clock.Advance(d) }

// Calls returns the calls so far, in the order they arrived; control requests are not among them.
func (s *Server) Calls() []Call { return s.log.list() }

// SetFaults replaces all faults; none clears them. A fault that makes no sense is an error, and changes nothing.
func (s *Server) SetFaults(faults []Fault) error { return s.faults.set(faults) }

// ServeHTTP serves one request that came over a socket.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isControl(r) {
		s.serveControl(w, r)
		return
	}
	a := s.exchange(r)
	if a.cut && len(a.send) == 0 {
		cut(w)
		return
	}
	for k, v := range a.header {
		w.Header()[k] = v
	}
	if a.body.Len() > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(a.body.Len()))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.send)
	if a.cut {
		_ = http.NewResponseController(w).Flush()
		cut(w)
	}
}

// cut closes the connection under a reply.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // how net/http wants a reply to be given up; it logs nothing
	}
	_ = conn.Close()
}

// answer is what a vendor wrote, and what of it is sent.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
	send   []byte // a prefix of body
	cut    bool   // the connection ends after send
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// exchange does a request as the vendor and the faults want it, and waits as long as they want.
func (s *Server) exchange(r *http.Request) *answer {
	vendor, path := s.claim(r)
	call := &Call{Time: s.clock.Now(), Method: r.Method, Path: path, Query: r.URL.RawQuery}
	fault, lag := s.faults.next(r.Method, path)
	call.Fault = fault.Kind
	if fault.Kind == "" && lag > 0 {
		call.Fault = FaultLag
	}
	s.log.add(call)

	a := &answer{header: http.Header{}}
	if fault.Kind == FaultHang {
		drain(r)
		<-r.Context().Done()
		a.cut = true
		return a
	}
	if lag > 0 {
		r = r.WithContext(context.WithValue(r.Context(), lagKey{}, lag))
	}
	a.header.Set("Date", call.Time.Format(http.TimeFormat)) // unless the vendor knows better
	a.fill(vendor, r, fault)
	a.send = a.body.Bytes()
	switch fault.Kind {
	case FaultDropReply:
		a.send, a.cut = nil, true
	case FaultTruncate:
		a.send, a.cut = a.send[:len(a.send)/2], true
	}
	if !sleep(r.Context(), s.opts.Latency+fault.For) {
		a.send, a.cut = nil, true
	}
	s.log.finish(call, a.status, len(a.send))
	return a
}

// fill has the vendor answer, or a fault in its place.
func (a *answer) fill(vendor handler, r *http.Request, fault Fault) {
	switch fault.Kind {
	case FaultGarbage:
		drain(r)
		a.header.Set("Content-Type", "text/html")
		_, _ = a.Write([]byte("<html><head><title>Welcome</title></head><body>It works!</body></html>\n"))
	case FaultThrottle:
		drain(r)
		vendor.Throttled(a, r)
	case FaultRefuse:
		if fault.Done {
			vendor.ServeHTTP(&answer{header: http.Header{}}, r)
		}
		drain(r)
		vendor.Stamp(a.header)
		a.header.Set("Content-Type", "application/json")
		a.WriteHeader(fault.Status)
		_, _ = a.Write([]byte(fault.Body))
	default:
		vendor.ServeHTTP(a, r)
	}
	a.WriteHeader(http.StatusOK)
	if fault.RetryAfter > 0 {
		a.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(fault.RetryAfter.Seconds()))))
	}
}

// drain reads the rest of a request: a server notices that its client left only when nothing is left to read.
func drain(r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }

// sleep waits, and says whether the client is still there.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// handler is what exchange needs of a vendor.
type handler interface {
	http.Handler
	Throttled(http.ResponseWriter, *http.Request)
	Stamp(http.Header)
}

func (s *Server) claim(r *http.Request) (handler, string) {
	for _, v := range s.vendors {
		if path, ok := v.Claim(r); ok {
			return v, path
		}
	}
	return nobody{}, r.URL.Path
}

// nobody answers what no vendor claims, as an API gateway does.
type nobody struct{}

const nobodysID = "00000000000000000000000000000000"

func (nobody) Stamp(h http.Header) { h.Set("X-Request-Id", nobodysID) }

func (n nobody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	drain(r)
	n.Stamp(w.Header())
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintf(w, `{"error_code":"APIGW.0101","error_msg":"The API does not exist or has not been published in the environment","request_id":%q}`+"\n", nobodysID)
}

func (n nobody) Throttled(w http.ResponseWriter, _ *http.Request) {
	n.Stamp(w.Header())
	http.Error(w, "too many requests", http.StatusTooManyRequests)
}
