package render

import (
	"fmt"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// StaleText says in a line why a plan is stale.
func StaleText(s diff.Staleness) string {
	switch s.Why {
	case diff.WhyAccount:
		return fmt.Sprintf("the plan is for %s, and the credentials reach %s", s.Then, s.Now)
	case diff.WhyGone:
		return s.On + ": it is gone"
	case diff.WhyID:
		return fmt.Sprintf("%s: another one has this name by now: its id was %s and is %s", s.On, orNone(s.Then), orNone(s.Now))
	case diff.WhyCame:
		return fmt.Sprintf("%s: %s came", s.On, s.Change.Subject)
	case diff.WhyWent:
		return fmt.Sprintf("%s: %s went", s.On, s.Change.Subject)
	case diff.WhyBecame:
		return fmt.Sprintf("%s: %s became %s", s.On, s.Change.Field, orNone(s.Now))
	case diff.WhyHolders:
		return fmt.Sprintf("%s: %s other grants when planned, %s now", s.On, s.Then, s.Now)
	case diff.WhySettings:
		return fmt.Sprintf("%s: settings or holders changed (%s other grants then and now)", s.On, s.Now)
	}
	return changeText(s) + ": " + whyNot(s)
}

// changeText names a change that is not planned now.
func changeText(s diff.Staleness) string {
	text := string(s.Change.Op) + " " + s.On
	if s.Change.Field != "" {
		text += " " + s.Change.Field
	}
	if s.Change.Subject.Name != "" {
		text += " " + s.Change.Subject.String()
	}
	return text
}

// whyNot says why a change is not planned now.
func whyNot(s diff.Staleness) string {
	at := ""
	if s.Source != "" {
		at = " (" + s.Source + ")"
	}
	switch s.Why {
	case diff.WhyUnlisted:
		return "the files do not list this resource now"
	case diff.WhyIgnored:
		return "the files only watch this resource now" + at
	case diff.WhyAddOnly:
		return "the files take nothing here now: it is add-only" + at
	case diff.WhyOpen:
		return "the files want it open to everyone now" + at
	case diff.WhyTime:
		return "by now the files say: " + s.Now + at
	case diff.WhyFiles:
		return "the files do not want this now" + at
	case diff.WhyNotWhole:
		return "the list of who holds it is not whole now: " + s.Now
	case diff.WhyBlocked:
		return "it is blocked now: " + s.Now
	case diff.WhyExtra:
		return "a call would do this beside the changes, and neither files nor live state allow for it now"
	}
	return "live state does not ask for this now"
}
