package apply

import (
	"context"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
)

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

// reread judges the plan by the files and live state of now: what live already shows is done, and what others changed, or what
// would not be planned again, makes the plan stale. A saved plan may be old: it is judged by the rules of now, too, over all
// that they are about.
func (r *run) reread(ctx context.Context) {
	if len(r.part.Changes) == 0 {
		return
	}
	r.opts.Observe.tell(Reading{r.part.Name})
	q := provider.Touched(r.part.Name, r.desired, r.part.Changes)
	if r.opts.Saved {
		q = provider.Query{Desired: r.desired, Partial: len(r.part.Targets) > 0, Notices: q.Notices}
	}
	live, err := r.target.Read(ctx, q)
	if err != nil {
		r.failed = diff.ErrorsOf(err)
		return
	}
	r.part.Open = live.Open()
	r.moved = append(r.moved, diff.Strangers(r.part, r.desired, live)...)
	r.steps.skip(r.steps.unsent(), live)
	r.steps.holdBack(live, r.ledger.doubts)
	left := r.steps.at(r.steps.unsent())
	r.moved = append(r.moved, diff.Unplanned(r.part.Name, left, r.desired, live)...)
	if r.opts.Saved {
		r.broken = diff.Uncovered(diff.Check(r.part.Name, r.opts.Rules, r.desired, left, r.part.Calls, live), r.part.Overrides)
	}
}

// refused returns an error where a part breaks rules that nobody allowed to be broken.
func refused(runs []*run, allow []string) error {
	e := &RefusedError{}
	for _, r := range runs {
		for _, v := range r.broken {
			if slices.Contains(allow, v.Rule) {
				continue
			}
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
