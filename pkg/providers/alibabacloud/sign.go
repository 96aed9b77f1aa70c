package alibabacloud

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The signing scheme of the vendor's gateway for all products (SDK: V3 request structure and signature).
const (
	algorithm  = "ACS3-HMAC-SHA256"
	dateLayout = "2006-01-02T15:04:05Z"
)

// credentials prove who we are: an access key with its secret, and a token for temporary ones (STS).
type credentials struct {
	keyID  spec.Secret
	secret spec.Secret
	token  spec.Secret
}

// sign adds date, nonce, the body's digest, the token and the Authorization header, and signs these, the host and all other
// X-Acs headers. A request without a body must not say what type it has. The path on the wire does not count: to the
// gateway it is always "/", whatever prefix an endpoint has on the way there.
func (c credentials) sign(r *http.Request, body []byte, at time.Time, nonce string) {
	if len(body) == 0 {
		r.Header.Del("Content-Type")
	}
	payload := httpx.Digest(body)
	r.Header.Set("X-Acs-Content-Sha256", payload)
	r.Header.Set("X-Acs-Date", at.UTC().Format(dateLayout))
	r.Header.Set("X-Acs-Signature-Nonce", nonce)
	if token := c.token.Reveal(); token != "" {
		r.Header.Set("X-Acs-Accesskey-Id", c.keyID.Reveal())
		r.Header.Set("X-Acs-Security-Token", token)
	}
	names, headers := canonicalHeaders(r)
	request := strings.Join([]string{r.Method, "/", httpx.CanonicalQuery(r.URL), headers, names, payload}, "\n")
	r.Header.Set("Authorization", algorithm+" Credential="+c.keyID.Reveal()+",SignedHeaders="+names+
		",Signature="+httpx.MAC(c.secret, algorithm+"\n"+httpx.Digest(request)))
}

// canonicalHeaders returns the names of the headers that are signed, and a line for each.
func canonicalHeaders(r *http.Request) (names, lines string) {
	values := map[string]string{"host": cmp.Or(r.Host, r.URL.Host)}
	for name := range r.Header {
		if lower := strings.ToLower(name); lower == "content-type" || strings.HasPrefix(lower, "x-acs-") {
			values[lower] = strings.TrimSpace(r.Header.Get(name))
		}
	}
	signed := slices.Sorted(maps.Keys(values))
	for _, name := range signed {
		lines += name + ":" + values[name] + "\n"
	}
	return strings.Join(signed, ";"), lines
}
