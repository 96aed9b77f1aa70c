package httpx

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

const (
	// minSecret is the length of the shortest secret that is looked for, in bytes. A shorter one stands in any text by chance,
	// and protects nothing.
	minSecret = 4
	// part is how many bytes in a row of a secret are taken for it, so that it is found however it was cut. A shorter secret
	// is found whole.
	part = 12
	// escapedMost is how often what shows a secret may have been escaped, as JSON in JSON is twice.
	escapedMost = 2
)

// finder finds secrets in texts, in time that grows with the text alone. It is not changed once it is made.
type finder struct {
	parts   map[string]struct{} // folded
	lengths []int               // of the parts, sorted
}

func newFinder(secrets []string) *finder {
	f := &finder{parts: map[string]struct{}{}}
	for _, secret := range secrets {
		if len(secret) < minSecret {
			continue
		}
		for _, form := range forms(secret) {
			f.add(folded(form))
		}
	}
	for p := range f.parts {
		if !slices.Contains(f.lengths, len(p)) {
			f.lengths = append(f.lengths, len(p))
		}
	}
	slices.Sort(f.lengths)
	return f
}

func (f *finder) add(form string) {
	n := min(part, len(form))
	for at := 0; at+n <= len(form); at++ {
		f.parts[form[at:at+n]] = struct{}{}
	}
}

// forms are the ways to write a secret that have a name. What is escaped in others, or partly, is found when it is unescaped;
// these are for what was cut in the middle of an escape.
func forms(secret string) []string {
	quoted, _ := json.Marshal(secret) // a string has no error
	inJSON := string(quoted[1 : len(quoted)-1])
	all := []string{
		secret, inJSON,
		strings.ReplaceAll(inJSON, "/", `\/`),
		strings.NewReplacer("=", `\u003d`, "'", `\u0027`).Replace(inJSON),                // as Gson writes
		strings.NewReplacer("+", `\u002b`, "'", `\u0027`, "/", `\u002f`).Replace(inJSON), // as .NET does
		url.QueryEscape(secret), url.PathEscape(secret),
		hex.EncodeToString([]byte(secret)),
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		padded := encoding.EncodeToString([]byte(secret))
		all = append(all, padded, strings.TrimRight(padded, "="))
		for before := 1; before < 3; before++ { // within a longer text that is encoded, as a password after its user's name
			inner := encoding.EncodeToString(append(make([]byte, before), secret...))[before+1:]
			if len(inner) >= part {
				all = append(all, inner)
			}
		}
	}
	return all
}

// span is a part of a text, from its first byte to the one after its last.
type span struct{ from, to int }

// find returns the spans of the text that show 12 bytes or more of a secret, or a shorter one whole: as it is, escaped for
// JSON, URLs or HTML up to so many times, in base64 or in hex. Letter case does not count, nor that URLs may have + for a blank.
func (f *finder) find(text string, escaped int) []span {
	found := f.plain(folded(text))
	if escaped == 0 || len(f.parts) == 0 {
		return found
	}
	for _, begin := range []byte(escapes) {
		if plain := unescape(text, begin); plain != text {
			found = union(found, origin(text, begin, f.find(plain, escaped-1)))
		}
	}
	return found
}

func (f *finder) plain(text string) []span {
	var found []span
	for at := range len(text) {
		for _, n := range f.lengths {
			if at+n > len(text) {
				break
			}
			if _, hit := f.parts[text[at:at+n]]; hit {
				found = join(found, span{at, at + n})
			}
		}
	}
	return found
}

// hides says whether a whole text, as it stands, is one that is looked for.
func (f *finder) hides(text string) bool {
	return slices.Equal(f.plain(folded(text)), []span{{0, len(text)}})
}

// join adds a span that begins no earlier than the last one.
func join(spans []span, next span) []span {
	if last := len(spans) - 1; last >= 0 && next.from <= spans[last].to {
		spans[last].to = max(spans[last].to, next.to)
		return spans
	}
	return append(spans, next)
}

func union(a, b []span) []span {
	if len(b) == 0 {
		return a
	}
	var all []span
	for len(a) > 0 || len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0].from <= b[0].from {
			all, a = join(all, a[0]), a[1:]
		} else {
			all, b = join(all, b[0]), b[1:]
		}
	}
	return all
}

// folded writes the letters A to Z small, and a plus for a blank. Unlike strings.ToLower it keeps every byte in its place.
func folded(text string) string {
	b := []byte(text)
	for i, c := range b {
		switch {
		case 'A' <= c && c <= 'Z':
			b[i] = c + 'a' - 'A'
		case c == ' ':
			b[i] = '+'
		}
	}
	return string(b)
}
