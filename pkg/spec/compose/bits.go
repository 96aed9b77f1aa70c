package compose

import "math/bits"

// set is a set of small numbers. Sets that meet have the same length.
type set []uint64

func newSet(size int) set { return make(set, (size+63)/64) }

func (s set) add(i int) { s[i/64] |= 1 << (i % 64) }

// and is what both sets have.
func (s set) and(o set) set {
	both := make(set, len(s))
	for i := range s {
		both[i] = s[i] & o[i]
	}
	return both
}

// remove takes out what another set has.
func (s set) remove(o set) {
	for i := range s {
		s[i] &^= o[i]
	}
}

// within says whether another set has all that this one has.
func (s set) within(o set) bool {
	for i := range s {
		if s[i]&^o[i] != 0 {
			return false
		}
	}
	return true
}

func (s set) len() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// shared is how much both sets have.
func (s set) shared(o set) (n int) {
	for i := range s {
		n += bits.OnesCount64(s[i] & o[i])
	}
	return n
}

// all are the numbers in the set, in order.
func (s set) all(yield func(int) bool) {
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			if !yield(i*64 + bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}

// key is the set as text, equal for equal sets.
func (s set) key() string {
	text := make([]byte, 0, len(s)*8)
	for _, word := range s {
		for shift := 0; shift < 64; shift += 8 {
			text = append(text, byte(word>>shift))
		}
	}
	return string(text)
}
