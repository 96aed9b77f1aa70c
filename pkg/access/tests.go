package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Outcome is how a test of the files came out.
type Outcome struct {
	Test   string        `json:"test"` // in words
	Source string        `json:"source"`
	At     time.Time     `json:"at"` // the moment that was looked at
	Holds  bool          `json:"holds"`
	Why    []string      `json:"why,omitempty"` // what is wrong, a line each, with the chain that gives the access
	Place  spec.Position `json:"-"`
	failed []spec.FailedTest
}

// Tests runs the tests of files at a moment, in their order. They are about what the files give: nobody looks into user groups of a
// vendor.
func Tests(s *spec.Spec, now time.Time) []Outcome {
	moments := map[int64]*moment{}
	return spec.Each(s.Tests(), func(t spec.Test) Outcome {
		at := t.At
		if at.IsZero() {
			at = now
		}
		m := moments[at.UnixNano()]
		if m == nil {
			m = &moment{s, s.Desired(at), s.Chains(at)}
			moments[at.UnixNano()] = m
		}
		o := Outcome{Test: t.String(), Source: t.Source.Source(), Place: t.Source, At: at.UTC()}
		m.run(t, &o)
		o.Holds = len(o.failed) == 0
		return o
	})
}

// Failed are the tests that do not hold at a moment, as rules take them.
func Failed(s *spec.Spec, now time.Time) []spec.FailedTest {
	var all []spec.FailedTest
	for _, o := range Tests(s, now) {
		all = append(all, o.failed...)
	}
	return all
}

// moment is what files want then.
type moment struct {
	spec    *spec.Spec
	desired map[string]spec.State
	chains  *spec.Chains
}

func (m *moment) run(t spec.Test, o *Outcome) {
	places := m.places(t.Resource)
	if t.Asserts == spec.AssertCan {
		lacks := func(ref spec.Ref) bool { return len(m.held(t.Who, ref)) == 0 }
		if !slices.ContainsFunc(places, func(ref spec.Ref) bool { return !lacks(ref) }) {
			o.fail(t, places[0], 0, 0, t.Who+" has nothing there")
		}
		return
	}
	for _, ref := range places {
		open := m.desired[ref.Connection].Resources[ref].Open
		switch holders := m.holders(ref); {
		case open && t.Asserts != spec.AssertCannot:
			o.fail(t, ref, 0, t.Max, "everybody may use it")
		case t.Asserts == spec.AssertMax && len(holders) > t.Max:
			o.Why = append(o.Why, fmt.Sprintf("%s: %d hold it", ref.Connection, len(holders)))
			o.failed = append(o.failed, spec.FailedTest{Connection: ref.Connection, What: t.String(), Have: len(holders), Limit: t.Max})
		case t.Asserts == spec.AssertOnly:
			lets := m.spec.Lets(t, ref.Connection)
			others := slices.DeleteFunc(holders, func(g spec.Grant) bool { return lets[g.Subject] })
			m.tooMany(t, o, ref, others)
		case t.Asserts == spec.AssertCannot:
			m.tooMany(t, o, ref, m.held(t.Who, ref))
		}
	}
}

// places are the resources of a name, of which loading found one at least.
func (m *moment) places(resource string) []spec.Ref {
	var refs []spec.Ref
	for _, state := range m.desired {
		for ref := range state.Resources {
			if ref.String() == resource {
				refs = append(refs, ref)
			}
		}
	}
	slices.SortFunc(refs, spec.Ref.Compare)
	return refs
}

// holders is one grant of each that holds a resource, sorted.
func (m *moment) holders(ref spec.Ref) []spec.Grant {
	var all []spec.Grant
	for g := range m.desired[ref.Connection].Grants.On(ref) {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b spec.Grant) int { return cmp.Or(a.Subject.Compare(b.Subject), a.Compare(b)) })
	return slices.CompactFunc(all, func(a, b spec.Grant) bool { return a.Subject == b.Subject })
}

// held is how somebody holds a resource; what everybody may use they hold too.
func (m *moment) held(who string, ref spec.Ref) []spec.Grant {
	if m.desired[ref.Connection].Resources[ref].Open {
		return []spec.Grant{{Resource: ref, Subject: Everyone, Role: spec.RoleAccess}}
	}
	return slices.DeleteFunc(m.holders(ref), func(g spec.Grant) bool { return m.chains.Person(ref.Connection, g.Subject) != who })
}

// tooMany fails a test for those that hold what they must not.
func (m *moment) tooMany(t spec.Test, o *Outcome, ref spec.Ref, grants []spec.Grant) {
	if len(grants) == 0 {
		return
	}
	const most = 10
	why := spec.Each(grants[:min(most, len(grants))], m.explain)
	if more := len(grants) - most; more > 0 {
		why = append(why, fmt.Sprintf("and %d more", more))
	}
	o.fail(t, ref, len(grants), 0, why...)
}

// explain says by what a grant is given.
func (m *moment) explain(g spec.Grant) string {
	if g.Subject == Everyone {
		return "everybody may use it (" + m.desired[g.Resource.Connection].Resources[g.Resource].Source.Source() + ")"
	}
	who := Row{Person: m.chains.Person(g.Resource.Connection, g.Subject), Subject: g.Subject}.Who()
	for _, c := range m.chains.Of(g, 1) {
		who += " has it by " + c.Source.Source()
		if via := spec.ViaOf(c.Steps); via != (spec.Via{}) {
			who += " via " + via.String()
		}
	}
	return who
}

func (o *Outcome) fail(t spec.Test, ref spec.Ref, have, limit int, why ...string) {
	o.Why = append(o.Why, spec.Each(why, func(line string) string { return ref.Connection + ": " + line })...)
	o.failed = append(o.failed, spec.FailedTest{Connection: ref.Connection, What: t.String() + ": " + strings.Join(why, "; "), Have: have, Limit: limit})
}
