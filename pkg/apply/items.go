package apply

import (
	"encoding/json"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// bundle is what an entry of the journal says of changes: what they share, and that each of the resources goes with each of
// the subjects, as in most calls. One change of its own has neither.
type bundle struct {
	diff.WireChange
	Resources []string       `json:"resources,omitempty"`
	Subjects  []spec.Subject `json:"subjects,omitempty"`
}

// alike are changes that differ in nothing but their resource and subject.
type alike struct {
	shared diff.Change // without these
	pairs  []pair
}

type pair struct {
	resource string
	subject  spec.Subject
}

// sorted puts changes that are alike together, in the order in which each kind comes first.
func sorted(changes []diff.Change) (all []alike) {
	last := 0 // those of a call are mostly all alike
	for _, c := range changes {
		shared := c.Key()
		shared.Resource, shared.Subject = "", spec.Subject{}
		if len(all) == 0 || all[last].shared != shared {
			if last = slices.IndexFunc(all, func(a alike) bool { return a.shared == shared }); last < 0 {
				last, all = len(all), append(all, alike{shared: shared})
			}
		}
		all[last].pairs = append(all[last].pairs, pair{c.Resource, c.Subject})
	}
	return all
}

// items encodes what changes do, short where they are all pairs of some resources and subjects.
func items(changes []diff.Change) json.RawMessage {
	var bundles []bundle
	for _, a := range sorted(changes) {
		bundles = append(bundles, a.bundles()...)
	}
	text, err := json.Marshal(bundles)
	if err != nil { // a Change holds strings and numbers only
		return nil
	}
	return text
}

func (a alike) bundles() []bundle {
	b, different := bundle{WireChange: a.shared.Wire()}, map[pair]bool{}
	for _, p := range a.pairs {
		different[p] = true
		b.Resources, b.Subjects = append(b.Resources, p.resource), append(b.Subjects, p.subject)
	}
	slices.Sort(b.Resources)
	slices.SortFunc(b.Subjects, spec.Subject.Compare)
	b.Resources, b.Subjects = slices.Compact(b.Resources), slices.Compact(b.Subjects)
	if len(a.pairs) > 1 && len(different) == len(b.Resources)*len(b.Subjects) {
		return []bundle{b}
	}
	return spec.Each(a.pairs, func(p pair) bundle {
		c := a.shared
		c.Resource, c.Subject = p.resource, p.subject
		return bundle{WireChange: c.Wire()}
	})
}

// readItems returns the keys of the changes that items encoded.
func readItems(text json.RawMessage) ([]diff.Change, error) {
	var bundles []bundle
	if err := json.Unmarshal(text, &bundles); err != nil {
		return nil, err
	}
	var changes []diff.Change
	for _, b := range bundles {
		c, err := b.Change()
		if err != nil {
			return nil, err
		}
		if len(b.Resources) == 0 {
			changes = append(changes, c)
		}
		for _, resource := range b.Resources {
			for _, subject := range b.Subjects {
				c.Resource, c.Subject = resource, subject
				changes = append(changes, c)
			}
		}
	}
	return changes, nil
}
