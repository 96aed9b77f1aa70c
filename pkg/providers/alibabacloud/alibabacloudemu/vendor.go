package alibabacloudemu

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// Vendor is the emulated vendor.
type Vendor struct {
	opts     Options
	clock    *emu.Clock
	requests atomic.Uint64

	mu    sync.Mutex
	world *world
}

var _ emu.Vendor = (*Vendor)(nil)

// New makes a vendor with an empty world.
func New(opts Options) *Vendor {
	v := &Vendor{opts: opts.withDefaults(), clock: new(emu.Clock)}
	v.world = newWorld(&v.opts)
	return v
}

// Name is the vendor's key in a seed.
func (v *Vendor) Name() string { return "alibabacloud" }

// Attach sets the clock.
func (v *Vendor) Attach(clock *emu.Clock) { v.clock = clock }

// Mails returns the mails sent so far, in the order they were sent.
func (v *Vendor) Mails() []Mail {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.world.mails)
}

// Claim takes the path "/" and names it after version and action; a request that says them only in its body stays "/".
func (v *Vendor) Claim(r *http.Request) (string, bool) {
	if n := operation(r, r.URL.Query()); r.URL.Path == "/" && actions[n] != nil {
		return "/" + n.version + "/" + n.action, true
	}
	return "/", r.URL.Path == "/"
}

// ServeHTTP answers a request.
func (v *Vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := v.answer(r)
	v.write(w, r, out, err)
}

// Throttled answers 400 Throttling.User with the limit of the action.
func (v *Vendor) Throttled(w http.ResponseWriter, r *http.Request) {
	limit := v.opts.perSecond(actions[operation(r, r.URL.Query())])
	v.write(w, r, nil, throttled(rateLimit(limit, time.Second)))
}

func (v *Vendor) write(w http.ResponseWriter, r *http.Request, out reply, err error) {
	now := v.clock.Now()
	if v.opts.IgnoreAdvance {
		now = time.Now().UTC()
	}
	header := w.Header()
	header.Set("Date", now.Format(http.TimeFormat))
	header.Set("Content-Type", "application/json;charset=utf-8")
	status := http.StatusOK
	var p *problem
	if errors.As(err, &p) {
		status = p.status
		out = reply{"HostId": r.Host, "Code": p.code, "Message": p.msg, "Recommend": ""}
		if p.rateLimit != "" {
			header.Set("X-Ratelimit-User-Api", p.rateLimit)
		}
	}
	if out == nil {
		out = reply{}
	}
	out["RequestId"] = fmt.Sprintf("9B34724D-54B0-4A51-B34D-%012X", v.requests.Add(1))
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(out)
}

// answer lets a request through the gateway and does it.
func (v *Vendor) answer(r *http.Request) (reply, error) {
	m, err := receive(r)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.world
	w.begin(v.clock.Now(), emu.Lag(r.Context()))
	if err := w.authenticate(m); err != nil {
		return nil, err
	}
	c := &call{operation(r, m.params), form{params: m.params}}
	a, err := v.opts.find(r, c.name)
	if err != nil {
		return nil, err
	}
	if limit := v.opts.perSecond(a); !v.opts.Unthrottled {
		if left := w.windows.take(c.name, limit, w.now); left > 0 {
			return nil, throttled(rateLimit(limit, left))
		}
	}
	return a.do(w, c)
}
