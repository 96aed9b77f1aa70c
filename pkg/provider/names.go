package provider

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Respelt lists, sorted, the holders whose names are spellings of those whom Missing lists, or are what these were called before, on
// the same resource. The vendor is to be asked about them too: where it knows both, they are two people.
func (q Query) Respelt(live diff.Live) []spec.Subject {
	type key struct {
		resource spec.Ref
		name     string
	}
	missing := map[key]bool{}
	for g := range q.Grants().Minus(live.Grants) {
		missing[key{g.Resource, spec.Fold(g.Subject.Name)}] = true
		for _, former := range q.Desired.Former[g.Subject] {
			missing[key{g.Resource, spec.Fold(former.Name)}] = true
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return spec.Holders(live.Grants.Minus(q.Desired.Grants), func(g spec.Grant) bool {
		return missing[key{g.Resource, spec.Fold(g.Subject.Name)}]
	})
}

// Beside lists, sorted, the grants that nobody wants any more beside a missing grant that is holds for: they are taken
// unless the missing grant is about their holder under another name.
func (q Query) Beside(live diff.Live, is func(spec.Subject) bool) []spec.Grant {
	lacking := map[diff.RoleOn]bool{}
	for g := range q.Grants().Minus(live.Grants) {
		if q.Desired.Resources[g.Resource].Ownership == spec.Owned && is(g.Subject) {
			lacking[diff.RoleOf(g)] = true
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	var beside []spec.Grant
	for g := range live.Grants.Minus(q.Desired.Grants) {
		if lacking[diff.RoleOf(g)] && g.Subject.Kind.Personal() {
			beside = append(beside, g)
		}
	}
	slices.SortFunc(beside, spec.Grant.Compare)
	return beside
}

// Leaver is somebody who left.
type Leaver struct {
	spec.Origin
	Names []spec.Subject // all that the connection may know them by, sorted
}

// Name is what the files call a leaver at the connection.
func (l Leaver) Name() string {
	for _, s := range l.Names {
		if s.Kind == spec.SubjectUser && !strings.Contains(s.Name, "@") {
			return s.Name
		}
	}
	return l.Names[0].Name
}

// Addresses are those of the leaver's names that are addresses, sorted.
func (l Leaver) Addresses() []string {
	var addresses []string
	for _, s := range l.Names {
		if strings.Contains(s.Name, "@") {
			addresses = append(addresses, s.Name)
		}
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

// Leavers lists who left and can't be told from their names alone to hold nothing, and, sorted, the holders who may be one of
// them: those whom the files do not know and who keep what they hold. Both are empty in most runs, where nobody left or nobody
// may be one of them; then nothing is to be looked up.
func (q Query) Leavers(live diff.Live) (leavers []Leaver, suspects []spec.Subject) {
	if q.ReadBack || len(q.Desired.Departed) == 0 {
		return nil, nil
	}
	matched := diff.Compare(q.Desired, live).Matched()
	suspects = spec.Holders(live.Grants.Minus(q.Desired.Grants), func(g spec.Grant) bool {
		r := q.Desired.Resources[g.Resource]
		stranger := r.Ownership == spec.AddOnly && !q.Desired.Known[g.Subject]
		_, left := q.Desired.Departed[g.Subject] // a similar name may be somebody else's
		return (stranger || matched[g]) && !left && g.Subject.Kind.Personal()
	})
	if len(suspects) == 0 {
		return nil, nil
	}
	found := map[spec.Origin]bool{}
	for g := range live.Grants.Minus(q.Desired.Grants) {
		if origin, left := q.Desired.Departed[g.Subject]; left {
			found[origin] = true
		}
	}
	names := map[spec.Origin][]spec.Subject{}
	for s, origin := range q.Desired.Departed {
		if !found[origin] {
			names[origin] = append(names[origin], s)
		}
	}
	for origin, all := range names {
		slices.SortFunc(all, spec.Subject.Compare)
		leavers = append(leavers, Leaver{origin, all})
	}
	slices.SortFunc(leavers, func(a, b Leaver) int { return slices.CompareFunc(a.Names, b.Names, spec.Subject.Compare) })
	return leavers, suspects
}

// Users are those of the leaver's names that are users', be it by an address.
func (l Leaver) Users() []spec.Subject {
	return slices.DeleteFunc(slices.Clone(l.Names), func(s spec.Subject) bool { return s.Kind != spec.SubjectUser })
}

// Trace has the names learned of those who left and of the suspects, and notes whom that leaves open. name adds to live what the
// vendor shows of them, and returns why somebody may not be found by that.
func (q Query) Trace(live *diff.Live, name func(left, suspects []spec.Subject) (why string, err error)) error {
	leavers, suspects := q.Leavers(*live)
	why, err := name(slices.Concat(spec.Each(leavers, Leaver.Users)...), suspects)
	if err == nil && len(leavers) > 0 {
		q.noteUntraced(live, leavers, suspects, why)
	}
	return err
}

// noteUntraced notes which of the people who left are not among the suspects, by all names that the vendor was found to show, and
// that it shows nothing else of them. why says how they were looked for.
func (q Query) noteUntraced(live *diff.Live, leavers []Leaver, suspects []spec.Subject, why string) {
	left, found := diff.Departed(q.Desired, *live), map[spec.Origin]bool{}
	for _, s := range suspects {
		if origin, gone := left(s); gone {
			found[origin] = true
		}
	}
	var names []string
	for _, l := range leavers {
		shown := slices.ContainsFunc(l.Names, func(s spec.Subject) bool { return len(live.Names[s]) > 0 })
		if !shown && !found[l.Origin] {
			names = append(names, l.Name())
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		live.Notes = append(live.Notes, fmt.Sprintf("left, and not found here: %s; %s; give the name that the vendor shows with names:", strings.Join(names, ", "), why))
	}
}

// Unmade lists, sorted, the resources of a kind that are to be there and are not. A read-back asks about none.
func (q Query) Unmade(kind spec.Kind, live diff.Live) []spec.Ref {
	var refs []spec.Ref
	for ref, want := range q.Desired.Resources {
		_, exists := live.Resources[ref]
		if ref.Kind == kind && !exists && !want.Absent && want.Ownership != spec.Ignored && !q.ReadBack {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, spec.Ref.Compare)
	return refs
}

// maxPairs bounds the time for comparing names: a second or so, however many there are.
const maxPairs = 10_000_000

// Alike compares resources that are to be made with the names that the vendor has of their kind. What is there in another
// spelling, and in no file, must not be made beside it; what is a slip away is said.
func (q Query) Alike(unmade []spec.Ref, names []string, live *diff.Live) {
	slices.Sort(names)
	for _, ref := range unmade {
		own := spec.Fold(ref.Name)
		for _, name := range names {
			other := spec.Ref{Connection: ref.Connection, Kind: ref.Kind, Name: name}
			_, wanted := q.Desired.Resources[other]
			switch folded := spec.Fold(name); {
			case wanted || q.Desired.Listed[other] || folded != own && len(unmade)*len(names) > maxPairs:
			case folded == own:
				live.Unsupported[ref] = fmt.Sprintf("%q is there, and in no file; write it so, or rename one of the two", name)
			case spec.OneSlip(own, folded):
				live.Note(ref, "it is to be made, and %q, which is in no file, is there; make sure that it is not the one you mean", name)
			}
		}
	}
}
