package diff

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"
)

// textSum digests the JSON text of an object without the white space between its tokens, as it is written to it. A second digest
// leaves out the keys in unsealed: of a plan of format 1 that another version sealed, that nobody altered and that nothing explains,
// it is the id, whichever keys that plan has.
type textSum struct {
	all, kept pieces
	depth     int
	quoted    bool   // within a string
	escaped   bool   // behind a backslash
	key       []byte // a member of the object so far, until its key has ended
	inKey     bool
	drop      bool // the member is not in kept
	members   int  // in kept
}

// unsealed are the keys of a plan that its id is not about.
var unsealed = []string{`"id"`, `"created"`, `"now"`, `"base"`, `"reviews"`}

func newTextSum() *textSum { return &textSum{all: newPieces(), kept: newPieces()} }

// pieces gathers bytes to hash many at a time.
type pieces struct {
	hash.Hash
	next []byte
}

func newPieces() pieces { return pieces{sha256.New(), make([]byte, 0, 1<<12)} }

func (p *pieces) add(text ...byte) {
	if p.next = append(p.next, text...); len(p.next) >= 1<<12-1<<8 {
		p.flush()
	}
}

func (p *pieces) flush() {
	p.Hash.Write(p.next) // never fails
	p.next = p.next[:0]
}

func (p *pieces) digest() string {
	p.flush()
	return "sha256:" + hex.EncodeToString(p.Hash.Sum(nil))
}

// text is the digest of the whole text.
func (s *textSum) text() string { return s.all.digest() }

// id is the digest without these keys.
func (s *textSum) id() string { return s.kept.digest() }

// Write never fails.
func (s *textSum) Write(data []byte) (int, error) {
	for _, c := range data {
		switch {
		case s.escaped:
			s.escaped = false
		case s.quoted && c == '\\':
			s.escaped = true
		case c == '"':
			s.quoted = !s.quoted
		case s.quoted:
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
			continue
		case c == '{' || c == '[':
			s.depth++
		case c == '}' || c == ']':
			s.depth--
		}
		s.all.add(c)
		s.keep(c)
	}
	return len(data), nil
}

// keep adds a byte to the digest without these keys. Members are parted by what comes at depth 1 outside strings.
func (s *textSum) keep(c byte) {
	switch between := !s.quoted && s.depth == 1; {
	case c == '{' && between, c == ',' && between && !s.inKey:
		if c == '{' {
			s.kept.add(c)
		}
		s.key, s.inKey, s.drop = s.key[:0], true, false
	case c == ':' && between && s.inKey:
		s.inKey = false
		if s.drop = slices.Contains(unsealed, string(s.key)); s.drop {
			return
		}
		if s.members++; s.members > 1 {
			s.kept.add(',')
		}
		s.kept.add(s.key...)
		s.kept.add(c)
	case s.inKey && s.depth > 0:
		s.key = append(s.key, c)
	case c == '}' && !s.quoted && s.depth == 0:
		s.kept.add(c)
	case !s.drop:
		s.kept.add(c)
	}
}
