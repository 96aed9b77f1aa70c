package wps365emu

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// maxBody is the longest request body in bytes; the vendor states none.
const maxBody = 4 << 20

// vendor is the emulated vendor.
type vendor struct {
	opts  Options
	clock *emu.Clock

	mu    sync.Mutex
	world *world
}

// New makes a vendor with an empty world.
func New(opts Options) emu.Vendor {
	v := &vendor{opts: opts.withDefaults(), clock: new(emu.Clock)}
	v.world = newWorld(&v.opts, v.clock.Now())
	return v
}

// Name is the vendor's key in a seed.
func (v *vendor) Name() string { return "wps365" }

// Attach sets the clock.
func (v *vendor) Attach(clock *emu.Clock) { v.clock = clock }

// Claim takes version 7 and OAuth2. Faults and the call log know paths without the prefix.
func (v *vendor) Claim(r *http.Request) (string, bool) {
	path, ok := strings.CutPrefix(r.URL.Path, v.opts.Prefix)
	return path, ok && (strings.HasPrefix(path, "/v7/") || strings.HasPrefix(path, oauthPath))
}

// ServeHTTP answers a request.
func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := v.answer(w.Header(), r)
	v.write(w, r, body, err)
}

// Throttled answers 429; the vendor documents the code, but neither a rate nor a time to wait.
func (v *vendor) Throttled(w http.ResponseWriter, r *http.Request) { v.write(w, r, nil, errThrottled) }

// envelope is a reply that is not an error.
type envelope struct {
	Code int    `json:"code"`
	Msg  string `json:"msg"`
	Data any    `json:"data,omitempty"`
}

func (v *vendor) write(w http.ResponseWriter, r *http.Request, data any, err error) {
	path, _ := v.Claim(r)
	oauth := strings.HasPrefix(path, oauthPath)
	status, body := http.StatusOK, any(envelope{Data: data})
	var p *problem
	switch {
	case err == errNoAPI:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, http.StatusText(http.StatusNotFound))
		return
	case errors.As(err, &p):
		status, body = p.status(), p
		if v.opts.NestErrors && !oauth && status == http.StatusBadRequest {
			body = &problem{errInvalid.Code, errInvalid.Msg, p}
		}
		if v.opts.StatusAlwaysOK && !oauth {
			status = http.StatusOK
		}
	case w.Header().Get("Location") != "":
		w.WriteHeader(http.StatusFound)
		return
	case oauth:
		body = data
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body)
}

// answer finds the call, checks who makes it, and does it.
func (v *vendor) answer(header http.Header, r *http.Request) (any, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	target := strings.TrimPrefix(r.URL.RequestURI(), v.opts.Prefix)
	path, rawQuery, _ := strings.Cut(target, "?")
	route, vars := find(r.Method, path)
	if route == nil || route.undocumented && v.opts.DocumentedOnly {
		return nil, errNoAPI
	}
	query, queryErr := url.ParseQuery(rawQuery)
	switch {
	case err != nil:
		return nil, &problem{Code: badFormat, Msg: "the body did not come whole"}
	case len(body) > maxBody:
		return nil, &problem{Code: tooLong, Msg: "the body is too long"}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.world.begin(v.clock.Now(), emu.Lag(r.Context()))
	c := &call{path: path, vars: vars, query: query, body: body, request: r, header: header}
	if !strings.HasPrefix(path, oauthPath) {
		if err := v.world.admit(route, c, target); err != nil {
			return nil, err
		}
	}
	if queryErr != nil {
		return nil, &problem{Code: badFormat, Msg: "the query is malformed"}
	}
	return route.do(v.world, c)
}

// admit checks signature, token, scope and media type, in this order.
func (w *world) admit(route *route, c *call, target string) error {
	if !w.opts.Unsigned {
		if err := w.verify(c.request, target, c.body); err != nil {
			return err
		}
	}
	token, err := w.bearer(c.request)
	if err != nil {
		return err
	}
	c.token = token
	if !w.may(token, route) || !token.has(route.scope) {
		return errPermission
	}
	if route.undocumented && w.opts.RefuseUndocumented {
		return errUnsupported
	}
	if len(c.body) > 0 {
		media, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
		if err != nil || media != "application/json" {
			return errMediaType
		}
	}
	return nil
}

// may says whether a token is of the kind that a call takes: a user's, the app's, or either.
func (w *world) may(t *token, route *route) bool {
	switch {
	case route.asUser:
		return t.user != nil
	case route.scope == mailGroupsWrite && t.user != nil:
		return !w.opts.AppWrites
	case route.scope == mailGroupsWrite:
		return !w.opts.UserWrites
	default:
		return t.user == nil
	}
}
