package access

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Decision is what people write about a line.
type Decision string

// The decisions.
const (
	Keep   Decision = "keep"
	Remove Decision = "remove"
	Until  Decision = "until" // and a date after it
)

// longestNote is how many characters a note has at most, as a reason in files.
const longestNote = 400

// decided reads the decision of a line.
func (l Line) decided() (d Decision, until string, err error) {
	word, rest, _ := strings.Cut(strings.TrimSpace(l.Decision), " ")
	d, until = Decision(word), strings.TrimSpace(rest)
	switch {
	case word == "":
		return "", "", errors.New("nobody decided: " + l.About())
	case d == Until && momentOf(until).IsZero():
		return "", "", fmt.Errorf("decision %q: write until 2027-01-31, a date, or a moment as in 2027-01-31T12:00:00Z", l.Decision)
	case d == Keep && until == "", d == Remove && until == "", d == Until:
		return d, until, nil
	}
	return "", "", fmt.Errorf("decision %q: write keep, remove, or until and a date", l.Decision)
}

func momentOf(text string) time.Time {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	return time.Time{}
}

// Decided checks that all is decided, and in a way that can be carried out at a moment. All that is wrong is said.
func (r *Review) Decided(now time.Time) error {
	var wrong *multierror.Error
	for _, l := range r.Lines {
		d, until, err := l.decided()
		switch {
		case err != nil:
		case d == Until && !momentOf(until).After(now):
			err = fmt.Errorf("decision %q: that has passed; write remove, or a later date", l.Decision)
		case d != Keep && l.Subject == string(Everyone.Kind)+":"+Everyone.Name:
			err = fmt.Errorf("decision %q: everybody may use %s; close it to some in the files, and open the review again", l.Decision, l.Resource)
		case l.Note != "":
			if flaw, hint := spec.Flaw(l.Note, longestNote); flaw != "" {
				err = fmt.Errorf("note %q %s; %s", l.Note, flaw, hint)
			}
		}
		if err != nil {
			wrong = multierror.Append(wrong, fmt.Errorf("%s: %w", l.Place, err))
		}
	}
	return wrong.ErrorOrNil()
}

// Amendments are what decisions make of what the world holds now, which must be what was frozen. What is kept and only live is added
// to the files, so that it stays; what is removed goes from lines that are yet to begin, too.
func (r *Review) Amendments(w World) []spec.Amendment {
	grants := map[string]Row{}
	for _, row := range w.Table() {
		if row.Group == (spec.Subject{}) {
			grants[lineOf(row, func(string, []string) []string { return nil }).key()] = row
		}
	}
	var all []spec.Amendment
	for _, l := range r.Lines {
		row := grants[l.key()]
		a := spec.Amendment{Grant: spec.Grant{Resource: row.Ref(), Role: row.Role, Subject: row.Subject}, Reason: l.Note}
		d, until, _ := l.decided()
		onlyLive := row.In == InLive
		switch {
		case row.Subject == Everyone, d == Keep && !onlyLive:
			continue
		case d == Keep:
			a.Op, a.Reason = spec.AmendAdd, ""
		case d == Remove:
			a.Op = spec.AmendRemove
		case d == Until:
			a.Op, a.Until = spec.AmendUntil, until
		}
		all = append(all, a)
	}
	return all
}
