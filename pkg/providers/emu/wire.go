package emu

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
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
