package huaweicloud

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The signing scheme SDK-HMAC-SHA256 of the vendor's API gateway (API Signing Guide; SDK core/auth/signer).
const (
	algorithm  = "SDK-HMAC-SHA256"
	dateHeader = "X-Sdk-Date"
	dateLayout = "20060102T150405Z"
)

// credentials prove who we are: an access key with its secret, and a token for temporary ones.
type credentials struct {
	accessKey     string
	secretKey     string
	securityToken string
}

// sign adds the date, the security token and the Authorization header. It signs the headers named, and the date; others
// may be added or rewritten on the way, as proxies do with User-Agent.
func (c credentials) sign(r *http.Request, body []byte, at time.Time, headers ...string) {
	r.Header.Set(dateHeader, at.UTC().Format(dateLayout))
	headers = append(headers, dateHeader)
	if c.securityToken != "" {
		r.Header.Set("X-Security-Token", c.securityToken)
		headers = append(headers, "X-Security-Token")
	}
	for i, h := range headers {
		headers[i] = strings.ToLower(h)
	}
	slices.Sort(headers)
	digest := sha256.Sum256([]byte(canonicalRequest(r, body, headers)))
	text := algorithm + "\n" + r.Header.Get(dateHeader) + "\n" + hex.EncodeToString(digest[:])
	mac := hmac.New(sha256.New, []byte(c.secretKey))
	mac.Write([]byte(text))
	r.Header.Set("Authorization", algorithm+" Access="+c.accessKey+", SignedHeaders="+strings.Join(headers, ";")+
		", Signature="+hex.EncodeToString(mac.Sum(nil)))
}

// canonicalRequest is what client and gateway digest alike. signed holds lower-case header names, sorted.
func canonicalRequest(r *http.Request, body []byte, signed []string) string {
	var headers strings.Builder
	for _, name := range signed {
		value := r.Header.Get(name)
		if name == "host" {
			value = cmp.Or(r.Host, r.URL.Host)
		}
		headers.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	digest := sha256.Sum256(body)
	return strings.Join([]string{
		r.Method, canonicalPath(r.URL), canonicalQuery(r.URL), headers.String(), strings.Join(signed, ";"),
		hex.EncodeToString(digest[:]),
	}, "\n")
}

// canonicalPath ends in a slash, whether or not the path on the wire does.
func canonicalPath(u *url.URL) string {
	segments := strings.Split(u.Path, "/")
	for i, s := range segments {
		segments[i] = escape(s)
	}
	path := strings.Join(segments, "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path
}

// canonicalQuery sorts keys and each key's values before escaping; an empty value keeps its "=".
func canonicalQuery(u *url.URL) string {
	query := u.Query()
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(query)) {
		for _, value := range slices.Sorted(slices.Values(query[key])) {
			pairs = append(pairs, escape(key)+"="+escape(value))
		}
	}
	return strings.Join(pairs, "&")
}

// escape percent-encodes all bytes but letters, digits, "-", "_", "." and "~".
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
