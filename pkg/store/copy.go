package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"encoding/json"
)

// Source and target of a copy.
type copyable interface {
	Store
	Contents
	Continuer
}

// Copied is what a copy brought over.
type Copied struct {
	Records int    `json:"records"`
	Head    string `json:"head"` // of both histories
	Values  int    `json:"values"`
	Doubts  int    `json:"doubts"`
}

// Copy brings the history with its details, the key-values and what is in doubt from one store to another, and checks that both
// then say the same. Locks and turns are not copied: it takes all locks of both meanwhile, so a *HeldError says that an apply
// runs. The history of to must be empty, or the beginning of that of from, as after a copy that was cut off. What keeps runs
// from sending twice is brought first: it is there even if somebody goes on with a copy that was cut off.
func Copy(ctx context.Context, from, to Store, by Owner) (c Copied, err error) {
	source, ok := from.(copyable)
	target, also := to.(copyable)
	if !ok || !also {
		return c, errors.New("one of the stores can't list what it keeps")
	}
	if same, err := isSame(ctx, source, target); err != nil || same {
		return c, cmp.Or(err, errors.New("both are the same store; name another one to copy to"))
	}
	if nothing, err := holdsNothing(ctx, source); err != nil || nothing {
		return c, cmp.Or(err, errors.New("the store to copy from holds nothing: see that it is the one you mean"))
	}
	leases, release, err := lockBoth(ctx, source, target, by)
	defer func() { err = errors.Join(err, release()) }()
	if err != nil {
		return c, err
	}
	want, has, err := compareHistories(ctx, source, target)
	if err != nil {
		return c, fmt.Errorf("copy the history: %w", err)
	}
	for _, scope := range slices.Sorted(maps.Keys(leases)) {
		n, err := copyDoubts(ctx, from, to, scope, leases[scope])
		if err != nil {
			return c, fmt.Errorf("copy what is in doubt at %s: %w", scope, err)
		}
		c.Doubts += n
	}
	if c.Values, err = copyValues(ctx, source, target); err != nil {
		return c, err
	}
	if c.Records, c.Head, err = copyHistory(ctx, source, target, want, has); err != nil {
		return c, fmt.Errorf("copy the history: %w", err)
	}
	return c, nil
}

func isSame(ctx context.Context, a, b Contents) (bool, error) {
	one, err := a.Describe(ctx)
	if err != nil {
		return false, err
	}
	two, err := b.Describe(ctx)
	return one.Identity == two.Identity, err
}

// holdsNothing says whether no run ever used a store.
func holdsNothing(ctx context.Context, s copyable) (bool, error) {
	for range s.Records(ctx) {
		return false, nil
	}
	scopes, err := s.Scopes(ctx)
	if err != nil || len(scopes) > 0 {
		return false, err
	}
	values, err := s.All(ctx)
	return len(values) == 0, err
}

// lockBoth takes the locks of all scopes in both stores. It returns the leases of to; release gives back what it got.
func lockBoth(ctx context.Context, from, to copyable, by Owner) (leases map[string]Lease, release func() error, err error) {
	leases = map[string]Lease{}
	var all []Lease
	release = func() (err error) {
		for _, l := range all {
			err = errors.Join(err, l.Release())
		}
		return err
	}
	scopes := map[string]bool{}
	for _, s := range []copyable{from, to} {
		some, err := s.Scopes(ctx)
		if err != nil {
			return nil, release, err
		}
		for _, scope := range some {
			scopes[scope] = true
		}
	}
	for _, scope := range slices.Sorted(maps.Keys(scopes)) {
		for _, s := range []copyable{from, to} {
			lease, err := s.Acquire(ctx, scope, by)
			if err != nil {
				return nil, release, err
			}
			all, leases[scope] = append(all, lease), lease
		}
	}
	return leases, release, nil
}

