package huaweicloud_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud/huaweicloudemu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// team is a state in which the first so many users hold all of 8 app groups, but for those that without names.
func team(users int, without func(group, user int) bool) spec.State {
	s := spec.NewState()
	s.Known = map[spec.Subject]bool{}
	for g := range 8 {
		r := ref(kindAppGroup, fmt.Sprint("G", g))
		s.Resources[r] = spec.Resource{Ownership: spec.Owned}
		for u := range users {
			s.Known[user(fmt.Sprint("u", u))] = true
			if !without(g, u) {
				s.Grants.Add(spec.Grant{Resource: r, Subject: user(fmt.Sprint("u", u)), Role: spec.RoleAccess}, spec.Origin{})
			}
		}
	}
	return s
}

func everybody(int, int) bool { return false }
func nobody(int, int) bool    { return true }
func twoHoles(g, u int) bool  { return g == 1 && u == 2 || g == 5 && u == 7 }

// planned is the plan that turns one state of a tenant into another, and its result.
func planned(t *testing.T, from, to spec.State, packing spec.Packing) diff.ConnectionPlan {
	t.Helper()
	c := newCloud(t, free, large(8, 0))
	c.apply(t, c.Open(t), merge(from, desired(ref(kindAppGroup, "Another"))))
	c.Connection.Packing = packing
	job := c.Job(c.Open(t), to)
	plan := providertest.Plan(t, job)
	if result := providertest.Apply(t, plan, job); !result.Summary.Clean() {
		t.Fatalf("result %+v", result)
	}
	if again := providertest.Plan(t, job); !again.Empty() {
		t.Fatalf("the second plan has %+v", again.Connections[0].Changes)
	}
	return plan.Connections[0]
}

func extras(part diff.ConnectionPlan) (all []diff.Change) {
	for _, call := range part.Calls {
		all = append(all, call.Extra...)
	}
	return all
}

// Two pairs that are live already tear a team apart; the plan says what they cost, and may send them again if it is told so.
func TestHoles(t *testing.T) {
	holes := func(g, u int) bool { return !twoHoles(g, u) } // live: just the two
	for _, tc := range []struct {
		name                      string
		packing                   spec.Packing
		calls, fromHoles, regrant int
	}{
		{"none may be sent again", spec.Packing{}, 3, 2, 0},
		{"both may", spec.Packing{Regrant: 2}, 1, 0, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			part := planned(t, team(12, holes), team(12, everybody), tc.packing)
			if len(part.Calls) != tc.calls || part.FromHoles != tc.fromHoles || len(extras(part)) != tc.regrant {
				t.Errorf("%d calls, %d of them from holes, extra %v; want %d, %d, %d", len(part.Calls), part.FromHoles, extras(part), tc.calls, tc.fromHoles, tc.regrant)
			}
			if tc.packing == (spec.Packing{}) && (part.LowerBound < 2 || part.LowerBound > tc.calls) {
				t.Errorf("lower bound %d", part.LowerBound)
			}
		})
	}
}

// A team that goes but for two people's grants: absent pairs may be covered, desired ones never.
func TestCoverAbsent(t *testing.T) {
	for _, packing := range []spec.Packing{{}, {CoverAbsent: 2}} {
		before := team(12, twoHoles)
		part := planned(t, before, team(12, nobody), packing)
		want := map[bool]int{false: 3, true: 1}[packing.CoverAbsent > 0]
		if len(part.Calls) != want || len(extras(part)) != packing.CoverAbsent {
			t.Errorf("%+v: %d calls, extra %v; want %d calls", packing, len(part.Calls), extras(part), want)
		}
		kept := planned(t, before, team(12, func(g, u int) bool { return g != 3 || u != 3 }), packing)
		for _, c := range extras(kept) {
			if c.Resource == "G3" && c.Subject == user("u3") {
				t.Errorf("%+v: the pair that stays is in a revoke", packing)
			}
		}
	}
}

// Two squares of revokes that share a corner, beside two pairs that stay: with overlap each square is a call.
func TestOneRevokeInTwoCalls(t *testing.T) {
	few := func(g, u int) bool { return g > 2 }
	stays := func(g, u int) bool { return !(g == 0 && u == 2 || g == 2 && u == 0) }
	for _, packing := range []spec.Packing{{}, {CoverAbsent: 1}} {
		part := planned(t, team(3, few), team(3, stays), packing)
		if want := 3 - packing.CoverAbsent; len(part.Calls) != want || len(extras(part)) != packing.CoverAbsent {
			t.Errorf("%+v: %d calls, extra %v; want %d calls", packing, len(part.Calls), extras(part), want)
		}
		for _, c := range extras(part) {
			if c.Resource != "G1" || c.Subject != user("u1") || c.Reason != "revoked by another call too" {
				t.Errorf("extra %+v", c)
			}
		}
	}
}

// The estimate of a plan is the time that its apply takes against the vendor's limits, give or take a tenth.
func TestEstimate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, huaweicloudemu.Options{}, large(60, 0))
		want := spec.NewState()
		for g := range 60 { // no two groups have a user in common, so each needs a call
			want = merge(want, desired(ref(kindAppGroup, fmt.Sprint("G", g)), user(fmt.Sprint("u", 2*g)), user(fmt.Sprint("u", 2*g+1))))
		}
		c.Connection.Rate = huaweicloud.Format().Rate
		job := c.Job(c.Open(t), want)
		plan := providertest.Plan(t, job)
		if plan.Summary.Calls < 10 {
			t.Fatalf("%d calls", plan.Summary.Calls)
		}
		start := time.Now()
		if result := providertest.Apply(t, plan, job); !result.Summary.Clean() {
			t.Fatalf("result %+v", result)
		}
		took := time.Since(start).Seconds()
		t.Logf("%d calls: estimated %.1f s, took %.1f s", plan.Summary.Calls, plan.Summary.EstimateSeconds, took)
		if ratio := took / plan.Summary.EstimateSeconds; ratio < 0.9 || ratio > 1.1 {
			t.Errorf("estimated %.1f s, took %.1f s", plan.Summary.EstimateSeconds, took)
		}
	})
}
