package spec

import (
	"iter"
	"maps"
	"slices"
)

// Grants is a set of grants, each with where it comes from. A copy is the same set, but for the zero value, which is empty. It
// must not change while something goes through it.
type Grants struct{ *grants }

type grants struct {
	origins GrantMap[shortOrigin]
	causes  []cause
	known   map[cause]int32 // places in causes
	last    int32           // the cause that was added last
}

// shortOrigin is an Origin with its texts elsewhere.
type shortOrigin struct{ line, column, cause int32 }

// cause is what the origins of many grants share.
type cause struct {
	file, reason   string
	ended, overdue bool
}

// NewGrants returns an empty set.
func NewGrants() Grants {
	return Grants{&grants{causes: []cause{{}}, known: map[cause]int32{{}: 0}}}
}

func (s Grants) table() (m GrantMap[shortOrigin]) {
	if s.grants != nil {
		m = s.origins
	}
	return m
}

// Len is how many grants the set has.
func (s Grants) Len() int { return s.table().Len() }

// Has says whether the grant is in the set.
func (s Grants) Has(g Grant) bool { return s.table().Has(g) }

// Origin returns where a grant comes from; ok is false for one that is not in the set.
func (s Grants) Origin(g Grant) (origin Origin, ok bool) {
	short, ok := s.table().Get(g)
	if !ok {
		return origin, false
	}
	return s.full(short), true
}

func (s Grants) full(short shortOrigin) Origin {
	if short == (shortOrigin{}) {
		return Origin{}
	}
	c := s.causes[short.cause]
	return Origin{Position{c.file, int(short.line), int(short.column)}, c.reason, c.ended, c.overdue}
}

func (s Grants) short(o Origin) shortOrigin {
	c := cause{o.Source.File, o.Reason, o.Ended, o.Overdue}
	if s.causes[s.last] != c {
		at, known := s.known[c]
		if !known {
			at = int32(len(s.causes))
			s.causes, s.known[c] = append(s.causes, c), at
		}
		s.last = at
	}
	return shortOrigin{int32(o.Source.Line), int32(o.Source.Column), s.last}
}

// Add puts a grant into the set, or gives one that is there another origin.
func (s *Grants) Add(g Grant, origin Origin) {
	if s.grants == nil {
		*s = NewGrants()
	}
	s.origins.Put(g, s.short(origin))
}

// Insert adds a grant unless it is there, and says whether it was not.
func (s *Grants) Insert(g Grant, origin Origin) bool {
	if s.grants == nil {
		*s = NewGrants()
	}
	_, at := s.origins.insert(g, s.short(origin))
	return at < 0
}

// Remove takes a grant out of the set, if it is there.
func (s Grants) Remove(g Grant) { s.table().Delete(g) }

// All goes through the set in no particular order.
func (s Grants) All() iter.Seq2[Grant, Origin] { return s.each(s.table().All()) }

// On goes through the grants on a resource in no particular order.
func (s Grants) On(ref Ref) iter.Seq2[Grant, Origin] { return s.each(s.table().On(ref)) }

// CountOn is how many grants there are on a resource.
func (s Grants) CountOn(ref Ref) int { return s.table().CountOn(ref) }

// Within goes through the grants of some subjects on some resources, nil being all, in no particular order.
func (s Grants) Within(on map[Ref]bool, whose map[Subject]bool) iter.Seq2[Grant, Origin] {
	return s.each(s.table().Within(on, whose))
}

// Minus goes through the grants that the other set lacks, in no particular order.
func (s Grants) Minus(other Grants) iter.Seq2[Grant, Origin] {
	return s.each(minus(s.table(), other.table()))
}

func (s Grants) each(all iter.Seq2[Grant, shortOrigin]) iter.Seq2[Grant, Origin] {
	return func(yield func(Grant, Origin) bool) {
		for g, short := range all {
			if !yield(g, s.full(short)) {
				return
			}
		}
	}
}

// Where returns a new set of the grants that keep holds for.
func (s Grants) Where(keep func(Grant) bool) Grants {
	part := NewGrants()
	for g, origin := range s.All() {
		if keep(g) {
			part.Add(g, origin)
		}
	}
	return part
}

// on returns a new set of the grants on resources that keep holds for.
func (s Grants) on(keep func(Ref) bool) Grants {
	if s.grants == nil {
		return NewGrants()
	}
	return Grants{&grants{s.origins.where(keep), slices.Clone(s.causes), maps.Clone(s.known), s.last}}
}

// Holders lists, sorted, the subjects of those of some grants for which is holds, each once.
func Holders(grants iter.Seq2[Grant, Origin], is func(Grant) bool) []Subject {
	found := map[Subject]bool{}
	for g := range grants {
		if is(g) {
			found[g.Subject] = true
		}
	}
	return slices.SortedFunc(maps.Keys(found), Subject.Compare)
}

// Holders lists, sorted, the subjects of the grants for which is holds.
func (s Grants) Holders(is func(Grant) bool) []Subject { return Holders(s.All(), is) }

// Sorted lists the grants.
func (s Grants) Sorted() []Grant {
	list := make([]Grant, 0, s.Len())
	for g := range s.All() {
		list = append(list, g)
	}
	slices.SortFunc(list, Grant.Compare)
	return list
}
