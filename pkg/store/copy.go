package store

import (
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
}

// Copied is what a copy brought over.
type Copied struct {
	Records int    `json:"records"`
	Head    string `json:"head"` // of both histories
	Values  int    `json:"values"`
	Doubts  int    `json:"doubts"`
}

// Copy brings the history with its details, the key-values and what is in doubt from one store to another, and checks that both
// then say the same. Locks and turns are not copied: it takes all locks of from meanwhile, so a *HeldError says that an apply
// runs. The history of to must be empty, or the beginning of that of from, as after a copy that was cut off.
func Copy(ctx context.Context, from, to Store, by Owner) (c Copied, err error) {
	source, ok := from.(copyable)
	target, also := to.(copyable)
	if !ok || !also {
		return c, errors.New("one of the stores can't list what it keeps")
	}
	scopes, err := source.Scopes(ctx)
	if err != nil {
		return c, err
	}
	for _, scope := range scopes {
		lease, err := from.Acquire(ctx, scope, by)
		if err != nil {
			return c, err
		}
		defer func() { err = errors.Join(err, lease.Release()) }()
	}
	if c.Records, c.Head, err = copyHistory(ctx, from, to); err != nil {
		return c, fmt.Errorf("copy the history: %w", err)
	}
	values, err := source.All(ctx)
	if err != nil {
		return c, err
	}
	if err := to.PutAll(values); err != nil {
		return c, err
	}
	for _, scope := range scopes {
		n, err := copyDoubts(ctx, from, to, scope, by)
		if err != nil {
			return c, fmt.Errorf("copy what is in doubt at %s: %w", scope, err)
		}
		c.Doubts += n
	}
	c.Values = len(values)
	there, err := target.All(ctx)
	if err != nil {
		return c, err
	}
	for key := range values {
		if there[key] != values[key] {
			return c, fmt.Errorf("the copy has another value of %q", key)
		}
	}
	return c, nil
}

func copyHistory(ctx context.Context, from, to Store) (records int, head string, err error) {
	want, err := from.Verify(ctx)
	if err != nil {
		return 0, "", err
	}
	has, err := to.Verify(ctx)
	if err != nil {
		return 0, "", err
	}
	if n := len(has.Digests); n > len(want.Digests) || !slices.Equal(has.Digests, want.Digests[:n]) {
		return 0, "", errors.New("the target has another history already; name an empty store")
	}
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
		if err := to.Record(ctx, r, rows); err != nil {
			return 0, "", err
		}
	}
	has, err = to.Verify(ctx)
	if err == nil && has.Head != want.Head {
		err = errors.New("the copy has another digest at its end: a record is written otherwise by this version than it was; keep the old store")
	}
	if err == nil {
		err = CheckDetails(ctx, to)
	}
	return has.Records, has.Head, err
}

// copyDoubts adds what is in doubt, unless it is there already.
func copyDoubts(ctx context.Context, from, to Store, scope string, by Owner) (n int, err error) {
	doubts, err := from.Doubts(ctx, scope)
	if err != nil || len(doubts) == 0 {
		return 0, err
	}
	lease, err := to.Acquire(ctx, scope, by)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, lease.Release()) }()
	if err := lease.Append(ctx, doubts...); err != nil {
		return 0, err
	}
	has, err := to.Doubts(ctx, scope)
	if err != nil {
		return 0, err
	}
	known := map[string]bool{}
	for _, d := range has {
		known[d.text()] = true
	}
	for _, d := range doubts {
		if !known[d.text()] {
			return 0, fmt.Errorf("call %d of run %s is not in the copy", d.Call, d.Run)
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
