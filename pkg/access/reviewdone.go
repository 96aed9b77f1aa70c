package access

import (
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Undone are the lines whose decisions files do not carry out: they give what was removed, or what was to end after its end. desired is
// what the files want at a moment.
func (r *Review) Undone(now time.Time, desired func(at time.Time) map[string]spec.State) (undone []Line) {
	given := map[string]map[string]bool{} // by moment
	gives := func(l Line, at time.Time) bool {
		key := at.UTC().Format(time.RFC3339)
		if given[key] == nil {
			given[key] = givenKeys(desired(at))
		}
		return given[key][l.key()]
	}
	for _, l := range r.Lines {
		at := now
		d, until, _ := l.decided()
		if d == Until {
			at = momentOf(until)
		}
		if d != Keep && d != "" && gives(l, at) {
			undone = append(undone, l)
		}
	}
	return undone
}

// givenKeys are what the lines of a review would be about that files give.
func givenKeys(desired map[string]spec.State) map[string]bool {
	all := map[string]bool{}
	for name, state := range desired {
		for g := range state.Grants.All() {
			l := Line{Connection: name, Resource: g.Resource.String(), Role: g.Role, Subject: subjectText(g.Subject)}
			all[l.key()] = true
		}
	}
	return all
}

// subjectText is a subject as lines of a review have it.
func subjectText(s spec.Subject) string {
	text := string(s.Kind) + ":" + s.Name
	if s.Domain != "" {
		text += "@" + s.Domain
	}
	return text
}
