package spec

import (
	"iter"
	"maps"
	"slices"
)

// GrantMap maps grants to values. It keeps once what many grants share: it has a row for each role on a resource, and in rows
// subjects are numbers. A copy is the same map, but for the zero value, which is empty. It must not change while something goes
// through it; apart from that, several may read it at once.
type GrantMap[V comparable] struct{ *grantTable[V] }

type grantTable[V comparable] struct {
	subjects []Subject
	numbers  map[Subject]int32 // places in subjects
	rows     []grantRow[V]
	places   map[grantPlace]int32 // places in rows
	roles    []Role               // of rows
	last     int32                // the row that was added to last
	size     int
}

// grantPlace is what a row is about.
type grantPlace struct {
	on   Ref
	role Role
}

// Len is how many grants the map has.
func (m GrantMap[V]) Len() int {
	if m.grantTable == nil {
		return 0
	}
	return m.size
}

// row is nil where nobody ever held the role.
func (m GrantMap[V]) row(on Ref, role Role) *grantRow[V] {
	if m.grantTable == nil {
		return nil
	}
	if at, has := m.places[grantPlace{on, role}]; has {
		return &m.rows[at]
	}
	return nil
}

// find returns the row of a grant and its place there, which is below 0 where the map does not have it.
func (m GrantMap[V]) find(g Grant) (*grantRow[V], int) {
	row := m.row(g.Resource, g.Role)
	if row == nil {
		return nil, -1
	}
	number, known := m.numbers[g.Subject]
	if !known {
		return nil, -1
	}
	return row, row.find(number)
}

// Has says whether the map has the grant.
func (m GrantMap[V]) Has(g Grant) bool {
	_, at := m.find(g)
	return at >= 0
}

// Get returns the value of a grant; the zero value for one that the map does not have.
func (m GrantMap[V]) Get(g Grant) (value V, has bool) {
	row, at := m.find(g)
	if at < 0 {
		return value, false
	}
	return row.value(at), true
}

// Put gives a grant a value, be it in the map already or not.
func (m *GrantMap[V]) Put(g Grant, value V) {
	if row, at := m.insert(g, value); at >= 0 {
		row.set(at, value)
	}
}

// insert gives a grant a value unless the map has it; then it returns the row and the place there, which is else below 0.
func (m *GrantMap[V]) insert(g Grant, value V) (*grantRow[V], int) {
	if m.grantTable == nil {
		m.grantTable = &grantTable[V]{numbers: map[Subject]int32{}, places: map[grantPlace]int32{}}
	}
	row, number := m.rowFor(grantPlace{g.Resource, g.Role}), m.number(g.Subject)
	at := row.find(number)
	if at < 0 {
		row.add(number, value)
		m.size++
	}
	return row, at
}

// rowFor is the row of a place. Those who add much do so place by place.
func (t *grantTable[V]) rowFor(p grantPlace) *grantRow[V] {
	if int(t.last) < len(t.rows) && t.rows[t.last].grantPlace == p {
		return &t.rows[t.last]
	}
	at, has := t.places[p]
	if !has {
		at = int32(len(t.rows))
		t.rows, t.places[p] = append(t.rows, grantRow[V]{grantPlace: p}), at
		if !slices.Contains(t.roles, p.role) {
			t.roles = append(t.roles, p.role)
		}
	}
	t.last = at
	return &t.rows[at]
}

func (t *grantTable[V]) number(s Subject) int32 {
	number, known := t.numbers[s]
	if !known {
		number = int32(len(t.subjects))
		t.subjects, t.numbers[s] = append(t.subjects, s), number
	}
	return number
}

// Delete takes a grant out of the map, if it is there.
func (m GrantMap[V]) Delete(g Grant) {
	if row, at := m.find(g); at >= 0 {
		row.remove(at)
		m.size--
	}
}

