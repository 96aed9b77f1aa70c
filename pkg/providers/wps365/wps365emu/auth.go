package wps365emu

import (
	"crypto/hmac"
	"mime"
	"net/http"
	"strings"
)

// admit checks signature, token, scope and media type, in this order.
func (w *world) admit(route route, c *call, target string) error {
	if !w.opts.Unsigned {
		if err := w.verify(c.request, target, c.Body); err != nil {
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
	if len(c.Body) > 0 {
		media, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
		if err != nil || media != "application/json" {
			return errMediaType
		}
	}
	return nil
}

// verify checks X-Kso-Date, then X-Kso-Authorization over the request as it came. Both fail with one code, as the vendor
// documents none. WPS 365 open platform, KSO-1.
func (w *world) verify(r *http.Request, target string, body []byte) error {
	date := r.Header.Get("X-Kso-Date")
	when, ok := signTime(date)
	if !ok {
		return &problem{Code: w.opts.SignatureCode, Msg: "invalid date"}
	}
	if skew := w.Now.Sub(when).Abs(); w.opts.MaxSkew > 0 && skew > w.opts.MaxSkew {
		return &problem{Code: w.opts.SignatureCode, Msg: "the date is too far from now"}
	}
	want := "KSO-1 " + w.opts.AppID + ":" + signature(w.opts.AppKey, r.Method, target, r.Header.Get("Content-Type"), date, body)
	if !hmac.Equal([]byte(r.Header.Get("X-Kso-Authorization")), []byte(want)) {
		return &problem{Code: w.opts.SignatureCode, Msg: "invalid signature"}
	}
	return nil
}

func (w *world) bearer(r *http.Request) (*token, error) {
	value, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	t := w.tokens[value]
	if !ok || t == nil || !w.Now.Before(t.expires) {
		return nil, errBadToken
	}
	return t, nil
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
