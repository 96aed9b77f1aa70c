package huaweicloudemu

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// maxBody is the longest request body in bytes that the gateway takes.
const maxBody = 12 << 20

// Vendor is the emulated vendor.
type Vendor struct {
	emu.Tenant[seed, *world]
	opts     Options
	requests atomic.Uint64
}

// New makes a vendor with an empty world.
func New(opts Options) *Vendor {
	v := &Vendor{opts: opts.withDefaults()}
	v.Empty = func() *world { return newWorld(&v.opts) }
	return v
}

// Name is the vendor's key in a seed.
func (v *Vendor) Name() string { return "huaweicloud" }

// Claim takes all paths of versions 1 to 3, and those of the metadata service. The hosts of Workspace, application streaming and IAM
// have no path in common.
func (v *Vendor) Claim(r *http.Request) (string, bool) {
	path := r.URL.Path
	return path, slices.ContainsFunc([]string{"/v1/", "/v2/", "/v3/", "/v3.0/", "/openstack/", "/meta-data/"}, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
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

// Stamp numbers an answer.
func (v *Vendor) Stamp(h http.Header) {
	h.Set("X-Request-Id", fmt.Sprintf("d4e8174b%024x", v.requests.Add(1)))
}

func (v *Vendor) write(w http.ResponseWriter, status int, body any, err error) {
	v.Stamp(w.Header())
	id := w.Header().Get("X-Request-Id")
	var p *problem
	if errors.As(err, &p) {
		status, body = p.status, p.body(id)
		if p.from == gateway {
			w.Header().Set("Server", "api-gateway")
		}
	}
	if text, ok := body.(plain); ok {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, string(text))
		return
	}
	if body == nil {
		w.WriteHeader(status)
		return
	}
	emu.WriteJSON(w, "application/json", status, body)
}

// answer takes a request through the gateway and does it.
func (v *Vendor) answer(header http.Header, r *http.Request) (int, any, error) {
	known, vars := router.Find(strings.TrimSuffix(r.URL.EscapedPath(), "/"))
	body, err := emu.ReadBody(r, maxBody)
	query, queryErr := url.ParseQuery(r.URL.RawQuery)
	switch {
	case queryErr != nil, err != nil && err != emu.ErrTooLong:
		return 0, nil, errBadQuery
	case err != nil:
		return 0, nil, errTooLarge
	case known == nil:
		return 0, nil, errNoAPI
	}
	route, ok := known[r.Method]
	project := vars["p"]
	if route.name == signIn {
		project = scopeOf(body)
	}
	w := v.BeginIn(r.Context(), func(w *world) bool { return w.ID == project })
	defer v.End()
	if !route.provesItself(body) {
		if err := w.authenticate(r, query, body); err != nil {
			return 0, nil, err
		}
	}
	if !ok {
		return 0, nil, errMethod
	}
	if err := w.admit(r, route, vars, len(body)); err != nil {
		return 0, nil, err
	}
	out, err := route.do(w, &call{form: newForm(query, body), id: vars["id"], header: header, speaks: r.Header.Get("X-Language"), sent: r.Header})
	return route.status, out, err
}

// admit refuses foreign projects, more calls than the rate allows, and bodies that are not JSON.
func (w *world) admit(r *http.Request, route route, vars map[string]string, body int) error {
	if project, ok := vars["p"]; ok {
		perMinute := w.opts.perMinute(r.Method)
		switch {
		case project != w.ID:
			return errForbidden
		case !w.opts.Unthrottled && !w.buckets.take(route.policy(), perMinute, w.Now):
			return throttled(perMinute)
		}
	}
	if kind := r.Header.Get("Content-Type"); body > 0 && kind != "" {
		if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/json" {
			return errMediaType
		}
	}
	return nil
}
