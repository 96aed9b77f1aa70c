package diff

import (
	"encoding/json"
	"io"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Format 2 says what format 1 says. Settings are objects in it; and of a connection with more than MaxListed changes, which
// format 1 has one by one, those that differ in nothing but subject and source, and stand one after the other, are one group.
// Subjects and sources are in tables, in the order in which they come first, and groups refer to them by their places.

// change2 is a change in format 2, as long as it stands alone.
type change2 struct {
	WireChange
	Settings wireSettings `json:"settings,omitzero"` // in place of the text of format 1
}

func newChange2(c Change) change2 { return change2{c.Wire(), wireSettings(c.Settings)} }

// change is the change that was read.
func (w change2) change() (Change, error) {
	w.WireChange.Settings = spec.Settings(w.Settings)
	return w.Change()
}

// call2 is a call in format 2.
type call2 struct {
	Name    string    `json:"name"`
	Changes []int     `json:"changes"`
	Extra   []change2 `json:"extra,omitempty"`
}

func newCall2(c Call) call2 {
	return call2{c.Name, c.Changes, spec.Each(c.Extra, newChange2)}
}

// group is several changes, or one.
type group struct {
	change2        // what they share
	Subjects []int `json:"subjects,omitempty"` // of each change
	Sources  []int `json:"sources,omitempty"`  // of each change; left out where they share it
}

// wireSettings are settings as an object.
type wireSettings spec.Settings

// MarshalJSON writes a key for each setting, sorted.
func (s wireSettings) MarshalJSON() ([]byte, error) {
	text := []byte{'{'}
	for name, value := range spec.Settings(s).All() {
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = appendString(append(appendString(text, name), ':'), value)
	}
	return append(text, '}'), nil
}

// UnmarshalJSON reads an object of texts.
func (s *wireSettings) UnmarshalJSON(data []byte) error {
	var values map[string]string
	if err := json.Unmarshal(data, &values); err != nil {
		return err
	}
	*s = wireSettings(spec.NewSettings(values))
	return nil
}

// table gives values places, in the order in which they come first.
type table[T comparable] struct {
	place map[T]int
	rows  []T
}

func (t *table[T]) add(row T) int {
	if t.place == nil {
		t.place = map[T]int{}
	}
	at, known := t.place[row]
	if !known {
		at = len(t.rows)
		t.place[row], t.rows = at, append(t.rows, row)
	}
	return at
}

// shared is what the changes of a group have in common; ok is false of a change that is a group of its own.
func shared(c *Change) (in Change, ok bool) {
	if c.Op != OpGrant && c.Op != OpRevoke || c.Subject == (spec.Subject{}) || !c.Doubt.IsZero() {
		return *c, false
	}
	in = *c
	in.Subject, in.Source = spec.Subject{}, ""
	return in, true
}

// groupEnd is where the group ends that begins at a change.
func groupEnd(changes []Change, begin int) (end int) {
	first, ok := shared(&changes[begin])
	for end = begin + 1; ok && end < len(changes); end++ {
		if next, may := shared(&changes[end]); !may || next != first {
			break
		}
	}
	return end
}

// oneSource says whether all changes have the same source.
func oneSource(changes []Change) bool {
	for i := range changes {
		if changes[i].Source != changes[0].Source {
			return false
		}
	}
	return true
}

// writeGrouped writes the plan in format 2: its own keys in a line each, as in format 1, so that its id has a line of its own.
func (p *Plan) writeGrouped(w io.Writer) error {
	out, head := newPlanWriter(w), *p
	out.wrap = "\n"
	head.Connections = emptied(p.Connections)
	text, err := encode(head, "  ")
	if err != nil {
		return err
	}
	out.around(text, `"connections": []`, func() {
		out.WriteString(`"connections": [`)
		for i, part := range p.Connections {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteByte('\n')
			out.part(part, func() { out.grouped(part) })
		}
		out.WriteByte(']')
	})
	return out.end()
}

// grouped writes changes and calls of a connection in format 2.
func (w *planWriter) grouped(part ConnectionPlan) {
	if !part.large() {
		w.changes(part, func(c Change) any { return newChange2(c) }, func(c Call) any { return newCall2(c) })
		return
	}
	subjects, sources, begins := tables(part.Changes)
	w.list("subjects", false, len(subjects.rows), func(i int) []byte { return w.encode(subjects.rows[i]) })
	w.WriteByte(',')
	w.list("sources", false, len(sources.rows), func(i int) []byte { return appendString(nil, sources.rows[i]) })
	w.WriteByte(',')
	w.list("groups", false, len(begins), func(i int) []byte {
		end := len(part.Changes)
		if i+1 < len(begins) {
			end = begins[i+1]
		}
		return w.group(part.Changes[begins[i]:end], subjects, sources)
	})
	w.WriteByte(',')
	w.list("calls", part.Calls == nil, len(part.Calls), func(i int) []byte { return w.encode(newCall2(part.Calls[i])) })
}

// tables finds where groups begin, and what of them is in tables.
func tables(changes []Change) (subjects *table[spec.Subject], sources *table[string], begins []int) {
	subjects, sources = &table[spec.Subject]{}, &table[string]{}
	for begin := 0; begin < len(changes); {
		end := groupEnd(changes, begin)
		begins = append(begins, begin)
		_, inTable := shared(&changes[begin])
		varies := !oneSource(changes[begin:end])
		for i := begin; i < end; i++ {
			if inTable {
				subjects.add(changes[i].Subject)
			}
			if varies {
				sources.add(changes[i].Source)
			}
		}
		begin = end
	}
	return subjects, sources, begins
}

// group is the JSON of one group.
func (w *planWriter) group(changes []Change, subjects *table[spec.Subject], sources *table[string]) []byte {
	in, inTable := shared(&changes[0])
	g := group{}
	if inTable {
		in.Source = changes[0].Source
		g.Subjects = spec.Each(changes, func(c Change) int { return subjects.place[c.Subject] })
	}
	if !oneSource(changes) {
		in.Source = ""
		g.Sources = spec.Each(changes, func(c Change) int { return sources.place[c.Source] })
	}
	g.change2 = newChange2(in)
	return w.encode(g)
}
