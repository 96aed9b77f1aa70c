package spec

import (
	"iter"
	"maps"
	"slices"
)

// Grants is a set of grants, each with where it comes from. A copy is the same set, but for the zero value, which is empty.
type Grants struct{ origins map[Grant]Origin }

// NewGrants returns an empty set with room for about that many grants.
func NewGrants(size int) Grants { return Grants{make(map[Grant]Origin, size)} }

// Len is how many grants the set has.
func (s Grants) Len() int { return len(s.origins) }

// Has says whether the grant is in the set.
func (s Grants) Has(g Grant) bool {
	_, has := s.origins[g]
	return has
}

// Origin returns where a grant comes from; ok is false for one that is not in the set.
func (s Grants) Origin(g Grant) (origin Origin, ok bool) {
	origin, ok = s.origins[g]
	return origin, ok
}

// Add puts a grant into the set, or gives one that is there another origin.
func (s *Grants) Add(g Grant, origin Origin) {
	if s.origins == nil {
		s.origins = map[Grant]Origin{}
	}
	s.origins[g] = origin
}

// Remove takes a grant out of the set, if it is there.
func (s Grants) Remove(g Grant) { delete(s.origins, g) }

// All goes through the set in no particular order.
func (s Grants) All() iter.Seq2[Grant, Origin] { return maps.All(s.origins) }

// Minus goes through the grants that the other set lacks, in no particular order.
func (s Grants) Minus(other Grants) iter.Seq2[Grant, Origin] {
	return func(yield func(Grant, Origin) bool) {
		for g, origin := range s.origins {
			if !other.Has(g) && !yield(g, origin) {
				return
			}
		}
	}
}

// Where returns a new set of the grants that keep holds for.
func (s Grants) Where(keep func(Grant) bool) Grants {
	part := NewGrants(0)
	for g, origin := range s.origins {
		if keep(g) {
			part.origins[g] = origin
		}
	}
	return part
}

// Holders lists, sorted, the subjects of the grants for which is holds.
func (s Grants) Holders(is func(Grant) bool) []Subject {
	found := map[Subject]bool{}
	for g := range s.origins {
		if is(g) {
			found[g.Subject] = true
		}
	}
	return slices.SortedFunc(maps.Keys(found), Subject.Compare)
}

// Sorted lists the grants.
func (s Grants) Sorted() []Grant { return slices.SortedFunc(maps.Keys(s.origins), Grant.Compare) }
