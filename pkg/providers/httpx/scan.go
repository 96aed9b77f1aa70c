package httpx

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// Scanned is an answer that reads itself, in a tenth of the time that package json takes: a page of a long list. Where Scan returns
// false, if only because something is unusual, nothing of what it read counts, and package json reads the answer. So it has to
// return true only where that would come to the same.
type Scanned interface{ Scan(s *Scanner) bool }

// Scan has an answer read itself, where it can. It is true where all of it was read, without a key that an object has twice.
func Scan(data []byte, out any) bool {
	answer, can := out.(Scanned)
	if !can {
		return false
	}
	s := Scanner{data: data}
	return answer.Scan(&s) && s.peek() == end
}

// Scanner reads JSON as vendors write it. What it can't read as package json would in every respect it refuses: escapes, keys with
// capital letters, which package json takes for others, and what is no JSON. What it returns is part of the answer, and good until
// Scan returns.
type Scanner struct {
	data []byte
	at   int
	open []keys // of each object that is open
}

// end is what comes after the last byte.
const end = 0

// deepest is how far values that nobody knows may nest.
const deepest = 16

// peek passes over blanks, and returns the byte after them.
func (s *Scanner) peek() byte {
	for s.at < len(s.data) {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\r', '\n':
			s.at++
		case end:
			return ' ' // which begins nothing
		default:
			return c
		}
	}
	return end
}

// next passes over a byte, if it comes next.
func (s *Scanner) next(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

// Object reads an object. field reads the value of a key.
func (s *Scanner) Object(field func(key []byte) bool) bool {
	if !s.next('{') || len(s.open) == deepest {
		return false
	}
	depth := len(s.open)
	s.open = slices.Grow(s.open, 1)[:depth+1]
	s.open[depth].clear()
	for more := !s.next('}'); more; {
		key, ok := s.text()
		if !ok || !plainLetters(key) || !s.open[depth].add(key) || !s.next(':') || !field(key) {
			return false
		}
		if more = s.next(','); !more && !s.next('}') {
			return false
		}
	}
	s.open = s.open[:depth]
	return true
}

// List reads a list.
func (s *Scanner) List(element func() bool) bool {
	if !s.next('[') {
		return false
	}
	if s.next(']') {
		return true
	}
	for element() {
		if s.next(']') {
			return true
		}
		if !s.next(',') {
			return false
		}
	}
	return false
}

// Text reads a string; null is "".
func (s *Scanner) Text() (text []byte, ok bool) {
	if s.peek() == 'n' {
		return nil, s.word("null")
	}
	return s.text()
}

// Raw reads any value, and returns its JSON.
func (s *Scanner) Raw() (json []byte, ok bool) {
	s.peek()
	from := s.at
	ok = s.Skip()
	return s.data[from:s.at], ok
}

// Skip passes over any value.
func (s *Scanner) Skip() bool { return s.skip(0) }

func (s *Scanner) skip(depth int) bool {
	switch c := s.peek(); {
	case depth == deepest:
		return false
	case c == '"':
		_, ok := s.text()
		return ok
	case c == '{':
		return s.Object(func([]byte) bool { return s.skip(depth + 1) })
	case c == '[':
		return s.List(func() bool { return s.skip(depth + 1) })
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *Scanner) word(word string) bool {
	if !bytes.HasPrefix(s.data[s.at:], []byte(word)) {
		return false
	}
	s.at += len(word)
	return true
}

// number reads a number without a fraction; others are for package json.
func (s *Scanner) number() bool {
	from := s.at
	for s.at < len(s.data) && '0' <= s.data[s.at] && s.data[s.at] <= '9' {
		s.at++
	}
	digits := s.data[from:s.at]
	if len(digits) == 0 || digits[0] == '0' && len(digits) > 1 {
		return false
	}
	return s.at == len(s.data) || bytes.IndexByte([]byte(",}] \t\r\n"), s.data[s.at]) >= 0
}

// text reads a string without escapes.
func (s *Scanner) text() (text []byte, ok bool) {
	if !s.next('"') {
		return nil, false
	}
	from, ascii := s.at, true
	for {
		s.at += plainRun(s.data[s.at:])
		switch {
		case s.at >= len(s.data):
			return nil, false
		case s.data[s.at] == '"':
			s.at++
			text = s.data[from : s.at-1]
			return text, ascii || utf8.Valid(text)
		case s.data[s.at] < utf8.RuneSelf: // an escape, or what has to be one
			return nil, false
		}
		ascii = false
		s.at++
	}
}

// plainRun is how many bytes stand before the first one that is a quote, a backslash, a control character or beyond ASCII. It looks
// at eight of them at a time.
func plainRun(data []byte) (n int) {
	const each, high = 0x0101010101010101, 0x8080808080808080
	for ; n+8 <= len(data); n += 8 {
		x := binary.LittleEndian.Uint64(data[n:])
		quote, escape := x^(each*'"'), x^(each*'\\')
		// The lowest bit that is set is right. Above it there may be more, of a borrow.
		odd := ((quote-each)&^quote | (escape-each)&^escape | (x-each*' ')&^x | x) & high
		if odd != 0 {
			return n + bits.TrailingZeros64(odd)/8
		}
	}
	for n < len(data) && data[n] != '"' && data[n] != '\\' && data[n] >= ' ' && data[n] < utf8.RuneSelf {
		n++
	}
	return n
}

// plainLetters says whether a key has nothing that letter case makes another key of.
func plainLetters(key []byte) bool {
	for _, c := range key {
		if 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
