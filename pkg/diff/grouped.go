package diff

import (
	"encoding/json"
	"io"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Format 2 says what format 1 says. Settings are objects in it; and of a connection with more than MaxListed changes, which
// format 1 has one by one, those that differ in nothing but who it is about and where that stands in the files, and that stand one
// after the other, are one group. What differs is in tables, in the order in which it comes first, and groups refer to it by its
// place.

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

// who is a row of the table of subjects.
type who struct {
	spec.Subject
	Person string `json:"person,omitempty"`
}

// group is several changes, or one. Its lists have a place in a table for each of the changes. All but the first are left out
// where the changes share what they are about.
type group struct {
	change2        // what they share
	Subjects []int `json:"subjects,omitempty"`
	Sources  []int `json:"sources,omitempty"`
	Vias     []int `json:"vias,omitempty"`
	Were     []int `json:"were,omitempty"` // in the table of sources
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

// tables are those of a connection.
type tables struct {
	subjects table[who]
	sources  table[string]
	vias     table[spec.Via]
}

// shared is what the changes of a group have in common; ok is false of a change that is a group of its own.
func shared(c *Change) (in Change, ok bool) {
	if c.Op != OpGrant && c.Op != OpRevoke || c.Subject == (spec.Subject{}) || !c.Mailing().Doubt.IsZero() {
		return *c, false
	}
	in = *c
	in.Subject, in.Person, in.Source, in.Via, in.Was = spec.Subject{}, "", "", spec.Via{}, ""
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

// column takes one thing of changes out of what they share: it returns the place of each in a table, or none where it is the same
// of all, and then that.
func column[T comparable](changes []Change, of func(*Change) T, in *table[T]) (places []int, same T) {
	same = of(&changes[0])
	for i := range changes {
		if of(&changes[i]) != same {
			places = make([]int, len(changes))
			for k := range changes {
				places[k] = in.add(of(&changes[k]))
			}
			var none T
			return places, none
		}
	}
	return nil, same
}

// group is a group of changes; rows that tables lack are added to them.
func (t *tables) group(changes []Change) group {
	in, together := shared(&changes[0])
	if !together {
		return group{change2: newChange2(in)}
	}
	g := group{}
	for i := range changes {
		g.Subjects = append(g.Subjects, t.subjects.add(who{changes[i].Subject, changes[i].Person}))
	}
	g.Sources, in.Source = column(changes, func(c *Change) string { return c.Source }, &t.sources)
	g.Vias, in.Via = column(changes, func(c *Change) spec.Via { return c.Via }, &t.vias)
	g.Were, in.Was = column(changes, func(c *Change) string { return c.Was }, &t.sources)
	g.change2 = newChange2(in)
	return g
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
	var t tables
	var begins []int
	for begin := 0; begin < len(part.Changes); begin = groupEnd(part.Changes, begin) {
		begins = append(begins, begin)
		t.group(part.Changes[begin:groupEnd(part.Changes, begin)]) // the tables come before the groups
	}
	w.list("subjects", false, len(t.subjects.rows), func(i int) []byte { return w.encode(t.subjects.rows[i]) })
	w.WriteByte(',')
	w.list("sources", false, len(t.sources.rows), func(i int) []byte { return appendString(nil, t.sources.rows[i]) })
	w.WriteByte(',')
	w.list("vias", false, len(t.vias.rows), func(i int) []byte { return w.encode(t.vias.rows[i]) })
	w.WriteByte(',')
	w.list("groups", false, len(begins), func(i int) []byte {
		return w.encode(t.group(part.Changes[begins[i]:groupEnd(part.Changes, begins[i])]))
	})
	w.WriteByte(',')
	w.list("calls", part.Calls == nil, len(part.Calls), func(i int) []byte { return w.encode(newCall2(part.Calls[i])) })
}
