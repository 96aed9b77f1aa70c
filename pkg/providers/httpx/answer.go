package httpx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Answer is a vendor's successful answer, as far as clients need it.
type Answer struct {
	Status int
	Header http.Header
}

// Text is an answer that is no JSON, without the blanks around it.
type Text string

// Date is what the vendor's clock showed, to the second.
func (a Answer) Date() (time.Time, error) { return http.ParseTime(a.Header.Get("Date")) }

// body is room for an answer, to be given back once nothing refers to what is in it. Room of its own that grows would be several
// times as large as each answer.
func (c *Client) body() *bytes.Buffer {
	body, ok := c.bodies.Get().(*bytes.Buffer)
	if !ok || body.Cap() > 1<<20 {
		return new(bytes.Buffer)
	}
	body.Reset()
	return body
}

// decode reads an answer that must be JSON. Where no answer is expected an empty one is right as well; anything else than
// JSON comes from something that stands between us and the vendor. repeated is its duplicateKey.
func (c *Client) decode(r *http.Request, data []byte, repeated string, out any) error {
	data = bytes.TrimSpace(data)
	if text, ok := out.(*Text); ok {
		*text = Text(data)
		return nil
	}
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
	if repeated != "" {
		return fmt.Errorf("the answer can't be trusted: it has %q twice in one place", repeated)
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
// first, the last or either. It is "" where there is none. Of what is not JSON it may be anything.
func duplicateKey(data []byte) string {
	var open []keys // of each object and list that is open; lists have none
	for at := 0; at < len(data); at++ {
		switch data[at] {
		case '{', '[':
			open = slices.Grow(open, 1)[:len(open)+1]
			open[len(open)-1].clear()
		case '}', ']':
			open = open[:max(0, len(open)-1)]
		case '"':
			end := endOfString(data, at+1)
			text := data[at:end]
			at = end - 1
			if isKey(data[end:]) && len(open) > 0 {
				if key := plainKey(text); !open[len(open)-1].add(key) {
					return strings.ToLower(string(key))
				}
			}
		}
	}
	return ""
}

// endOfString is where the text goes on after a string that began before.
func endOfString(data []byte, at int) int {
	for {
		quote := bytes.IndexByte(data[at:], '"')
		if quote < 0 {
			return len(data)
		}
		escape := bytes.IndexByte(data[at:at+quote], '\\')
		if escape < 0 {
			return at + quote + 1
		}
		if at += escape + 2; at > len(data) {
			return len(data)
		}
	}
}

// isKey says whether the string before the rest of a text is a key.
func isKey(rest []byte) bool {
	for _, c := range rest {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c == ':'
		}
	}
	return false
}

// keys are those of one object so far: in a list while they are few, as nearly always, since every answer is looked at.
type keys struct {
	few  [][]byte
	many map[string]bool
	// former has the keys of the object before at this depth, of which the first ones, as many as few has, are the same: rows of
	// a list are alike, and what was compared once is not compared again.
	former [][]byte
}

// manyKeys is from where on a list would be slower.
const manyKeys = 50

func (k *keys) clear() {
	if len(k.few) > len(k.former) {
		k.former = append(k.former, k.few[len(k.former):]...)
	}
	k.few, k.many = k.few[:0], nil
}

// add says whether the key is new, in any letter case.
func (k *keys) add(key []byte) bool {
	if n := len(k.few); n < len(k.former) && bytes.Equal(k.former[n], key) {
		k.few = append(k.few, key)
		return true
	}
	k.former = k.former[:min(len(k.few), len(k.former))]
	if k.many == nil && len(k.few) < manyKeys {
		if slices.ContainsFunc(k.few, func(known []byte) bool { return bytes.EqualFold(known, key) }) {
			return false
		}
		k.few = append(k.few, key)
		return true
	}
	if k.many == nil {
		k.many = map[string]bool{}
		for _, known := range k.few {
			k.many[strings.ToLower(string(known))] = true
		}
	}
	lower := strings.ToLower(string(key))
	known := k.many[lower]
	k.many[lower] = true
	return !known
}

// plainKey is a key without its quotes and escapes.
func plainKey(text []byte) []byte {
	if !bytes.ContainsRune(text, '\\') {
		return text[1 : len(text)-1]
	}
	var key string
	_ = json.Unmarshal(text, &key) // valid JSON, so it is a string
	return []byte(key)
}
