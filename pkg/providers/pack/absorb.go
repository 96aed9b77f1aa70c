package pack

import (
	"cmp"
	"slices"
)

// absorb tries for each call, small ones first, to give all its cells to other calls. It stops after a sweep over the
// calls in which fewer than one in 500 vanished.
func (b *board) absorb() {
	r := newRepair(b, 0)
	for {
		before := b.live
		for _, place := range b.byArea() {
			r.take(place)
			r.findRoom()
			r.largestFirst()
			r.fillRoom()
			if len(r.taken) > 0 && !r.trim() {
				r.accept()
			}
			r.reset()
		}
		if before == b.live || (before-b.live)*500 < before {
			return
		}
	}
}

// byArea lists the places of the calls, the smallest call first.
func (b *board) byArea() []int32 {
	var places []int32
	for at := range b.calls {
		if len(b.calls[at].rows) > 0 {
			places = append(places, int32(at))
		}
	}
	slices.SortFunc(places, func(x, y int32) int {
		return cmp.Or(cmp.Compare(b.calls[x].area(), b.calls[y].area()), cmp.Compare(x, y))
	})
	return places
}

// largestFirst orders the calls with room: those that take the longest piece of a column, or of a row, first.
func (r *repair) largestFirst() {
	slices.SortFunc(r.widenable, func(x, y int32) int {
		return cmp.Or(cmp.Compare(len(r.calls[y].rows), len(r.calls[x].rows)), cmp.Compare(x, y))
	})
	slices.SortFunc(r.raisable, func(x, y int32) int {
		return cmp.Or(cmp.Compare(len(r.calls[y].cols), len(r.calls[x].cols)), cmp.Compare(x, y))
	})
}
