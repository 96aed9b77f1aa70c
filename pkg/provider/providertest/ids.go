package providertest

import (
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// LiveHasIDs says that live tells the vendor's id of each resource that it shows, and that one which was deleted and made
// again under its name has another.
func LiveHasIDs(t *testing.T, p Provider) {
	c := Start(t, p, p.Read(t, "seed.yaml"))
	before := c.identified(t)
	for ref, id := range c.remade(t) {
		if id == before.IDs[ref] {
			t.Errorf("%s was deleted and made again, and still has the id %s", ref, id)
		}
	}
	c = Start(t, p, othersFirst(t, p.Read(t, "seed.yaml")))
	for ref, id := range c.identified(t).IDs {
		if id == before.IDs[ref] {
			t.Errorf("%s was made at another time, and has the same id %s", ref, id)
		}
	}
}

// identified reads what desired.yaml lists, and checks that it has ids, each of its own.
func (c *Tenant) identified(t *testing.T) diff.Live {
	job := c.FileJob(t, c.Provider.Fixture("desired.yaml"))
	live := c.read(t, job.Desired)
	of := map[string]spec.Ref{}
	for ref := range live.Resources {
		id := live.IDs[ref]
		if other, taken := of[id]; id == "" || taken {
			t.Errorf("%s has the id %q, as %s", ref, id, other)
		}
		of[id] = ref
	}
	if len(live.IDs) != len(live.Resources) || len(live.Resources) == 0 {
		t.Errorf("%d ids of %d resources", len(live.IDs), len(live.Resources))
	}
	return live
}

// read is what a new process sees.
func (c *Tenant) read(t *testing.T, desired spec.State) diff.Live {
	job := c.FileJob(t, c.Provider.Fixture("desired.yaml"))
	live, err := job.Source.Read(t.Context(), provider.Query{Desired: desired, Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	return live
}

// remade deletes what our calls can delete, makes it again, and returns the ids.
func (c *Tenant) remade(t *testing.T) map[spec.Ref]string {
	job := c.FileJob(t, c.Provider.Fixture("desired.yaml"))
	deletes := map[spec.Kind]bool{}
	for _, k := range c.Provider.Format.Kinds {
		deletes[k.Kind] = k.Delete
	}
	some := job.Desired.Where(func(ref spec.Ref) bool {
		return deletes[ref.Kind] && job.Desired.Resources[ref].Ownership == spec.Owned
	})
	some.Grants = spec.NewGrants()
	for _, absent := range []bool{true, false} {
		for ref, r := range some.Resources {
			r.Absent = absent
			some.Resources[ref] = r
		}
		again := c.FileJob(t, c.Provider.Fixture("desired.yaml")) // as a new process would
		again.Desired = some
		Apply(t, Plan(t, again), again)
	}
	if len(some.Resources) == 0 {
		return nil
	}
	ids := c.read(t, some).IDs
	if len(ids) == 0 {
		t.Error("nothing was made again")
	}
	return ids
}

// othersFirst is a world in which the first row of each list was made last.
func othersFirst(t *testing.T, world string) string {
	var v map[string]map[string][]any
	if err := yaml.Unmarshal([]byte(world), &v); err != nil {
		t.Fatal(err)
	}
	for _, lists := range v {
		for name, rows := range lists {
			lists[name] = append(rows[1:], rows[0])
		}
	}
	data, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
