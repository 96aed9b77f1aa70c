package access

import (
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// MaxChains is how many chains of one row are told: teams that nest in many ways give very many.
const MaxChains = 100

// Both is what Row.Has says where both have it.
const Both = "both"

// WhoCan lists who has what on a resource, KIND/NAME, on every connection that has it.
func (w World) WhoCan(resource string) []Row {
	return w.rows(question{on: named(resource), chains: MaxChains})
}

// Why lists what somebody has, on one resource or, where that is "", on all, with every chain: also those that have ended or are
// yet to begin. Resources that everybody may use are among them.
func (w World) Why(who, resource string) []Row {
	q := question{who: w.about(who), chains: MaxChains, lapsed: true}
	if resource != "" {
		q.on = named(resource)
	}
	return w.rows(q)
}

// Table lists who has what everywhere.
func (w World) Table() []Row { return w.rows(question{chains: 1}) }

func named(resource string) func(spec.Ref) bool {
	return func(ref spec.Ref) bool { return ref.String() == resource }
}

// about recognises the rows of somebody, be it a person of the files or a subject by the name of the vendor, and of everybody.
func (w World) about(who string) func(Row) bool {
	person := slices.Contains(w.Users, who)
	return func(r Row) bool {
		switch {
		case r.Subject == Everyone:
			return true
		case person || r.Person == who:
			return r.Person == who
		}
		vendors := r.Subject.String()
		return r.Person == "" && (vendors == who || r.Subject.Name == who || strings.HasPrefix(vendors, who+"@"))
	}
}

// Namesakes are those on one connection, by their vendor's whole names, whom a name stands for that is no user's of the files: where
// there are several, nobody can tell which of them is meant.
func (w World) Namesakes(who string) []string {
	is, found := w.about(who), map[string][]string{}
	for _, r := range w.rows(question{who: is}) {
		if name := r.Subject.String(); r.Subject != Everyone && r.Person == "" && !slices.Contains(found[r.Connection], name) {
			found[r.Connection] = append(found[r.Connection], name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if names := found[name]; len(names) > 1 {
			slices.Sort(names)
			return names
		}
	}
	return nil
}

// Compare lists what two people have: rows of either alone, and those of the first for what both have. Two have the same where
// they have the same role on a resource, in whichever way.
func (w World) Compare(a, b string) []Row {
	type held struct {
		ref  spec.Ref
		role spec.Role
	}
	of := func(who string) ([]Row, map[held]bool) {
		rows, has := w.rows(question{who: w.about(who), chains: 1}), map[held]bool{}
		for _, r := range rows {
			has[held{r.Ref(), r.Role}] = true
		}
		return rows, has
	}
	rowsA, hasA := of(a)
	rowsB, hasB := of(b)
	var all []Row
	for _, r := range rowsA {
		if r.Has = a; hasB[held{r.Ref(), r.Role}] {
			r.Has = Both
		}
		all = append(all, r)
	}
	for _, r := range rowsB {
		if r.Has = b; !hasA[held{r.Ref(), r.Role}] {
			all = append(all, r)
		}
	}
	return all
}
