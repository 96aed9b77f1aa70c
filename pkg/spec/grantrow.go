package spec

import "slices"

// grantRow lists who holds a role on a resource.
type grantRow[V comparable] struct {
	grantPlace
	holders []int32         // numbers of subjects
	at      map[int32]int32 // places in holders, by number; nil while there are few
	values  []V             // of holders; nil while all are zero
}

// fewHolders are as many as are looked through no slower than they are looked up, and take less room and less time to add to.
const fewHolders = 128

func (r *grantRow[V]) find(number int32) int {
	if r.at == nil {
		return slices.Index(r.holders, number)
	}
	if at, has := r.at[number]; has {
		return int(at)
	}
	return -1
}

func (r *grantRow[V]) value(at int) (value V) {
	if r.values != nil {
		value = r.values[at]
	}
	return value
}

func (r *grantRow[V]) set(at int, value V) {
	var zero V
	if r.values == nil && value != zero {
		r.values = make([]V, len(r.holders), cap(r.holders))
	}
	if r.values != nil {
		r.values[at] = value
	}
}

func (r *grantRow[V]) add(number int32, value V) {
	at := len(r.holders)
	r.holders = append(r.holders, number)
	if r.values != nil {
		r.values = append(r.values, value)
	} else {
		r.set(at, value)
	}
	if r.at != nil {
		r.at[number] = int32(at)
	} else if at == fewHolders {
		r.index()
	}
}

func (r *grantRow[V]) index() {
	r.at = make(map[int32]int32, 2*len(r.holders))
	for at, number := range r.holders {
		r.at[number] = int32(at)
	}
}

// remove moves the last holder to the place.
func (r *grantRow[V]) remove(at int) {
	last := len(r.holders) - 1
	if r.at != nil {
		r.at[r.holders[last]] = int32(at)
		delete(r.at, r.holders[at])
	}
	r.holders[at] = r.holders[last]
	r.holders = r.holders[:last]
	if r.values != nil {
		r.values[at] = r.values[last]
		r.values = r.values[:last]
	}
}
