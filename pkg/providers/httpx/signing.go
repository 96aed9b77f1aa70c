package httpx

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
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

// AsForm is a Sign for calls that take a form: it turns the JSON object of texts that the request loop made into one.
func AsForm(_ context.Context, r *http.Request, body []byte) error {
	var fields map[string]string
	if err := json.Unmarshal(body, &fields); err != nil {
		return err
	}
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	data := []byte(form.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	return nil
}
