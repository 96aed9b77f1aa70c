package providertest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// OneResourceIsAsAmongAll says that an inventory of one resource has of it what that of all has, and nothing else, that what is not
// there is left out, and that then all can be named without another request.
func OneResourceIsAsAmongAll(t *testing.T, p Provider) {
	c := Start(t, p, p.Read(t, "seed.yaml"))
	job := c.FileJob(t, p.Fixture("desired.yaml"))
	look := func(listing *provider.Listing, of ...spec.Ref) (provider.Lister, provider.Inventory) {
		source, err := p.Reader(job.Connection, SecretsOf(job.Connection), c.Env())
		if err != nil {
			t.Fatal(err)
		}
		lister, able := source.(provider.Lister)
		if !able {
			t.Fatal("its reader can't list")
		}
		found, err := lister.Inventory(t.Context(), listing, of...)
		if err != nil {
			t.Fatal(err)
		}
		return lister, found
	}
	_, all := look(nil)
	if len(all.Resources) < 2 {
		t.Fatalf("of %d resources none can be left out", len(all.Resources))
	}
	for ref := range all.Resources {
		listing := provider.NewListing(false)
		lister, one := look(listing, ref)
		is := func(other spec.Ref) bool { return other == ref }
		among := all.State.Where(is)
		if d := cmp.Diff(among.Resources, one.Resources) + cmp.Diff(among.Grants.Sorted(), one.Grants.Sorted()); d != "" {
			t.Errorf("%s (-among all +alone):\n%s", ref, d)
		}
		if all.IDs[ref] != one.IDs[ref] || !cmp.Equal(all.Remarks[ref], one.Remarks[ref]) {
			t.Errorf("%s: id %s, remarks %q, and among all %s, %q", ref, one.IDs[ref], one.Remarks[ref], all.IDs[ref], all.Remarks[ref])
		}
		calls := len(c.Calls())
		if refs, err := lister.Refs(t.Context(), listing, ref.Kind); err != nil || len(refs) == 0 || len(c.Calls()) > calls {
			t.Errorf("%s: %v can be named, error %v, with %d more calls", ref, refs, err, len(c.Calls())-calls)
		}
		ref.Name += " that is not there"
		if _, none := look(nil, ref); len(none.Resources)+none.Grants.Len()+len(none.Beyond) > 0 {
			t.Errorf("%s: %+v", ref, none.State)
		}
	}
}
