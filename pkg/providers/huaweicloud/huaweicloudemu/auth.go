package huaweicloudemu

import (
	"crypto/hmac"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	scheme      = "SDK-HMAC-SHA256 "
	signWindow  = 15 * time.Minute // how far X-Sdk-Date may be from the server's time
	maxFailures = 5                // wrong signatures in a row that lock an access key
	lockedFor   = 5 * time.Minute
)

// keyState is what the gateway remembers of an access key.
type keyState struct {
	failures int // in a row
	locked   time.Time
}

// authenticate wants a signature or a token.
func (w *world) authenticate(r *http.Request, query url.Values, body []byte) error {
	if auth, ok := strings.CutPrefix(r.Header.Get("Authorization"), scheme); ok {
		return w.verify(auth, r, query, body)
	}
	token := r.Header.Get("X-Auth-Token")
	expires, issued := w.tokens[token]
	switch {
	case token == "":
		return unauthenticated("x-auth-token not found")
	case token == w.opts.Token:
		return nil
	case !issued:
		return unauthenticated("decrypt token fail")
	case !w.Now.Before(expires):
		return unauthenticated("token expires, expires_at: %s", expires.Format(tokenTime))
	}
	return nil
}

// verify checks a signature over exactly the headers that it names; X-Sdk-Date must be one of them.
func (w *world) verify(auth string, r *http.Request, query url.Values, body []byte) error {
	fields := map[string]string{}
	for part := range strings.SplitSeq(auth, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[k] = v
	}
	key := fields["Access"]
	secret, err := w.secret(key, r.Header.Get("X-Security-Token"))
	if err != nil {
		return err
	}
	state := w.keys[key]
	if w.Now.Before(state.locked) {
		return unauthenticated("AK access failed to reach the limit,forbidden")
	}
	signed := strings.Split(strings.ToLower(fields["SignedHeaders"]), ";")
	date := r.Header.Get("X-Sdk-Date")
	when, err := time.Parse(signDate, date)
	if err != nil || !slices.Contains(signed, "x-sdk-date") {
		return unauthenticated("X-Sdk-Date is not signed or not of the form %s", signDate)
	}
	now := w.gatewayTime()
	if now.Sub(when).Abs() > signWindow {
		return unauthenticated("calc aksk signature fail:signature expired, signature time:%s,server time:%s", date, now.Format(signDate))
	}
	request := canonical(r, query, body, signed)
	if hmac.Equal([]byte(fields["Signature"]), []byte(signature(secret, date, request))) {
		delete(w.keys, key)
		return nil
	}
	if state.failures++; state.failures == maxFailures {
		state = keyState{locked: w.Now.Add(lockedFor)}
	}
	w.keys[key] = state
	return unauthenticated("verify aksk signature fail, canonicalRequest:%s", strings.ReplaceAll(request, "\n", "|"))
}

// secret is that of an access key. A temporary one is good together with its token only, which need not be signed, and no other key
// has one.
func (w *world) secret(key, token string) (string, error) {
	err := unauthenticated("ak %s not exist", key)
	for _, c := range w.allCredentials() {
		switch {
		case c.AccessKey != key:
		case c.SecurityToken != token:
			if token != "" {
				err = unauthenticated("decrypt token fail")
			}
		case !c.Expires.IsZero() && !w.gatewayTime().Before(c.Expires):
			return "", unauthenticated("token expires, expires_at: %s", c.Expires.UTC().Format(tokenTime))
		default:
			return c.SecretKey, nil
		}
	}
	return "", err
}

// allCredentials are those of the options and of the seed, and those that were issued.
func (w *world) allCredentials() []Credential {
	all := slices.Clone(w.opts.Credentials)
	for _, c := range slices.Concat(w.credentials, w.issued) {
		all = append(all, Credential(c))
	}
	return all
}

// gatewayTime is what the dates of requests are compared with.
func (w *world) gatewayTime() time.Time {
	if w.opts.IgnoreAdvance {
		return time.Now().UTC()
	}
	return w.Now
}
