package diff

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strconv"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Write writes the plan's JSON: what --out saves and -o json prints, byte for byte the same. Equal plans give equal bytes. What
// is sealed stays so. A large plan is written as a stream, in lines of a resource or a call each.
func (p *Plan) Write(w io.Writer) error {
	if p.ID == "" {
		p.Seal()
	}
	if p.Format == FormatGrouped {
		return p.writeGrouped(w)
	}
	text, err := encode(p, "  ")
	if err == nil {
		_, err = w.Write(text)
	}
	return err
}

// writeCompact writes the same with other white space, whatever the format as a stream.
func (p *Plan) writeCompact(w io.Writer) error {
	if p.Format == FormatGrouped {
		return p.writeGrouped(w)
	}
	out, head := newPlanWriter(w), *p
	head.Connections = emptied(p.Connections)
	out.listed(head, p.Connections)
	return out.end()
}

// emptied is a list without its elements: one that is nil stays so.
func emptied[T any](list []T) []T {
	if list == nil {
		return nil
	}
	return []T{}
}

// planWriter writes JSON in pieces. It keeps the first error, and writes nothing after it.
type planWriter struct {
	*bufio.Writer
	piece bytes.Buffer
	json  *json.Encoder // into piece
	quick []byte        // a piece that is made without it
	err   error
	wrap  string // before each element of a long list

	essential bool // leave out what explains changes, and what is outside of the files
}

func newPlanWriter(w io.Writer) *planWriter {
	out := &planWriter{Writer: bufio.NewWriterSize(w, 1<<16)}
	out.json = json.NewEncoder(&out.piece)
	out.json.SetEscapeHTML(false)
	return out
}

// end returns the first error.
func (w *planWriter) end() error {
	if w.err == nil {
		w.err = w.Flush() // a bufio.Writer keeps the first error
	}
	return w.err
}

// encode returns the JSON of a value. It is good until the next call.
func (w *planWriter) encode(v any) []byte {
	w.piece.Reset()
	if err := w.json.Encode(v); err != nil && w.err == nil {
		w.err = err
	}
	return bytes.TrimSuffix(w.piece.Bytes(), []byte("\n"))
}

// around writes the JSON of a value, and in the place of a marker in it what inner writes. No text in the value can be taken for
// the marker, since quotes are escaped in it.
func (w *planWriter) around(text []byte, marker string, inner func()) {
	head, tail, found := bytes.Cut(bytes.Clone(text), []byte(marker))
	_, _ = w.Write(head)
	if found {
		inner()
	}
	_, _ = w.Write(tail)
}

// list writes a list under a key, element by element; null where there is none.
func (w *planWriter) list(key string, none bool, n int, element func(i int) []byte) {
	w.WriteString(`"` + key + `":`)
	if none {
		w.WriteString("null")
		return
	}
	w.elements(n, element)
	w.WriteByte(']')
}

// elements writes a list but for its end.
func (w *planWriter) elements(n int, element func(i int) []byte) {
	w.WriteByte('[')
	for i := range n {
		if w.err != nil {
			return
		}
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(w.wrap)
		_, _ = w.Write(element(i))
	}
}

// The places that the long lists have in the JSON of what holds them.
const (
	noConnections = `"connections":[]`
	noChanges     = `"changes":[],"calls":[]`
)

// listed writes a plan in format 1, compact: outer, which is its JSON but for the connections, and these.
func (w *planWriter) listed(outer any, parts []ConnectionPlan) {
	w.around(w.encode(outer), noConnections, func() {
		w.WriteString(`"connections":[`)
		for i, part := range parts {
			if i > 0 {
				w.WriteByte(',')
			}
			w.part(part, func() { w.changes(part, func(c Change) any { return c.Wire() }, func(c Call) any { return c }) })
		}
		w.WriteByte(']')
	})
}

// part writes a connection, with what changes writes of its changes and calls.
func (w *planWriter) part(part ConnectionPlan, changes func()) {
	if part.Changes, part.Calls = []Change{}, []Call{}; w.essential {
		part.Outside = Outside{}
	}
	w.around(w.encode(part), noChanges, changes)
}

// changes writes changes and calls one by one, as format 1 has them but for what is not plain.
func (w *planWriter) changes(part ConnectionPlan, change func(Change) any, call func(Call) any) {
	w.list("changes", part.Changes == nil, len(part.Changes), func(i int) []byte {
		c := part.Changes[i]
		if w.essential {
			c = c.essential()
		}
		if c.plain() {
			return w.plain(&c)
		}
		return w.encode(change(c))
	})
	w.WriteByte(',')
	w.list("calls", part.Calls == nil, len(part.Calls), func(i int) []byte {
		if c := &part.Calls[i]; len(c.Extra) == 0 {
			return w.call(c)
		}
		return w.encode(call(part.Calls[i]))
	})
}

// plain says whether the change has no keys but those of most changes, which are the same in all formats.
func (c *Change) plain() bool {
	return c.Op != OpResend && *c == Change{Op: c.Op, Kind: c.Kind, Resource: c.Resource, Role: c.Role, Subject: c.Subject, Source: c.Source,
		Reason: c.Reason, Mails: c.Mails, Person: c.Person, Via: c.Via, Because: c.Because, Was: c.Was}
}

// plain is the JSON of a plain change, as package json gives it, in a tenth of the time.
func (w *planWriter) plain(c *Change) []byte {
	text := append(w.quick[:0], `{"op":`...)
	text = appendString(text, string(c.Op))
	text = appendString(append(text, `,"kind":`...), string(c.Kind))
	text = appendString(append(text, `,"resource":`...), c.Resource)
	text = appendKey(text, `,"role":`, string(c.Role))
	if c.Subject != (spec.Subject{}) {
		text = appendString(append(text, `,"subject":{"kind":`...), string(c.Subject.Kind))
		text = appendString(append(text, `,"name":`...), c.Subject.Name)
		text = append(appendKey(text, `,"domain":`, c.Subject.Domain), '}')
	}
	text = appendKey(text, `,"source":`, c.Source)
	text = appendKey(text, `,"reason":`, c.Reason)
	if c.Mails != 0 {
		text = strconv.AppendInt(append(text, `,"mails":`...), int64(c.Mails), 10)
	}
	text = appendKey(text, `,"person":`, c.Person)
	if c.Via != (spec.Via{}) {
		via, _ := c.Via.MarshalJSON() // it has no error
		text = append(append(text, `,"via":`...), via...)
	}
	text = appendKey(text, `,"because":`, string(c.Because))
	text = appendKey(text, `,"was":`, c.Was)
	w.quick = append(text, '}')
	return w.quick
}

// call is the JSON of a call that has no extra changes.
func (w *planWriter) call(c *Call) []byte {
	text := append(appendString(append(w.quick[:0], `{"name":`...), c.Name), `,"changes":`...)
	if c.Changes == nil {
		return append(text, "null}"...)
	}
	w.quick = append(appendInts(text, c.Changes), '}')
	return w.quick
}

func appendInts(text []byte, numbers []int) []byte {
	text = append(text, '[')
	for i, n := range numbers {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(text, int64(n), 10)
	}
	return append(text, ']')
}

// appendKey adds a key and its value, if it has one.
func appendKey(text []byte, key, value string) []byte {
	if value == "" {
		return text
	}
	return appendString(append(text, key...), value)
}

// appendString adds a string as package json writes it.
func appendString(text []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			quoted, _ := encode(s, "") // a string can be encoded
			return append(text, bytes.TrimSuffix(quoted, []byte("\n"))...)
		}
	}
	return append(append(append(text, '"'), s...), '"')
}
