package pack

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// changesOf makes changes of cells. Subjects of different kinds and domains share names, so that mixing them up shows.
func changesOf(op diff.Op, cells []cell) []diff.Change {
	kinds := []spec.SubjectKind{spec.SubjectUser, spec.SubjectUserGroup}
	domains := []string{"", "corp.example"}
	changes := make([]diff.Change, len(cells))
	for i, c := range cells {
		changes[i] = diff.Change{Op: op, Resource: fmt.Sprint("app ", c.Row), Subject: spec.Subject{
			Kind: kinds[c.Column%2], Name: fmt.Sprint("someone ", c.Column/4), Domain: domains[c.Column/2%2]}}
	}
	return changes
}

func pairOf(c diff.Change) Pair { return Pair{c.Resource, c.Subject} }

// touched lists what a call on the resources and subjects of the changes at the indexes does.
func touched(changes []diff.Change, indexes []int) map[Pair]bool {
	pairs := map[Pair]bool{}
	for _, i := range indexes {
		for _, j := range indexes {
			pairs[Pair{changes[i].Resource, changes[j].Subject}] = true
		}
	}
	return pairs
}

func TestProductsTouchTheirChangesOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		changes := changesOf(diff.OpGrant, sortedCells(drawCells(t, "cells")))
		indexes := make([]int, 0, len(changes))
		for i := len(changes) - 1; i >= 0; i -= 1 + i%3 { // some of them, in some order
			indexes = append(indexes, i)
		}
		caps := drawCaps(t)
		seen := map[int]bool{}
		lists := Products(changes, indexes, caps)
		for _, list := range lists {
			for _, i := range list {
				if seen[i] {
					t.Fatalf("change %d is in two calls", i)
				}
				seen[i] = true
			}
			if pairs := touched(changes, list); len(pairs) != len(list) {
				t.Fatalf("a call for %d changes touches %d pairs", len(list), len(pairs))
			}
		}
		if len(seen) != len(indexes) {
			t.Fatalf("%d of %d changes are in calls", len(seen), len(indexes))
		}
		if bound := Bound(changes, caps, indexes); bound > len(lists) {
			t.Fatalf("%d calls, the bound says %d", len(lists), bound)
		}
	})
}

// TestLooseCallsRepeatWhatIsFreeOnly gives the pairs of all changes to touch again, or of all but one.
func TestLooseCallsRepeatWhatIsFreeOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		revoked := sortedCells(drawCells(t, "revoked"))
		changes := changesOf(diff.OpRevoke, revoked)
		free := spec.Each(append(changesOf(diff.OpRevoke, absentBeside(revoked, nil)), changes...), pairOf)
		all := rapid.Bool().Draw(t, "all")
		if !all && len(changes) > 0 {
			free = free[:len(free)-1]
		}
		var indexes []int
		for i := range changes {
			indexes = append(indexes, i)
		}
		carried, budget := map[Pair]bool{}, 0
		for _, call := range LooseProducts(changes, indexes, free, 50, drawCaps(t)) {
			if len(call.Indexes) == 0 || len(touched(changes, call.Indexes)) > len(call.Indexes)+len(call.Free) {
				t.Fatalf("a call for %d changes and %d free pairs", len(call.Indexes), len(call.Free))
			}
			for _, i := range call.Indexes {
				if p := pairOf(changes[i]); carried[p] || slices.Contains(call.Free, p) {
					t.Fatalf("%v is twice in calls", p)
				}
				carried[pairOf(changes[i])] = true
			}
			for _, p := range call.Free {
				if budget++; !slices.Contains(free, p) || !all && slices.ContainsFunc(changes, func(c diff.Change) bool { return pairOf(c) == p }) {
					t.Fatalf("%v may not be touched", p)
				}
			}
		}
		if len(carried) != len(changes) || budget > 50 {
			t.Fatalf("%d of %d changes are in calls, %d free pairs", len(carried), len(changes), budget)
		}
	})
}

// TestNoDesiredPairIsRevoked has pairs that are to be revoked, pairs that are absent and desired by nobody, and pairs that
// are desired, granted or not yet.
func TestNoDesiredPairIsRevoked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		revoked := sortedCells(drawCells(t, "revoked"))
		absent := minus(drawCells(t, "absent"), revoked)
		changes := changesOf(diff.OpRevoke, revoked)
		var free []Pair
		allowed := map[Pair]bool{}
		for _, c := range changesOf(diff.OpRevoke, absent) {
			free = append(free, pairOf(c))
		}
		var indexes []int
		for i, c := range changes {
			indexes, allowed[pairOf(c)] = append(indexes, i), true
		}
		for _, call := range LooseProducts(changes, indexes, free, 20, drawCaps(t)) {
			may := map[Pair]bool{}
			for _, i := range call.Indexes {
				may[pairOf(changes[i])] = true
			}
			for _, p := range call.Free {
				may[p] = true
			}
			for p := range touched(changes, call.Indexes) {
				if !may[p] {
					t.Fatalf("%v is revoked, and neither a change nor listed as free", p)
				}
			}
			for _, p := range call.Free {
				allowed[p] = false
			}
		}
		for _, p := range free {
			delete(allowed, p)
		}
		for p, asked := range allowed {
			if !asked {
				t.Fatalf("%v is listed as free and is not", p)
			}
		}
	})
}

func TestLanesKeepGrantsAndRevokesApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		adds := sortedCells(drawCells(t, "grants"))
		removes := minus(sortedCells(drawCells(t, "revokes")), adds)
		changes := append(changesOf(diff.OpGrant, adds), changesOf(diff.OpRevoke, removes)...)
		var grants, revokes []int
		for i := range changes {
			if i < len(adds) {
				grants = append(grants, i)
			} else {
				revokes = append(revokes, i)
			}
		}
		caps := drawCaps(t)
		calls, seen := Lanes(changes, grants, revokes, caps), 0
		for _, call := range calls {
			seen += len(call.Grants) + len(call.Revokes)
			resources := map[string]bool{}
			for _, list := range [][]int{call.Grants, call.Revokes} {
				if len(touched(changes, list)) != len(list) {
					t.Fatal("a lane is no full product")
				}
				for _, i := range list {
					resources[changes[i].Resource] = true
					if (changes[i].Op == diff.OpGrant) != (i < len(adds)) {
						t.Fatal("a change is in the wrong lane")
					}
				}
			}
			for _, list := range [][]int{call.Grants, call.Revokes} {
				if len(list)%len(resources) != 0 {
					t.Fatal("the lanes are not on the same resources")
				}
			}
		}
		if seen != len(changes) {
			t.Fatalf("%d of %d changes are in calls", seen, len(changes))
		}
		if bound := Bound(changes, caps, grants, revokes); bound > len(calls) {
			t.Fatalf("%d calls, the bound says %d", len(calls), bound)
		}
	})
}
