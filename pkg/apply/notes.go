package apply

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// A plan's id is over its notes and problems, which are text in format 1. So what package diff tells of them as data gets its
// words where the plan is sealed, and not where it is shown.

// mailInDoubt is the problem of a mail that an earlier run may have sent.
const mailInDoubt = "an earlier run may have sent this mail, and no read can tell; --retry-unknown sends it again"

// notes puts what is worth a note into words, sorted.
func notes[T any](about []T, words func(T) string) []string {
	return slices.Sorted(slices.Values(spec.Each(about, words)))
}

// unsent words a mail that is not sent again, or not yet.
func unsent(u diff.Unsent) string {
	if u.Due.IsZero() {
		return fmt.Sprintf("%s: %d mails to %s came to nothing, and no more are sent (notices: maxAttempts)", u.Resource, u.Tries, addressee(u.Notice))
	}
	return fmt.Sprintf("%s: to %s: %s; it is sent again from %s on (notices: resendAfter)", u.Resource, addressee(u.Notice), u.Result, u.Due.UTC().Format(time.RFC3339))
}

// givenUp is the problem of a setting that is not tried again.
func givenUp(n diff.Notice) string {
	return fmt.Sprintf("%s; it is not tried again after %d mails, as notices: maxAttempts says", n.Result, n.Tries)
}

// bounced words a mail of this run that the vendor shows as failed.
func bounced(n diff.Notice) string {
	return fmt.Sprintf("%s: the mail to %s that this run caused did not arrive: %s", n.Resource, addressee(n), n.Result)
}

func addressee(n diff.Notice) string { return cmp.Or(n.Recipient, n.Subject.Name, "its owner") }

func lookalike(l diff.Lookalike) string {
	return fmt.Sprintf("%q mixes %s and %s letters; make sure that it is who or what you mean", l.Name, l.First, l.Second)
}

func respelling(r diff.Respelling) string {
	names := spec.Each(r.ShownAs, spec.Subject.String)
	return fmt.Sprintf("%s: %s is there as %s, and nothing is granted or revoked; write it so", r.Grant.Resource, r.Grant.Subject, strings.Join(names, " and "))
}
