package diff

import (
	"maps"
	"slices"
	"strconv"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Staleness is one reason why a plan is not carried out: something that somebody else changed where it writes, or a change that
// the files and live state of now do not make.
type Staleness struct {
	Why Why
	On  string // KIND/NAME; "" where it is about the connection
	// Change is what the plan would do, or, where somebody else moved, what a plan of now would do about that.
	Change    Change
	Then, Now string // where Why says so
	Source    string // file:line that has it otherwise, where there is one
}

// Why names a reason.
type Why string

// What others changed on what the plan touches.
const (
	WhyAccount  Why = "account"  // the credentials reach Now, not Then
	WhyGone     Why = "gone"     // the resource
	WhyID       Why = "id"       // another resource has the name: Then and Now are the vendor's ids
	WhyCame     Why = "came"     // somebody, whom Change would revoke
	WhyWent     Why = "went"     // somebody, whom Change would grant
	WhyBecame   Why = "became"   // a setting, which Change would update
	WhyHolders  Why = "holders"  // Then and Now are how many others hold it
	WhySettings Why = "settings" // or holders, of which there are as many as before
)

// Why a change of the plan is none of now.
const (
	WhyUnlisted Why = "unlisted"  // the files do not list the resource
	WhyIgnored  Why = "ignored"   // they only watch it
	WhyAddOnly  Why = "add-only"  // they take nothing there
	WhyOpen     Why = "open"      // they want it open to everybody, so assignments mean nothing
	WhyTime     Why = "time"      // it ended or has not begun: Now
	WhyFiles    Why = "files"     // they want it otherwise
	WhyNotWhole Why = "not whole" // the list of who holds it: Now
	WhyBlocked  Why = "blocked"   // the vendor can't take it: Now
	WhyLive     Why = "live"      // live state does not ask for it
	WhyExtra    Why = "extra"     // a call touches it beside its changes, and the packing allowance of now does not give it
)

// Now is what a part of a plan is held against before it is carried out: everything of that very moment.
type Now struct {
	Desired   spec.State
	Live      Live // whole where changes take something; else of the touched resources at least
	Resending Resending
	Packing   spec.Packing
	Rules     spec.Rules
	Allow     []string // rules that may be broken, beside what the part's overrides cover
}

// Judge holds a part against now. left are its changes that live does not show yet and that would be sent; they may be sent
// only if it finds nothing. What the part says of rules is not believed: what is left must be in a plan of now, and the rules
// of now are checked over that.
//
// Where a list is not whole, that is what is reported of its resource, unless the rule may be broken: what such a list lacks
// proves nothing.
func Judge(part ConnectionPlan, left []Change, now Now) (stale []Staleness, broken []Violation) {
	if then, here := part.Account, now.Live.Account; then != "" && here != "" && then != here {
		return []Staleness{{Why: WhyAccount, Then: then, Now: here}}, nil
	}
	f := planNow(part.Name, now)
	stale = append(OutsideEdits(part, f.changes, now.Live), f.unplanned(left)...)
	if len(left) == 0 {
		return stale, nil
	}
	stale = append(stale, f.unallowed(part)...)
	send := f.counterparts(left)
	broken = append(Check(part.Name, now.Rules, now.Desired, send, part.Calls, now.Live), CheckMailed(now.Rules, send, part.Calls, now.Resending.Mailed)...)
	broken = now.uncovered(broken, part.Overrides)
	unread := map[string]bool{}
	for _, v := range broken {
		unread[v.On] = unread[v.On] || v.Rule == RuleIncompleteRead
	}
	return without(stale, unread), broken
}

func without(all []Staleness, unread map[string]bool) (rest []Staleness) {
	for _, s := range all {
		if !unread[s.On] {
			rest = append(rest, s)
		}
	}
	return rest
}

// uncovered are the violations that nobody allowed.
func (now Now) uncovered(violations []Violation, overrides []Override) (open []Violation) {
	for _, v := range Uncovered(violations, overrides) {
		if !slices.Contains(now.Allow, v.Rule) {
			open = append(open, v)
		}
	}
	return open
}

// freshPlan is what a plan of now would hold of a connection.
type freshPlan struct {
	connection string
	now        Now
	changes    []Change
	by         map[Change]Change // by key and all that is sent
}

func planNow(connection string, now Now) freshPlan {
	f := freshPlan{connection, now, Compute(now.Desired, now.Live, now.Resending), map[Change]Change{}}
	for _, c := range f.changes {
		f.by[c.sent()] = c
	}
	return f
}

// sent is the key of a change with all that is sent.
func (c Change) sent() Change {
	key := c.Key()
	key.Settings = c.Settings
	return key
}

// counterparts are the changes as a plan of now has them, so that they cost what they cost now.
func (f freshPlan) counterparts(changes []Change) []Change {
	out := slices.Clone(changes)
	for i, c := range changes {
		if fresh, planned := f.by[c.sent()]; planned {
			out[i] = fresh
		}
	}
	return out
}

// unplanned says which changes a plan of now would not hold, and why.
func (f freshPlan) unplanned(changes []Change) (stale []Staleness) {
	for _, c := range changes {
		fresh, planned := f.by[c.sent()]
		if planned && fresh.Problem == "" {
			continue
		}
		s := Staleness{On: c.Ref(f.connection).String(), Change: c}
		if planned {
			s.Why, s.Now = WhyBlocked, fresh.Problem
		} else {
			f.explain(&s)
		}
		stale = append(stale, s)
	}
	return stale
}

// explain finds why a change is not planned now.
func (f freshPlan) explain(s *Staleness) {
	c, ref := s.Change, s.Change.Ref(f.connection)
	want, listed := f.now.Desired.Resources[ref]
	have := f.now.Live.Resources[ref]
	origin, granted := f.now.Desired.Grants.Origin(c.Grant(f.connection))
	end, ended := f.now.Desired.Inactive.Origin(c.Grant(f.connection))
	s.Source = want.Source.Source()
	switch {
	case !listed:
		s.Why = WhyUnlisted
	case want.Ownership == spec.Ignored:
		s.Why = WhyIgnored
	case have.Incomplete != "":
		s.Why, s.Now = WhyNotWhole, have.Incomplete
	case c.Op == OpGrant && ended:
		s.Why, s.Now, s.Source = WhyTime, end.Reason, end.Source.Source()
	case c.Op == OpRevoke && granted:
		s.Why, s.Source = WhyFiles, origin.Source.Source()
	case c.Op == OpRevoke && want.Open:
		s.Why = WhyOpen
	case c.Op == OpRevoke && want.Ownership == spec.AddOnly:
		s.Why = WhyAddOnly
	case c.Op == OpGrant && (!granted || c.Settings != sentOf(f.now.Desired, c.Subject)), !f.wanted(c, want):
		s.Why = WhyFiles
	default:
		s.Why = WhyLive
	}
}

// wanted says whether the files want of the resource itself what a change does.
func (f freshPlan) wanted(c Change, want spec.Resource) bool {
	switch c.Op {
	case OpCreate, OpUpdate:
		return !want.Absent && c.Settings == sentWith(c.Op, want) && want.Settings.Get(c.Field) == c.To
	case OpDelete:
		return want.Absent
	}
	return !want.Absent
}

// unallowed says which pairs the calls of a part touch beside its changes although the packing allowance of now does not give
// them. Those are worth their savings only where they change nothing.
func (f freshPlan) unallowed(part ConnectionPlan) (stale []Staleness) {
	var extra []Change
	for _, call := range part.Calls {
		extra = append(extra, call.Extra...)
	}
	if len(extra) == 0 {
		return nil
	}
	allowed := AllowanceOf(part.Name, f.now.Desired, f.now.Live, part.Changes, f.now.Packing)
	given, room := map[Change]bool{}, map[Op]int{OpGrant: allowed.Regrant, OpRevoke: allowed.Cover}
	for _, c := range append(allowed.Held, allowed.Absent...) {
		given[c] = true
	}
	for _, c := range extra {
		if room[c.Op]--; !given[c] || room[c.Op] < 0 {
			stale = append(stale, Staleness{Why: WhyExtra, On: c.Ref(part.Name).String(), Change: c})
		}
	}
	return stale
}

// OutsideEdits says what somebody else changed on the resources of a part since it was planned. now is what a plan of now
// would change: it tells who came and who went, as far as the files rule that.
func OutsideEdits(part ConnectionPlan, now []Change, live Live) (edits []Staleness) {
	t, then, uncounted := touch(part.Name, part.Changes), map[string]Fingerprint{}, map[spec.Ref]bool{}
	for _, f := range part.Touched {
		then[f.Resource] = f
	}
	for ref := range t.resources {
		uncounted[ref] = then[ref.String()].Uncounted
	}
	today := t.fingerprints(live, uncounted)
	known := t.editsOn(part, now, func(ref spec.Ref) bool {
		_, exists := live.Resources[ref]
		return (exists || !t.deleted[ref]) && today[ref] != then[ref.String()]
	})
	for _, ref := range slices.SortedFunc(maps.Keys(known), spec.Ref.Compare) {
		_, exists := live.Resources[ref]
		edits = append(edits, told(ref, known[ref], then[ref.String()], today[ref], exists)...)
	}
	return edits
}

// editsOn has an entry for each resource that moved, with what a plan of now tells of it.
func (t touched) editsOn(part ConnectionPlan, now []Change, moved func(spec.Ref) bool) map[spec.Ref][]Staleness {
	known := map[spec.Ref][]Staleness{}
	for ref := range t.resources {
		if moved(ref) {
			known[ref] = nil
		}
	}
	if len(known) == 0 {
		return nil
	}
	planned := map[Change]bool{}
	for _, c := range part.Changes {
		planned[c.move()] = true
	}
	for _, c := range now {
		ref, why := c.Ref(part.Name), whyEdited[c.Op]
		if _, is := known[ref]; is && why != "" && !planned[c.move()] {
			known[ref] = append(known[ref], Staleness{Why: why, On: ref.String(), Change: c, Now: c.From})
		}
	}
	return known
}

// whyEdited says what somebody did whose edit a change would undo.
var whyEdited = map[Op]Why{OpRevoke: WhyCame, OpGrant: WhyWent, OpUpdate: WhyBecame}

// move is the key of a change and, of an update, what it replaces.
func (c Change) move() Change {
	e := c.Key()
	e.From = c.From
	return e
}

// told says what happened to a resource: what is known of it, or else what its fingerprints tell.
func told(ref spec.Ref, known []Staleness, then, now Fingerprint, exists bool) []Staleness {
	s := Staleness{On: ref.String()}
	switch {
	case !exists:
		s.Why = WhyGone
	case then.ID != now.ID:
		s.Why, s.Then, s.Now = WhyID, then.ID, now.ID
	case len(known) > 0:
		return known
	case then.Grants == now.Grants:
		s.Why, s.Now = WhySettings, strconv.Itoa(now.Grants)
	default:
		s.Why, s.Then, s.Now = WhyHolders, strconv.Itoa(then.Grants), strconv.Itoa(now.Grants)
	}
	return []Staleness{s}
}
