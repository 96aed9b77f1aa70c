package apply

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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

func exhausted(n diff.Notice) string {
	who := cmp.Or(n.Recipient, n.Subject.Name, "its owner")
	return fmt.Sprintf("%s: %d mails to %s came to nothing, and no more are sent (notices: maxAttempts)", n.Resource, n.Tries, who)
}

func lookalike(l diff.Lookalike) string {
	return fmt.Sprintf("%q mixes %s and %s letters; make sure that it is who or what you mean", l.Name, l.First, l.Second)
}

func respelling(r diff.Respelling) string {
	names := spec.Each(r.ShownAs, spec.Subject.String)
	return fmt.Sprintf("%s: %s is there as %s, and nothing is granted or revoked; write it so", r.Grant.Resource, r.Grant.Subject, strings.Join(names, " and "))
}
