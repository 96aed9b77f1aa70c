package emu

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// ErrTooLong says that a request has a longer body than the vendor takes.
var ErrTooLong = errors.New("the body is too long")

// ReadBody reads the body of a request, up to limit bytes.
func ReadBody(r *http.Request, limit int) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(limit)+1))
	if err == nil && len(body) > limit {
		return nil, ErrTooLong
	}
	return body, err
}

// WriteJSON sends a value as a JSON body, in which HTML is not escaped.
func WriteJSON(w http.ResponseWriter, contentType string, status int, body any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body)
}

// Escape writes all bytes but letters, digits and -_.~ as %XX, as signatures want it.
func Escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") // the two agree on the rest
}

// Hash is the SHA-256 of data, in hex.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// MAC is the HMAC-SHA256 of a text, in hex.
func MAC(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}
