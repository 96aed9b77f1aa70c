package httpx

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// escapes are what the escapes of JSON, of URLs and of HTML begin with.
const escapes = `\%&`

// unescape undoes the escapes that begin with a byte, once. What is none stays as it is.
func unescape(text string, begin byte) string {
	var b strings.Builder
	for text != "" {
		next := strings.IndexByte(text, begin)
		if next < 0 {
			next = len(text)
		}
		b.WriteString(text[:next])
		if text = text[next:]; text != "" {
			plain, n := unit(text)
			b.WriteString(plain)
			text = text[n:]
		}
	}
	return b.String()
}

// origin says where in a text stands what spans of its unescaped form show.
func origin(text string, begin byte, spans []span) []span {
	var found []span
	at, plain := 0, 0 // in the text, and in its unescaped form
	for _, s := range spans {
		from := -1
		for plain < s.to {
			meant, n := text[at:at+1], 1
			if text[at] == begin {
				meant, n = unit(text[at:])
			}
			if from < 0 && plain+len(meant) > s.from {
				from = at
			}
			at, plain = at+n, plain+len(meant)
		}
		if from >= 0 { // else it is within the escape that the span before ends with
			found = join(found, span{from, at})
		}
	}
	return found
}

// unit is what the first bytes of a text stand for, and how many these are: an escape, or one byte that begins none.
func unit(text string) (plain string, n int) {
	switch text[0] {
	case '%':
		if code, ok := number(text, 1, 3); ok {
			return string([]byte{byte(code)}), 3
		}
	case '\\':
		return backslash(text)
	case '&':
		if end := strings.IndexByte(text[:min(len(text), len("&#x10ffff;"))], ';'); end > 0 {
			if meant := html.UnescapeString(text[:end+1]); meant != text[:end+1] {
				return meant, end + 1
			}
		}
	}
	return text[:1], 1
}

func backslash(text string) (plain string, n int) {
	if len(text) < 2 {
		return text, len(text)
	}
	switch c := text[1]; c {
	case '/', '\\', '"', '\'':
		return text[1:2], 2
	case 'n', 'r', 't', 'b', 'f':
		i := strings.IndexByte("nrtbf", c)
		return "\n\r\t\b\f"[i : i+1], 2
	case 'x':
		if code, ok := number(text, 2, 4); ok {
			return string([]byte{byte(code)}), 4
		}
	case 'u':
		if code, ok := number(text, 2, 6); ok {
			if low, ok := number(text, 8, 12); ok && text[6:8] == `\u` {
				if r := utf16.DecodeRune(code, low); r != utf8.RuneError {
					return string(r), 12
				}
			}
			return string(code), 6
		}
	}
	return text[:1], 1
}

// number reads the hex digits in text[from:to].
func number(text string, from, to int) (rune, bool) {
	if len(text) < to {
		return 0, false
	}
	code, err := strconv.ParseUint(text[from:to], 16, 32)
	return rune(code), err == nil
}
