package huaweicloudemu

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// signDate is the form of X-Sdk-Date.
const signDate = "20060102T150405Z"

// canonical is what is signed of a request: exactly the headers named, whatever else it carries.
func canonical(r *http.Request, query url.Values, body []byte, signed []string) string {
	var headers strings.Builder
	for _, name := range signed {
		headers.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	hash := cmp.Or(r.Header.Get("X-Sdk-Content-Sha256"), emu.Hash(body))
	return strings.Join([]string{
		r.Method, canonicalPath(r.URL.EscapedPath()), canonicalQuery(query), headers.String(), strings.Join(signed, ";"), hash,
	}, "\n")
}

func headerValue(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = strings.TrimSpace(v)
	}
	return strings.Join(values, ",")
}

// canonicalPath encodes each segment again and ends in a slash.
func canonicalPath(escaped string) string {
	segments := strings.Split(escaped, "/")
	for i, s := range segments {
		if raw, err := url.PathUnescape(s); err == nil {
			s = raw
		}
		segments[i] = emu.Escape(s)
	}
	path := strings.Join(segments, "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path
}

// canonicalQuery sorts keys, and the values of a key, by their bytes before they are encoded.
func canonicalQuery(query url.Values) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(query)) {
		for _, v := range slices.Sorted(slices.Values(query[k])) {
			parts = append(parts, emu.Escape(k)+"="+emu.Escape(v))
		}
	}
	return strings.Join(parts, "&")
}

// signature is the hex signature of a canonical request.
func signature(secret, date, canonical string) string {
	return emu.MAC(secret, "SDK-HMAC-SHA256\n"+date+"\n"+emu.Hash([]byte(canonical)))
}