// All goes through the map, row by row.
func (m GrantMap[V]) All() iter.Seq2[Grant, V] {
	return func(yield func(Grant, V) bool) {
		if m.grantTable == nil {
			return
		}
		for i := range m.rows {
			if !m.through(&m.rows[i], yield) {
				return
			}
		}
	}
}

// On goes through the grants on a resource.
func (m GrantMap[V]) On(ref Ref) iter.Seq2[Grant, V] {
	return func(yield func(Grant, V) bool) {
		for row := range m.rowsOn(ref) {
			if !m.through(row, yield) {
				return
			}
		}
	}
}

// CountOn is how many grants there are on a resource.
func (m GrantMap[V]) CountOn(ref Ref) (n int) {
	for row := range m.rowsOn(ref) {
		n += len(row.holders)
	}
	return n
}

func (m GrantMap[V]) rowsOn(ref Ref) iter.Seq[*grantRow[V]] {
	return func(yield func(*grantRow[V]) bool) {
		if m.grantTable == nil {
			return
		}
		for _, role := range m.roles {
			if row := m.row(ref, role); row != nil && !yield(row) {
				return
			}
		}
	}
}

func (t *grantTable[V]) through(row *grantRow[V], yield func(Grant, V) bool) bool {
	for at, number := range row.holders {
		if !yield(Grant{row.on, t.subjects[number], row.role}, row.value(at)) {
			return false
		}
	}
	return true
}

// Within goes through the grants of some subjects on some resources, nil being all.
func (m GrantMap[V]) Within(on map[Ref]bool, whose map[Subject]bool) iter.Seq2[Grant, V] {
	return func(yield func(Grant, V) bool) {
		if m.grantTable == nil {
			return
		}
		is := make([]bool, len(m.subjects))
		for s, listed := range whose {
			if number, known := m.numbers[s]; known {
				is[number] = listed
			}
		}
		for i := range m.rows {
			row := &m.rows[i]
			if on != nil && !on[row.on] {
				continue
			}
			for at, number := range row.holders {
				if is[number] && !yield(Grant{row.on, m.subjects[number], row.role}, row.value(at)) {
					return
				}
			}
		}
	}
}

// minus goes through the grants that the other map lacks.
func minus[V, W comparable](m GrantMap[V], other GrantMap[W]) iter.Seq2[Grant, V] {
	if m.grantTable == nil || other.Len() == 0 {
		return m.All()
	}
	return func(yield func(Grant, V) bool) {
		theirs := make([]int32, len(m.subjects)) // by our number, the other map's; below 0 where it knows no such subject
		for i, s := range m.subjects {
			number, known := other.numbers[s]
			if theirs[i] = number; !known {
				theirs[i] = -1
			}
		}
		for i := range m.rows {
			row := &m.rows[i]
			match := other.row(row.on, row.role)
			for at, number := range row.holders {
				if match != nil && theirs[number] >= 0 && match.find(theirs[number]) >= 0 {
					continue
				}
				if !yield(Grant{row.on, m.subjects[number], row.role}, row.value(at)) {
					return
				}
			}
		}
	}
}

// where returns a map of its own of the grants on resources that keep holds for.
func (m GrantMap[V]) where(keep func(Ref) bool) (part GrantMap[V]) {
	if m.grantTable == nil {
		return part
	}
	t := &grantTable[V]{subjects: slices.Clone(m.subjects), numbers: maps.Clone(m.numbers), places: map[grantPlace]int32{}, roles: slices.Clone(m.roles)}
	for i := range m.rows {
		row := &m.rows[i]
		if len(row.holders) == 0 || !keep(row.on) {
			continue
		}
		t.places[row.grantPlace] = int32(len(t.rows))
		t.rows = append(t.rows, grantRow[V]{row.grantPlace, slices.Clone(row.holders), maps.Clone(row.at), slices.Clone(row.values)})
		t.size += len(row.holders)
	}
	return GrantMap[V]{t}
}
