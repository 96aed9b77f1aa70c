package spec

import (
	"cmp"
	"slices"
	"time"
)

// Leaver is somebody who leaves at a moment that the files know.
type Leaver struct {
	User   string
	At     time.Time
	Text   string // of the moment, as the file writes it
	Source Position
	Names  map[string][]Subject // of theirs, by connection
}

// Leavers lists who leaves after a moment and no later than some time after it, in order of time.
func (s *Spec) Leavers(now time.Time, within time.Duration) []Leaver {
	var all []Leaver
	for _, u := range s.users {
		if u.left || u.leaves == nil || !u.leaves.at.After(now) || u.leaves.at.After(now.Add(within)) {
			continue
		}
		l := Leaver{u.name, u.leaves.at, u.leaves.text, u.source, map[string][]Subject{}}
		for name, site := range s.sites {
			l.Names[name] = site.names(u)
		}
		all = append(all, l)
	}
	slices.SortStableFunc(all, func(a, b Leaver) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.User, b.User)) })
	return all
}

// Outdated warns of settings that name people who have left by a moment. To name one whose state is left is an error; a date comes by
// itself, and must stop nothing else.
func (s *Spec) Outdated(now time.Time) []*Error {
	var all []*Error
	people := map[string]*user{}
	for _, r := range s.resources {
		for _, setting := range r.users {
			if len(people) == 0 {
				people = s.byName()
			}
			if u := people[setting.name]; u != nil && u.leaves != nil && u.gone(now) && r.Ownership != Ignored {
				all = append(all, &Error{Position: setting.at, What: setting.Key + " of " + r.ref().String() + ": " + u.leaving(), Hint: "name somebody else: nobody but the files changes it"})
			}
		}
	}
	return all
}
