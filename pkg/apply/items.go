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

// items encodes what changes do, short where they are all pairs of some resources and subjects.
func items(changes []diff.Change) json.RawMessage {
	alike := map[diff.Change][]diff.Change{} // by what they share
	var order []diff.Change
	for _, c := range changes {
		c = c.Key()
		shared := c
		shared.Resource, shared.Subject = "", spec.Subject{}
		if alike[shared] == nil {
			order = append(order, shared)
		}
		alike[shared] = append(alike[shared], c)
	}
	var bundles []bundle
	for _, shared := range order {
		bundles = append(bundles, bundlesOf(shared, alike[shared])...)
	}
	text, err := json.Marshal(bundles)
	if err != nil { // a Change holds strings and numbers only
		return nil
	}
	return text
}

func bundlesOf(shared diff.Change, changes []diff.Change) []bundle {
	b, pairs := bundle{WireChange: shared.Wire()}, map[diff.Change]bool{}
	for _, c := range changes {
		pairs[c] = true
		b.Resources, b.Subjects = append(b.Resources, c.Resource), append(b.Subjects, c.Subject)
	}
	slices.Sort(b.Resources)
	slices.SortFunc(b.Subjects, spec.Subject.Compare)
	b.Resources, b.Subjects = slices.Compact(b.Resources), slices.Compact(b.Subjects)
	if len(changes) > 1 && len(pairs) == len(b.Resources)*len(b.Subjects) {
		return []bundle{b}
	}
	bundles := make([]bundle, len(changes))
	for i, c := range changes {
		bundles[i].WireChange = c.Wire()
	}
	return bundles
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
