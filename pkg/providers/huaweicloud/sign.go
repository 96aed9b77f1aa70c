package huaweicloud

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The signing scheme SDK-HMAC-SHA256 of the vendor's API gateway (API Signing Guide; SDK core/auth/signer).
const (
	algorithm  = "SDK-HMAC-SHA256"
	dateHeader = "X-Sdk-Date"
	dateLayout = "20060102T150405Z"
)

// credentials prove who we are: an access key with its secret, and a token for temporary ones; or a token of IAM.
type credentials struct {
	accessKey     spec.Secret
	secretKey     spec.Secret
	securityToken spec.Secret
	token         spec.Secret // in place of the others
}

// sign adds the date, the security token and the Authorization header. It signs the headers named, and the date; others
// may be added or rewritten on the way, as proxies do with User-Agent.
// Of the path it signs what follows the prefix of the endpoint, as the vendor's SDK does: a gateway drops that.
func (c credentials) sign(r *http.Request, body []byte, at time.Time, prefix string, headers ...string) {
	r.Header.Set(dateHeader, at.UTC().Format(dateLayout))
	headers = append(headers, dateHeader)
	if token := c.securityToken.Reveal(); token != "" {
		r.Header.Set("X-Security-Token", token)
		headers = append(headers, "X-Security-Token")
	}
	for i, h := range headers {
		headers[i] = strings.ToLower(h)
	}
	slices.Sort(headers)
	text := algorithm + "\n" + r.Header.Get(dateHeader) + "\n" + httpx.Digest(canonicalRequest(r, body, prefix, headers))
	r.Header.Set("Authorization", algorithm+" Access="+c.accessKey.Reveal()+", SignedHeaders="+strings.Join(headers, ";")+
		", Signature="+httpx.MAC(c.secretKey, text))
}

// signedHost is the host as a request names it when it leaves: without the port that its scheme stands for, which what
// forwards it may drop. One that Go would write in other letters on the way is an error, since its signature would not hold.
func signedHost(u *url.URL) (string, error) {
	if strings.ContainsFunc(u.Host, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return "", fmt.Errorf("host %s: give endpoint: in ASCII (xn--…)", u.Host)
	}
	host := strings.ToLower(u.Host)
	return strings.TrimSuffix(host, map[string]string{"https": ":443", "http": ":80"}[u.Scheme]), nil
}

// canonicalRequest is what client and gateway digest alike. signed holds lower-case header names, sorted.
func canonicalRequest(r *http.Request, body []byte, prefix string, signed []string) string {
	var headers strings.Builder
	for _, name := range signed {
		value := r.Header.Get(name)
		if name == "host" {
			value = cmp.Or(r.Host, r.URL.Host)
		}
		headers.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	return strings.Join([]string{
		r.Method, canonicalPath(r.URL, prefix), httpx.CanonicalQuery(r.URL), headers.String(), strings.Join(signed, ";"), httpx.Digest(body),
	}, "\n")
}

// canonicalPath ends in a slash, whether or not the path on the wire does.
func canonicalPath(u *url.URL, prefix string) string {
	path := strings.Join(spec.Each(strings.Split(strings.TrimPrefix(u.Path, prefix), "/"), httpx.Escape), "/")
	return strings.TrimSuffix(path, "/") + "/"
}
