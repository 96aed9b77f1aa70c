package wps365_test

import (
	"slices"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365/wps365emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// What the vendor says of people whom a plan grants something is noted, without a further read.
func TestStandings(t *testing.T) {
	const world = `wps365:
  users: [{name: Ann, email: ann@x.example}, {name: Bo, email: bo@x.example, status: disabled}, {name: Cy, email: cy@x.example, status: notactive}]
  mailGroups: [{address: g@x.example, name: G, owner: ann@x.example, members: [ann@x.example]}]
`
	for _, tc := range []struct {
		members []spec.Subject
		notes   []string
	}{
		{[]spec.Subject{user("ann")}, nil},
		{[]spec.Subject{user("ann"), user("bo")}, []string{"bo@x.example is disabled at the vendor, and is granted something all the same"}},
		{[]spec.Subject{user("cy")}, []string{"cy@x.example is not activated at the vendor, and is granted something all the same"}},
	} {
		c := newTenant(t, wps365emu.Options{}, world)
		live, err := c.open(t, "members").Read(t.Context(), providertest.All(desired("g", spec.Resource{}, tc.members...)))
		if err != nil || !slices.Equal(live.Notes, tc.notes) || c.Count("POST", byEmails) > len(tc.notes) {
			t.Errorf("notes %q, %d look-ups, error %v", live.Notes, c.Count("POST", byEmails), err)
		}
	}
}
