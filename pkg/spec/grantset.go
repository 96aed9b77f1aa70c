package spec

import (
	"iter"
	"maps"
	"slices"
)

// Grants is a set of grants, each with where it comes from. A copy is the same set, but for the zero value, which is empty.
type Grants struct{ claims map[Grant]Origin }

// NewGrants returns an empty set with room for about that many grants.
func NewGrants(size int) Grants { return Grants{make(map[Grant]Origin, size)} }

// Len is how many grants the set has.
func (s Grants) Len() int { return len(s.claims) }

// Has says whether the grant is in the set.
func (s Grants) Has(g Grant) bool {
	_, has := s.claims[g]
	return has
}

// Claim returns where a grant comes from; ok is false for one that is not in the set.
func (s Grants) Claim(g Grant) (claim Origin, ok bool) {
	claim, ok = s.claims[g]
	return claim, ok
}

// Add puts a grant into the set, or gives one that is there another claim.
func (s *Grants) Add(g Grant, claim Origin) {
	if s.claims == nil {
		s.claims = map[Grant]Origin{}
	}
	s.claims[g] = claim
}

// Remove takes a grant out of the set, if it is there.
func (s Grants) Remove(g Grant) { delete(s.claims, g) }

// All goes through the set in no particular order.
func (s Grants) All() iter.Seq2[Grant, Origin] { return maps.All(s.claims) }

// Minus goes through the grants that the other set lacks, in no particular order.
func (s Grants) Minus(other Grants) iter.Seq2[Grant, Origin] {
	return func(yield func(Grant, Origin) bool) {
		for g, claim := range s.claims {
			if !other.Has(g) && !yield(g, claim) {
				return
			}
		}
	}
}

// Where returns a new set of the grants that keep holds for.
func (s Grants) Where(keep func(Grant) bool) Grants {
	part := NewGrants(0)
	for g, claim := range s.claims {
		if keep(g) {
			part.claims[g] = claim
		}
	}
	return part
}

// Sorted lists the grants.
func (s Grants) Sorted() []Grant { return slices.SortedFunc(maps.Keys(s.claims), Grant.Compare) }
