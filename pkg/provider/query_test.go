package provider_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

func grant(resource, user string) spec.Grant {
	return spec.Grant{Resource: spec.Ref{Connection: "c", Kind: "app-group", Name: resource},
		Subject: spec.Subject{Kind: spec.SubjectUser, Name: user}, Role: spec.RoleAccess}
}

// world is a state in which users hold resources.
func world(grants ...spec.Grant) spec.State {
	s := spec.NewState()
	for _, g := range grants {
		s.Resources[g.Resource] = spec.Resource{Ownership: spec.Owned}
		s.Grants.Add(g, spec.Origin{})
	}
	return s
}

// A read-back is told all that the files want of what it touches, and asks about no more than was sent.
func TestReadBack(t *testing.T) {
	desired := world(grant("A", "old"), grant("A", "new"), grant("A", "mailed"), grant("B", "other"))
	change := func(op diff.Op, g spec.Grant) diff.Change {
		c := diff.Change{Op: op, Kind: g.Resource.Kind, Resource: g.Resource.Name, Role: g.Role, Subject: g.Subject}
		if op == diff.OpResend {
			c.Role = ""
		}
		return c
	}
	sent := []diff.Change{change(diff.OpGrant, grant("A", "new")), change(diff.OpRevoke, grant("A", "gone")), {Op: diff.OpUpdate, Kind: "app-group", Resource: "A"}}
	for _, tc := range []struct {
		name    string
		q       provider.Query
		asked   []string
		notices bool
	}{
		{"all", provider.Query{Desired: desired}, []string{"mailed", "new", "old", "other"}, false},
		{"touched", provider.Touched("c", desired, sent), []string{"mailed", "new", "old"}, false},
		{"sent", provider.ReadBack("c", desired, sent), []string{"new"}, false},
		{"mailed too", provider.ReadBack("c", desired, append(sent, change(diff.OpResend, grant("A", "mailed")))), []string{"mailed", "new"}, true},
		{"a mail about a resource", provider.ReadBack("c", desired, []diff.Change{{Op: diff.OpResend, Kind: "app-group", Resource: "A"}}), nil, true},
	} {
		var asked []string
		for _, g := range tc.q.Grants().Sorted() {
			asked = append(asked, g.Subject.Name)
		}
		if d := cmp.Diff(tc.asked, asked); d != "" || tc.q.Notices != tc.notices {
			t.Errorf("%s: notices %v (-want +got):\n%s", tc.name, tc.q.Notices, d)
		}
		if part := tc.name != "all"; tc.q.Partial != part || len(tc.q.Desired.Resources) != map[bool]int{true: 1, false: 2}[part] {
			t.Errorf("%s: partial %v, of %v", tc.name, tc.q.Partial, tc.q.Desired.Resources)
		}
	}
}

func TestMissing(t *testing.T) {
	desired := world(grant("A", "z"), grant("A", "b"), grant("B", "b"), grant("A", "held"), grant("Watched", "ignored"))
	desired.Resources[grant("Watched", "").Resource] = spec.Resource{Ownership: spec.Ignored}
	live := diff.Live{State: world(grant("A", "held"))}
	if d := cmp.Diff([]spec.Subject{grant("", "b").Subject, grant("", "z").Subject}, provider.Query{Desired: desired}.Missing(live)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
