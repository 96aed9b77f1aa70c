package wps365emu

import (
	"crypto/hmac"
	"net/http"
	"net/url"
	"strings"
)

const signScheme = "KSO-1 "

// app is the id of the app that makes a call: it says who it is when it signs, and when it asks for a token.
func (c *call) app() string {
	if signed, ok := strings.CutPrefix(c.request.Header.Get("X-Kso-Authorization"), signScheme); ok {
		app, _, _ := strings.Cut(signed, ":")
		return app
	}
	if form, err := url.ParseQuery(string(c.Body)); err == nil && form.Has("client_id") {
		return form.Get("client_id")
	}
	return c.Query.Get("client_id")
}

// isOf reports whether an app is this very company's own: that of the options with -COMPANY behind it. It has the same key.
func (w *world) isOf(app string) bool { return app == w.opts.AppID+"-"+w.ID }

// knows reports whether an app may use the company: its own, or in the first one that of the options.
func (w *world) knows(app string) bool { return w.isOf(app) || w.First && app == w.opts.AppID }

// authenticate checks the signature, then the token.
func (w *world) authenticate(c *call, target string) error {
	if !w.opts.Unsigned {
		if err := w.verify(c.request, target, c.Body); err != nil {
			return err
		}
	}
	value, ok := strings.CutPrefix(c.request.Header.Get("Authorization"), "Bearer ")
	c.token = w.tokens[value]
	if !ok || c.token == nil || !w.Now.Before(c.token.expires) {
		return errBadToken
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
	signed := r.Header.Get("X-Kso-Authorization")
	app, _, _ := strings.Cut(strings.TrimPrefix(signed, signScheme), ":")
	want := signScheme + app + ":" + signature(w.opts.AppKey, r.Method, target, r.Header.Get("Content-Type"), date, body)
	if !w.knows(app) || !hmac.Equal([]byte(signed), []byte(want)) {
		return &problem{Code: w.opts.SignatureCode, Msg: "invalid signature"}
	}
	return nil
}
