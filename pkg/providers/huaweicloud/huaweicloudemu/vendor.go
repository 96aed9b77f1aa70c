package huaweicloudemu

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// maxBody is the longest request body in bytes that the gateway takes.
const maxBody = 12 << 20

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
func (v *Vendor) Name() string { return "huaweicloud" }

// Attach sets the clock.
func (v *Vendor) Attach(clock *emu.Clock) { v.clock = clock }

// Claim takes all paths of versions 1 to 3: the hosts of Workspace, application streaming and IAM share none.
func (v *Vendor) Claim(r *http.Request) (string, bool) {
	path := r.URL.Path
	return path, strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/v2/") || strings.HasPrefix(path, "/v3/")
}

// ServeHTTP answers a request.
func (v *Vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, body, err := v.answer(w.Header(), r)
	v.write(w, status, body, err)
}

// Throttled answers 429 with the limit of the call.
func (v *Vendor) Throttled(w http.ResponseWriter, r *http.Request) {
	v.write(w, 0, nil, throttled(v.opts.perMinute(r.Method)))
}

func (v *Vendor) write(w http.ResponseWriter, status int, body any, err error) {
	id := fmt.Sprintf("d4e8174b%024x", v.requests.Add(1))
	w.Header().Set("X-Request-Id", id)
	var p *problem
	if errors.As(err, &p) {
		status, body = p.status, p.body(id)
		if p.from == gateway {
			w.Header().Set("Server", "api-gateway")
		}
	}
	if body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body)
}

// answer lets a request through the gateway and does it.
func (v *Vendor) answer(header http.Header, r *http.Request) (int, any, error) {
	routes, vars := find(r.URL.EscapedPath())
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	query, queryErr := url.ParseQuery(r.URL.RawQuery)
	switch {
	case err != nil, queryErr != nil:
		return 0, nil, errBadQuery
	case len(body) > maxBody:
		return 0, nil, errTooLarge
	case routes == nil:
		return 0, nil, errNoAPI
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.world
	w.begin(v.clock.Now(), emu.Lag(r.Context()))
	route, known := routes[r.Method]
	if !route.public {
		if err := w.authenticate(r, query, body); err != nil {
			return 0, nil, err
		}
	}
	if !known {
		return 0, nil, errMethod
	}
	c := &call{vars: vars, query: query, body: body, header: header}
	if err := v.admit(r, route, c); err != nil {
		return 0, nil, err
	}
	out, err := route.do(w, c)
	return route.status, out, err
}

// admit refuses foreign projects, more calls than the rate allows, and bodies that are not JSON.
func (v *Vendor) admit(r *http.Request, route route, c *call) error {
	if route.project {
		if c.vars[0] != v.opts.Project {
			return errForbidden
		}
		c.vars = c.vars[1:]
		perMinute := v.opts.perMinute(r.Method)
		if !v.opts.Unthrottled && !v.world.buckets.take(route.policy, perMinute, v.world.now) {
			return throttled(perMinute)
		}
	}
	if kind := r.Header.Get("Content-Type"); len(c.body) > 0 && kind != "" {
		if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/json" {
			return errMediaType
		}
	}
	return nil
}

func (o *Options) perMinute(method string) int {
	if method == http.MethodGet {
		return o.ReadsPerMinute
	}
	return o.WritesPerMinute
}

// buckets hold what is left of each quota.
type buckets map[string]*bucket

type bucket struct {
	left float64
	at   time.Time
}

// take draws one call from a bucket that holds a minute's worth and fills evenly.
func (b buckets) take(policy string, perMinute int, now time.Time) bool {
	k := b[policy]
	if k == nil {
		k = &bucket{left: float64(perMinute), at: now}
		b[policy] = k
	}
	k.left = min(float64(perMinute), k.left+now.Sub(k.at).Minutes()*float64(perMinute))
	k.at = now
	if k.left < 1 {
		return false
	}
	k.left--
	return true
}
