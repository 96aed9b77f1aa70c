package wps365emu

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// maxBody is the longest request body in bytes; the vendor states none.
const maxBody = 4 << 20

// Vendor is the emulated vendor.
type Vendor struct {
	emu.Tenant[seed, *world]
	opts Options
}

// New makes a vendor with an empty world.
func New(opts Options) *Vendor {
	v := &Vendor{opts: opts.withDefaults()}
	v.Empty = func() *world { return newWorld(&v.opts) }
	return v
}

// Name is the vendor's key in a seed.
func (v *Vendor) Name() string { return "wps365" }

// Claim takes version 7 and OAuth2. Faults and the call log know paths without the prefix.
func (v *Vendor) Claim(r *http.Request) (string, bool) {
	path, ok := strings.CutPrefix(r.URL.Path, v.opts.Prefix)
	return path, ok && (strings.HasPrefix(path, "/v7/") || strings.HasPrefix(path, oauthPath))
}

// ServeHTTP answers a request.
func (v *Vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := v.answer(w.Header(), r)
	v.write(w, r, body, err)
}

// Throttled answers 429; the vendor documents the code, but neither a rate nor a time to wait.
func (v *Vendor) Throttled(w http.ResponseWriter, r *http.Request) { v.write(w, r, nil, errThrottled) }

// envelope is a reply that is not an error.
type envelope struct {
	Code int    `json:"code"`
	Msg  string `json:"msg"`
	Data any    `json:"data,omitempty"`
}

func (v *Vendor) write(w http.ResponseWriter, r *http.Request, data any, err error) {
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
	emu.WriteJSON(w, "application/json; charset=utf-8", status, body)
}

// answer finds the call, checks who makes it, and does it.
func (v *Vendor) answer(header http.Header, r *http.Request) (any, error) {
	body, err := emu.ReadBody(r, maxBody)
	target := strings.TrimPrefix(r.URL.RequestURI(), v.opts.Prefix)
	path, rawQuery, _ := strings.Cut(target, "?")
	known, vars := router.Find(path)
	route, ok := known[r.Method]
	switch {
	case !ok, route.undocumented && v.opts.DocumentedOnly:
		return nil, errNoAPI
	case err == emu.ErrTooLong:
		return nil, &problem{Code: tooLong, Msg: "the body is too long"}
	case err != nil:
		return nil, &problem{Code: badFormat, Msg: "the body did not come whole"}
	}
	query, queryErr := url.ParseQuery(rawQuery)
	c := &call{form: newForm(query, body), path: path, id: vars["id"], request: r, header: header}
	app := c.app()
	w := v.BeginIn(r.Context(), func(w *world) bool { return w.isOf(app) })
	defer v.End()
	if !strings.HasPrefix(path, oauthPath) {
		if err := w.authenticate(c, target); err != nil {
			return nil, err
		}
		if err := w.admit(route, c); err != nil {
			return nil, err
		}
	}
	if queryErr != nil {
		return nil, &problem{Code: badFormat, Msg: "the query is malformed"}
	}
	return route.do(w, c)
}

// admit refuses calls that the token does not cover, and bodies that are not JSON.
func (w *world) admit(route route, c *call) error {
	switch {
	case !w.may(c.token, route) || !c.token.has(route.scope):
		return errPermission
	case route.undocumented && w.opts.RefuseUndocumented:
		return errUnsupported
	case len(c.Body) == 0:
		return nil
	}
	if media, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return errMediaType
	}
	return nil
}

// may reports whether a call takes this kind of token: one of a user, or one of the app.
func (w *world) may(t *token, route route) bool {
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
