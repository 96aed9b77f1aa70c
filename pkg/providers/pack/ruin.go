package pack

import (
	"math/bits"
	"slices"
)

// improve makes so many attempts to cover two to four calls that lie close together anew. It keeps those that need fewer
// calls, and of those that need as many the ones that make areas less even: small calls shrink until they vanish.
func (b *board) improve(steps int, seed uint64) {
	r := newRepair(b, seed)
	for range steps {
		if b.live < 2 {
			return
		}
		r.ruin(2+r.random.below(3), r.neighbour)
		r.findRoom()
		r.random.shuffle(r.widenable)
		r.random.shuffle(r.raisable)
		r.fillRoom()
		if r.recreate() && (len(r.made) < len(r.taken) || r.score() >= 0) {
			r.accept()
		}
		r.reset()
	}
}

// ruin takes a call, small ones more likely, and calls that lie next to those taken already.
func (r *repair) ruin(count int, next func(c *call) int32) {
	first := r.anyCall()
	for range 3 {
		if other := r.anyCall(); r.calls[other].area() < r.calls[first].area() {
			first = other
		}
	}
	r.take(first)
	for try := 0; len(r.taken) > 0 && len(r.taken) < count && try < 3*count; try++ {
		c := &r.calls[r.taken[r.random.below(len(r.taken))]]
		if place := next(c); !slices.Contains(r.taken, place) {
			r.take(place)
		}
	}
}

// neighbour draws a call that shares a row or a column with this one.
func (r *repair) neighbour(c *call) int32 {
	var near []int32
	if r.random.below(2) == 0 {
		near = r.byRow[c.rows[r.random.below(len(c.rows))]]
	} else {
		near = r.byCol[c.cols[r.random.below(len(c.cols))]]
	}
	return near[r.random.below(len(near))]
}

func (r *repair) anyCall() int32 {
	for {
		if at := r.random.below(len(r.calls)); len(r.calls[at].rows) > 0 {
			return int32(at)
		}
	}
}

// recreate covers what is still open with new calls, no more than were taken, and says whether that was enough.
func (r *repair) recreate() bool {
	for r.trim() {
		if len(r.made) == len(r.taken) {
			return false
		}
		mask := r.draw(8)
		cols := r.pick(mask, [2]int32{r.q, r.q})
		r.close(mask, cols)
		r.gain += squareGrowth(0, int64(bits.OnesCount64(mask))*int64(len(cols)))
		r.made = append(r.made, piece{mask, cols})
	}
	return true
}

// draw makes sets of rows, each what two random columns share, and returns the one whose call would touch most.
func (r *repair) draw(times int) uint64 {
	var best uint64
	most := int32(-1)
	for range times {
		mask := r.anyOpen()
		if both := mask & r.anyOpen(); both != 0 {
			mask = both
		}
		mask = thin(mask, r.p)
		if value := r.value(mask); value > most {
			best, most = mask, value
		}
	}
	return best
}

func (r *repair) anyOpen() uint64 { return r.open[r.left[r.random.below(len(r.left))]] }

// value is how many cells a new call on these rows would touch.
func (r *repair) value(mask uint64) int32 {
	var lane [2]int32
	for _, i := range r.left {
		if r.open[i]&mask == mask {
			lane[r.lane(r.cols[i])]++
		}
	}
	return int32(bits.OnesCount64(mask)) * (min(lane[0], r.q) + min(lane[1], r.q))
}

// score is by how much the sum of squared areas would grow.
func (r *repair) score() int64 {
	score := r.gain
	for _, place := range r.taken {
		score -= squareGrowth(0, r.calls[place].area())
	}
	return score
}