// compareHistories checks both chains, and that one begins with the other.
func compareHistories(ctx context.Context, from, to copyable) (want, has Chain, err error) {
	for _, s := range []copyable{from, to} {
		if s, can := s.(interface{ AfterCrash(context.Context) error }); can { // where a record was cut off, as by a kill
			if err := s.AfterCrash(ctx); err != nil {
				return want, has, err
			}
		}
	}
	if want, err = from.Verify(ctx); err != nil {
		return want, has, err
	}
	has, err = to.Verify(ctx)
	if err != nil && !errors.Is(err, ErrBeginning) { // of a copy that was cut off the record about that may be missing
		return want, has, err
	}
	n := len(has.Digests)
	if n > len(want.Digests) || !slices.Equal(has.Digests, want.Digests[:n]) || n > 0 && has.Begin != want.Begin {
		return want, has, errors.New("the target has another history already; name an empty store")
	}
	return want, has, nil
}

func copyHistory(ctx context.Context, from, to copyable, want, has Chain) (records int, head string, err error) {
	at := 0
	for r, err := range from.Records(ctx) {
		if err != nil {
			return 0, "", err
		}
		if at++; at <= has.Records {
			continue
		}
		var rows Rows
		if r.Details != nil {
			rows = from.Details(ctx, *r.Details)
		}
		if at == 1 && want.Begin != "" {
			err = to.Continue(ctx, want.Begin, r, rows)
		} else {
			err = to.Record(ctx, r, rows)
		}
		if err != nil {
			return 0, "", err
		}
	}
	has, err = to.Verify(ctx)
	if err == nil && has.Head != want.Head {
		err = unlike(ctx, from, has)
	}
	if err == nil {
		err = CheckDetails(ctx, to)
	}
	return has.Records, has.Head, err
}

// unlike says why a copy ends otherwise than the history that it was made of.
func unlike(ctx context.Context, from Store, has Chain) error {
	if now, err := from.Verify(ctx); err != nil || now.Contains(has.Head) {
		return errors.Join(err, errors.New("records were added meanwhile; copy again"))
	}
	return errors.New("the copy has another digest at its end: a record is written otherwise by this version than it was; keep the old store")
}

func copyValues(ctx context.Context, from, to copyable) (n int, err error) {
	values, err := from.All(ctx)
	if err != nil {
		return 0, err
	}
	if err := to.PutAll(values); err != nil {
		return 0, err
	}
	there, err := to.All(ctx)
	if err != nil {
		return 0, err
	}
	for key := range values {
		if there[key] != values[key] {
			return 0, fmt.Errorf("the copy has another value of %q", key)
		}
	}
	return len(values), nil
}

// copyDoubts adds what is in doubt, and settles what is no longer, as after a copy that was cut off earlier.
func copyDoubts(ctx context.Context, from, to Store, scope string, lease Lease) (n int, err error) {
	doubts, err := from.Doubts(ctx, scope)
	if err != nil {
		return 0, err
	}
	has, err := to.Doubts(ctx, scope)
	if err != nil {
		return 0, err
	}
	entries := slices.Clone(doubts)
	for _, d := range has {
		if !slices.ContainsFunc(doubts, func(e Entry) bool { return e.Run == d.Run && e.Call == d.Call }) {
			entries = append(entries, Entry{Run: d.Run, Call: d.Call, At: d.At, State: Settled})
		}
	}
	if err := lease.Append(ctx, entries...); err != nil {
		return 0, err
	}
	if has, err = to.Doubts(ctx, scope); err != nil {
		return 0, err
	}
	known := map[string]bool{}
	for _, d := range has {
		known[d.text()] = true
	}
	for _, d := range doubts {
		if len(has) != len(doubts) || !known[d.text()] {
			return 0, fmt.Errorf("call %d of run %s is not in the copy, or others are", d.Call, d.Run)
		}
	}
	return len(doubts), nil
}

func (e Entry) text() string {
	text, _ := json.Marshal(e) // it was read from JSON
	return string(text)
}

// Sizes lists the tables of a description, sorted.
func (d Description) Sizes() []string { return slices.Sorted(maps.Keys(d.Rows)) }
