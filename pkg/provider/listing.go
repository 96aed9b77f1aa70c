package provider

import "sync"

// Listing keeps whole lists as they were read, so that reads of one look at a connection, such as of what there is, of who holds it
// and of a plan of that, ask for each list once and see the same. It is of one moment: what is to see what came after that, as
// each read-back, and each judgement of a plan before its first write, gets another one, or none. nil keeps nothing.
type Listing struct {
	holders bool // lists of who holds what are kept too
	mu      sync.Mutex
	lists   map[string]any // Listed of some rows, by what names the list
}

// NewListing returns a Listing that keeps lists of resources. With holders it keeps those of who holds them as well, which is as
// much as all that is live.
func NewListing(holders bool) *Listing {
	return &Listing{holders: holders, lists: map[string]any{}}
}

// Once returns a list of resources as the listing has it, or else reads it and keeps it, if it is whole. name is the same for the
// same list only. The rows must not be changed.
func Once[T any](l *Listing, name string, read func() (Listed[T], error)) (Listed[T], error) {
	if l == nil {
		return read()
	}
	if kept, has := l.get(name).(Listed[T]); has {
		return kept, nil
	}
	list, err := read()
	if err == nil && list.Broken == "" && list.Refused == nil {
		l.put(name, list)
	}
	return list, err
}

// HoldersOnce is Once for a list of who holds something.
func HoldersOnce[T any](l *Listing, name string, read func() (Listed[T], error)) (Listed[T], error) {
	if !l.KeepsHolders() {
		return read()
	}
	return Once(l, name, read)
}

// KeepsHolders says whether rows of lists of who holds something are others' as well.
func (l *Listing) KeepsHolders() bool { return l != nil && l.holders }

// Has says whether the listing has a list.
func (l *Listing) Has(name string) bool { return l != nil && l.get(name) != nil }

func (l *Listing) get(name string) any {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lists[name]
}

func (l *Listing) put(name string, list any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lists[name] = list
}
