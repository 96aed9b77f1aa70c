package spec

import "slices"

// Rules are the limits that a plan must keep; each has its default where the file says nothing.
type Rules struct {
	MaxRevokes             Limit // count
	MaxRevokeShare         Limit // percent of a connection's live grants, from 10 up
	MaxRevokeShareResource Limit // percent of one resource's live grants, from 4 up
	MaxExpiries            Limit // count of grants whose end, as the files state it, has come; they count for none of the above
	MaxMails               Limit // count
	PeopleShrink           Limit // percent of the people whom files of usersFrom listed before, from 10 up
	MaxMailsPerPerson      Limit // count within a day, over all runs that share a store
	Protected              []Protection
	RequireSelf            []Protection
	MinMembers             []MinMembers

	Filtered bool // the run is about single resources (--target), so that it is not asked whether it empties a connection
}

// Limit is a number or off. Of what the number counts, and whether it is a percentage, each rule says.
type Limit struct {
	Off   bool
	Value int // the most that is let through
}

// Protection names a subject everywhere ("user:alice"), or on one resource ("app-group:CAD/group:Designers"). A blank
// domain means any. Protecting a user makes a Protection of the name as the rules write it, which holds whatever the files
// map it to, and one of each other name that they map it to: the account, and the address, which is all that mail groups know.
type Protection struct {
	Resource *Ref // nil: everywhere; its Connection is blank: any
	Subject  Subject
	Literal  bool // a user's name as the rules write it: each address with that local part is taken for theirs
	Source   Position
}

// MinMembers asks for at least Count holders of the kind's first role on resources of a kind whose name matches Name; "*" matches all.
type MinMembers struct {
	Kind   Kind
	Name   string
	Count  int
	Source Position
}

// DefaultRules is what holds where no file says anything.
var DefaultRules = Rules{
	MaxRevokes: Limit{Value: 25}, MaxRevokeShare: Limit{Value: 20}, MaxRevokeShareResource: Limit{Value: 50},
	MaxExpiries: Limit{Off: true}, MaxMails: Limit{Value: 500}, MaxMailsPerPerson: Limit{Off: true}, PeopleShrink: Limit{Value: 20},
}

// stricter says whether a limit lets less through than another.
func (l Limit) stricter(o Limit) bool { return !l.Off && (o.Off || l.Value < o.Value) }

// limitRule is a rule that is a Limit.
type limitRule struct {
	rule    string
	percent bool
	of      func(*Rules) *Limit
	daily   bool // written with /day
}

// limits are the rules that are a Limit.
var limits = []limitRule{
	{"max-revokes", false, func(r *Rules) *Limit { return &r.MaxRevokes }, false},
	{"max-revoke-share", true, func(r *Rules) *Limit { return &r.MaxRevokeShare }, false},
	{"max-revoke-share-resource", true, func(r *Rules) *Limit { return &r.MaxRevokeShareResource }, false},
	{"max-expiries", false, func(r *Rules) *Limit { return &r.MaxExpiries }, false},
	{"max-mails", false, func(r *Rules) *Limit { return &r.MaxMails }, false},
	{"people-shrink", true, func(r *Rules) *Limit { return &r.PeopleShrink }, false},
	{"max-mails-per-person", false, func(r *Rules) *Limit { return &r.MaxMailsPerPerson }, true},
}

// ruleSource is what one file says of rules, or what all reviewed files say together.
type ruleSource struct {
	file string              // "" for the reviewed files
	set  map[string]Position // where each rule is set; of the limits, those in here count
	Rules
}

func newRuleSource(file string) *ruleSource {
	return &ruleSource{file: file, set: map[string]Position{}}
}

// floorOf is the strictest value that files which govern give a limit, and the first of them that gives it. The defaults of
// limits that such a file does not set belong to it, so that another one can't lift them.
func floorOf(floors []*ruleSource, rule string, of func(*Rules) *Limit) (floor Limit, file string) {
	floor = Limit{Off: true}
	for _, s := range floors {
		have := *of(&DefaultRules)
		if _, set := s.set[rule]; set {
			have = *of(&s.Rules)
		}
		if file == "" || have.stricter(floor) {
			floor, file = have, s.file
		}
	}
	return floor, file
}

// strictest is what holds of all that files say: floors are those that govern, the operator's and the rules files. The
// reviewed files can only tighten what floors say; where there are none they may say anything.
func strictest(floors []*ruleSource, reviewed *ruleSource) Rules {
	var rules Rules
	for _, l := range limits {
		have, want := l.of(&rules), *l.of(&reviewed.Rules)
		*have, _ = floorOf(floors, l.rule, l.of)
		if len(floors) == 0 {
			*have = *l.of(&DefaultRules)
		}
		if _, set := reviewed.set[l.rule]; set && (len(floors) == 0 || want.stricter(*have)) {
			*have = want
		}
	}
	for _, s := range append(slices.Clone(floors), reviewed) {
		rules.Protected = append(rules.Protected, s.Protected...)
		rules.RequireSelf = append(rules.RequireSelf, s.RequireSelf...)
		rules.MinMembers = append(rules.MinMembers, s.MinMembers...)
	}
	rules.MinMembers = highest(rules.MinMembers)
	return rules
}

// highest keeps of those that ask something of the same resources the one that asks most.
func highest(all []MinMembers) []MinMembers {
	type key struct {
		kind Kind
		name string
	}
	at := map[key]int{}
	var kept []MinMembers
	for _, m := range all {
		i, known := at[key{m.Kind, m.Name}]
		switch {
		case !known:
			at[key{m.Kind, m.Name}] = len(kept)
			kept = append(kept, m)
		case m.Count > kept[i].Count:
			kept[i] = m
		}
	}
	return kept
}

// rulePlaces are the lines that set rules: of a limit the one that holds.
func (l *loader) rulePlaces() map[string]Position {
	places := map[string]Position{}
	for _, s := range append(slices.Clone(l.floors), l.reviewed) {
		for rule, at := range s.set {
			_, known := places[rule]
			holds := slices.ContainsFunc(limits, func(of limitRule) bool { return of.rule == rule && *of.of(&s.Rules) == *of.of(&l.rules) })
			if !known || holds {
				places[rule] = at
			}
		}
	}
	return places
}
