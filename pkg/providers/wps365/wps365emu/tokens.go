package wps365emu

import (
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	tokenLifetime = 2 * time.Hour
	codeLifetime  = 10 * time.Minute
)

// token lets its bearer act as a user, or as the app if user is nil.
type token struct {
	user    *user
	scopes  []string
	expires time.Time
}

// has says whether a token covers a scope. What may be written may be read.
func (t *token) has(scope string) bool {
	return slices.Contains(t.scopes, scope) || strings.HasSuffix(scope, ".read") && slices.Contains(t.scopes, scope+"write")
}

// code is what a user's consent gives. It can be traded for a token once.
type code struct {
	token
	redirect string
}

// authorize gives the consent of the tenant's first user without asking and redirects with a code, good once for ten minutes.
// Which redirect URIs are registered is not known here: any is. WPS 365 open platform, user authorization.
func (w *world) authorize(c *call) (any, error) {
	q := c.Query
	target, err := url.Parse(q.Get("redirect_uri"))
	scopes := strings.Split(q.Get("scope"), ",")
	switch {
	case q.Get("client_id") == "", q.Get("response_type") == "", q.Get("scope") == "", err != nil || target.Host == "":
		return nil, &problem{Code: 40000001, Msg: "InvalidRequest"}
	case !w.knows(q.Get("client_id")):
		return nil, &problem{Code: 40100008, Msg: "InvalidClient"}
	case q.Get("response_type") != "code":
		return nil, &problem{Code: 40100004, Msg: "UnsupportedResponseType"}
	case len(w.users) == 0:
		return nil, &problem{Code: 40300003, Msg: "AccessDenied"}
	}
	granted := token{scopes: w.opts.Scopes}
	for _, scope := range scopes {
		if !granted.has(scope) {
			return nil, &problem{Code: 40000005, Msg: "InvalidScope"}
		}
	}
	value := w.newToken("code")
	w.codes[value] = code{token{w.users[0], scopes, w.Now.Add(codeLifetime)}, q.Get("redirect_uri")}
	params := target.Query()
	params.Set("code", value)
	if q.Has("state") {
		params.Set("state", q.Get("state"))
	}
	target.RawQuery = params.Encode()
	c.header.Set("Location", target.String())
	return nil, nil
}

// issue makes tokens. A code or refresh token that it takes is spent; access tokens made before stay valid. WPS 365 open platform,
// app authorization, get user token, refresh user token.
func (w *world) issue(c *call) (any, error) {
	media, _, _ := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	q, err := url.ParseQuery(string(c.Body))
	needs := map[string][]string{
		"client_credentials": {},
		"authorization_code": {"code", "redirect_uri"},
		"refresh_token":      {"refresh_token"},
	}
	fields, known := needs[q.Get("grant_type")]
	switch {
	case err != nil, media != "application/x-www-form-urlencoded", q.Get("grant_type") == "":
		return nil, &problem{Code: 40000001, Msg: "InvalidRequest"}
	case !known:
		return nil, &problem{Code: 40100010, Msg: "UnsupportedGrantType"}
	}
	for _, name := range append(fields, "client_id", "client_secret") {
		if q.Get(name) == "" {
			return nil, &problem{Code: 40000001, Msg: "InvalidRequest: " + name}
		}
	}
	if !w.knows(q.Get("client_id")) || q.Get("client_secret") != w.opts.AppKey {
		return nil, &problem{Code: 40100008, Msg: "InvalidClient"}
	}
	t := &token{scopes: w.opts.Scopes}
	if q.Get("grant_type") != "client_credentials" {
		t = w.spend(q)
	}
	if t == nil {
		return nil, &problem{Code: 40100009, Msg: "InvalidGrant"}
	}
	return w.mint(*t), nil
}

// spend takes a code or a refresh token and returns what it allows; nil if it is unknown, spent or expired.
func (w *world) spend(q url.Values) *token {
	var t *token
	if value := q.Get("refresh_token"); q.Get("grant_type") == "refresh_token" {
		t = w.refresh[value]
		delete(w.refresh, value)
	} else if c, ok := w.codes[q.Get("code")]; ok {
		delete(w.codes, q.Get("code"))
		if c.redirect == q.Get("redirect_uri") {
			t = &c.token
		}
	}
	if t == nil || !w.Now.Before(t.expires) {
		return nil
	}
	return t
}

// newToken makes the next token or code. They are counted apart from ids, so that ids do not depend on who signed in.
func (w *world) newToken(prefix string) string {
	w.lastToken++
	if w.ID != companyID {
		prefix += w.ID
	}
	return fmt.Sprintf("%s%06d", prefix, w.lastToken)
}

// mint makes new tokens. There is a refresh token only for a user.
func (w *world) mint(t token) any {
	out := map[string]any{"token_type": "bearer", "expires_in": int(tokenLifetime.Seconds())}
	access := t
	access.expires = w.Now.Add(tokenLifetime)
	value := w.newToken("eyJhY2Nlc3M")
	w.tokens[value] = &access
	out["access_token"] = value
	if t.user == nil {
		return out
	}
	t.expires = w.Now.Add(w.opts.RefreshLifetime)
	value = w.newToken("eyJyZWZyZXNo")
	w.refresh[value] = &t
	out["refresh_token"], out["refresh_expires_in"] = value, int(w.opts.RefreshLifetime.Seconds())
	if w.opts.TextExpiry {
		out["refresh_expires_in"] = strconv.Itoa(int(w.opts.RefreshLifetime.Seconds()))
	}
	return out
}
