package httpx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

// Answer is a vendor's successful answer, as far as clients need it.
type Answer struct {
	Status int
	Header http.Header
}

// decode reads an answer that must be JSON. Where no answer is expected an empty one is right as well; anything else than
// JSON comes from something that stands between us and the vendor.
func (c *Client) decode(r *http.Request, data []byte, out any) error {
	data = bytes.TrimSpace(data)
	if out == nil {
		if len(data) == 0 || json.Valid(data) {
			return nil
		}
		return fmt.Errorf("the answer is not the vendor's: %q", c.excerpt(r, data))
	}
	if len(data) == 0 {
		return errors.New("the answer is empty")
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("the answer can't be read: %w: %q", err, c.excerpt(r, data))
	}
	if key := duplicateKey(data); key != "" {
		return fmt.Errorf("the answer can't be trusted: it has %q twice in one place", key)
	}
	return nil
}

// excerpt is the first line's worth of a body that is not the vendor's, fit to be printed. Secrets are taken out before it is
// cut: the rest of one could not be told from other text.
func (c *Client) excerpt(r *http.Request, body []byte) string {
	const most = 120
	if c.Private {
		return "not shown, since it may hold a secret"
	}
	text := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(redact(string(body), c.finders(r)...), "?"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// duplicateKey is a key that an object of a JSON text has twice, at any depth, in any letter case: of its values readers take the
// first, the last or either. It is "" where there is none, and for what is not JSON.
func duplicateKey(data []byte) string {
	if !json.Valid(data) {
		return ""
	}
	var open []map[string]bool // the keys so far of each object that is open; nil for a list
	for at := 0; at < len(data); at++ {
		switch data[at] {
		case '{':
			open = append(open, map[string]bool{})
		case '[':
			open = append(open, nil)
		case '}', ']':
			open = open[:len(open)-1]
		case '"':
			end := at + 1
			for ; data[end] != '"'; end++ {
				if data[end] == '\\' {
					end++
				}
			}
			text := data[at : end+1]
			at = end
			if rest := bytes.TrimLeft(data[end+1:], " \t\r\n"); len(rest) == 0 || rest[0] != ':' {
				continue // a value
			}
			key, keys := keyOf(text), open[len(open)-1]
			if keys[key] {
				return key
			}
			keys[key] = true
		}
	}
	return ""
}

func keyOf(text []byte) (key string) {
	_ = json.Unmarshal(text, &key) // valid JSON, so it is a string
	return strings.ToLower(key)
}
