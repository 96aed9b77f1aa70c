package httpx

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Digest is the SHA-256 of data in lower-case hexadecimal.
func Digest[T string | []byte](data T) string {
	sum := sha256.Sum256([]byte(data))
	return hex.EncodeToString(sum[:])
}

// MAC is the HMAC-SHA256 of a text under a key, in lower-case hexadecimal.
func MAC(key spec.Secret, text string) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// Escape percent-encodes all bytes but letters, digits, "-", "_", "." and "~".
func Escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// CanonicalQuery sorts the names of parameters and each one's values before escaping; an empty value keeps its "=".
func CanonicalQuery(u *url.URL) string {
	query := u.Query()
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range slices.Sorted(slices.Values(query[name])) {
			pairs = append(pairs, Escape(name)+"="+Escape(value))
		}
	}
	return strings.Join(pairs, "&")
}
