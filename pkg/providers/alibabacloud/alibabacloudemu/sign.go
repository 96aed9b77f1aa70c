package alibabacloudemu

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// schemeV3 names the signature of today; V1 (SignatureMethod HMAC-SHA1) is older and goes into the parameters.
const schemeV3 = "ACS3-HMAC-SHA256"

// canonicalQuery sorts decoded parameters by their keys and encodes them again: on the wire a space may be + or %20.
func canonicalQuery(params url.Values) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(params)) {
		for _, v := range params[k] {
			parts = append(parts, emu.Escape(k)+"="+emu.Escape(v))
		}
	}
	return strings.Join(parts, "&")
}

// textV1 is the string that V1 signs.
func textV1(method string, params url.Values) string {
	params = maps.Clone(params)
	delete(params, "Signature")
	return method + "&%2F&" + emu.Escape(canonicalQuery(params))
}

func signV1(secret, text string) string {
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// canonicalV3 is the request as V3 signs it, with the headers named, which are sorted and in lower case.
func canonicalV3(r *http.Request, query url.Values, signed []string, payloadHash string) string {
	var headers strings.Builder
	for _, name := range signed {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		headers.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	return strings.Join([]string{
		r.Method, "/", canonicalQuery(query), headers.String(), strings.Join(signed, ";"), payloadHash,
	}, "\n")
}

// textV3 is the string that V3 signs.
func textV3(canonical string) string { return schemeV3 + "\n" + emu.Hash([]byte(canonical)) }
