package provider

import (
	"fmt"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Giving are the subjects of a kind that have or get access to listed resources, each with the first of those: groups whose
// members the files don't see, and which may hold people who left. It is empty where nobody left, or no plan is made.
func (q Query) Giving(live diff.Live, kind spec.SubjectKind) map[spec.Subject]spec.Ref {
	giving := map[spec.Subject]spec.Ref{}
	if q.ReadBack || !q.Notices || len(q.Desired.Departed) == 0 {
		return giving
	}
	add := func(g spec.Grant) {
		if first, known := giving[g.Subject]; g.Subject.Kind == kind && (!known || g.Resource.Compare(first) < 0) {
			giving[g.Subject] = g.Resource
		}
	}
	for g := range live.Grants.All() {
		r, listed := q.Desired.Resources[g.Resource]
		if listed && !r.Absent && (r.Ownership != spec.Owned || q.Desired.Grants.Has(g)) {
			add(g)
		}
	}
	for g := range q.Desired.Grants.All() {
		if q.Desired.Resources[g.Resource].Ownership != spec.Ignored {
			add(g)
		}
	}
	return giving
}

// NoteStanding tells the reader of a plan how somebody who is granted something stands at the vendor, such as "disabled"; "" is
// nothing to tell.
func NoteStanding(live *diff.Live, s spec.Subject, standing string) {
	if standing != "" {
		live.Notes = append(live.Notes, fmt.Sprintf("%s is %s at the vendor, and is granted something all the same", s, standing))
	}
}
