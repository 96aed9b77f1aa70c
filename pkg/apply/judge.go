package apply

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// StaleError says that the plan is none of now: somebody else changed what it touches, or the files, their clock or live state
// ask for something else. Nothing was written.
type StaleError struct{ Parts []StalePart }

// StalePart is what is stale about the part of a connection.
type StalePart struct {
	Connection string
	Reasons    []diff.Staleness
}

// Error names the connections; the reasons are for whoever has room for them.
func (e *StaleError) Error() string {
	return fmt.Sprintf("the plan is stale: %s changed since it was made; plan again", strings.Join(e.Connections(), ", "))
}

// Connections are those whose parts are stale.
func (e *StaleError) Connections() []string {
	return spec.Each(e.Parts, func(part StalePart) string { return part.Connection })
}

// RefusedError says that the plan breaks rules of now, as live is now. Nothing was written.
type RefusedError struct {
	Rules  []string // each once
	Broken []Broken
}

// Broken is a rule that the part of a connection breaks.
type Broken struct {
	Connection string
	diff.Violation
}

func (e *RefusedError) Error() string {
	return "by now the plan breaks " + strings.Join(e.Rules, ", ")
}

// reread judges the plan by the files, the rules, live state and the clock of now. What live already shows is done; of the
// rest a plan of now has to hold every change.
func (r *run) reread(ctx context.Context) {
	if len(r.part.Changes) == 0 {
		return
	}
	r.desired = r.job.current()
	q, kept := r.question(), r.opts.Session.kept()
	q.Looks = readLooks(kept, r.part.Name, r.opts.Full)
	r.opts.Observe.tell(reading(r.job, q))
	live, err := provider.Read(ctx, r.target, r.job.Connection, q)
	if err != nil {
		r.failed = diff.ErrorsOf(err)
		return
	}
	keepLooks(kept, r.part.Name, q.Looks)
	r.opts.Observe.tell(readingDone(r.part.Name, q.Looks))
	r.part.Open, r.part.LiveNames, r.account = live.Open(), live.LiveNames, live.Account
	r.steps.skip(r.steps.unsent(), live)
	r.steps.holdBack(live, r.ledger.doubts)
	now := cmp.Or(r.opts.Now, time.Now())
	r.stale, r.broken = diff.Judge(r.part, r.steps.at(r.steps.unsent()), diff.Now{
		Desired: r.desired, Live: live, Packing: r.job.Connection.Packing, Rules: r.opts.Rules, Allow: r.opts.Allow,
		Resending: diff.Resending{Notices: r.job.Connection.Notices, Now: now, Noted: noted(r.opts.Session.kept(), now),
			Doubted: r.ledger.doubts.about, Mailed: mailsTo(r.opts.Session.kept(), r.part.Name), GivenUp: givenUp, Retry: true}, // what the plan does not know of is held back
	})
}

// question asks about what the plan touches; where that takes something, about all that the files list, since rules count
// shares of that. What a grant mails is asked too: the plan may say less.
func (r *run) question() provider.Query {
	q := provider.Touched(r.part.Name, r.desired, r.part.Changes)
	has := func(ops ...diff.Op) bool {
		return slices.ContainsFunc(r.part.Changes, func(c diff.Change) bool { return slices.Contains(ops, c.Op) })
	}
	if has(diff.OpRevoke, diff.OpDelete, diff.OpUpdate) {
		q.Desired = r.desired
	}
	q.Notices = has(diff.OpGrant, diff.OpResend) ||
		slices.ContainsFunc(r.part.Changes, func(c diff.Change) bool { return c.Op == diff.OpUpdate && c.Mails > 0 })
	return q
}

// stale returns an error where a part is not of now.
func stale(runs []*run) error {
	e := &StaleError{}
	for _, r := range runs {
		if len(r.stale) > 0 {
			e.Parts = append(e.Parts, StalePart{r.part.Name, r.stale})
		}
	}
	if len(e.Parts) == 0 {
		return nil
	}
	return e
}

// refused returns an error where a part breaks rules that nobody allowed to be broken.
func refused(runs []*run) error {
	e := &RefusedError{}
	for _, r := range runs {
		for _, v := range r.broken {
			if !slices.Contains(e.Rules, v.Rule) {
				e.Rules = append(e.Rules, v.Rule)
			}
			e.Broken = append(e.Broken, Broken{r.part.Name, v})
		}
	}
	if len(e.Rules) == 0 {
		return nil
	}
	return e
}
