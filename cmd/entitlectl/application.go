package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// application is an apply on its way. The files are read again after whatever was waited for, so that those of the moment of
// writing count.
type application struct {
	*cli
	flags   applyFlags
	path    string     // of the saved plan
	saved   *diff.Plan // nil: it makes its own
	want    intent
	read    time.Time // when want was cut to its moment
	session *apply.Session
	claims  store.Claims // of the change, for the history
	person  *person      // who is asked; nil: nobody
}

// begin reads what the run is about, and takes the locks.
func (a *application) begin(ctx context.Context, args []string) (err error) {
	if target := a.personTarget(); target != "" {
		return fmt.Errorf("nothing was written: apply carries out whole resources; --target %s is for plan and drift", target)
	}
	if len(args) > 0 {
		a.path = args[0]
		if a.saved, err = readPlan(ctx, a.path); err != nil {
			return err
		}
		for _, part := range a.saved.Connections {
			if i := slices.IndexFunc(part.Targets, func(t string) bool { return strings.HasPrefix(t, apply.PersonTarget) }); i >= 0 {
				return fmt.Errorf("nothing was written: %s is about %s alone, and apply carries out whole resources; plan without that --target", a.path, part.Targets[i])
			}
		}
		if required := a.flags.requirePlan; required != "" && a.saved.ID != required {
			return fmt.Errorf("nothing was written: %s is %s, not the required %s", a.path, a.saved.ID, required)
		}
	}
	if err := a.load(ctx); err != nil {
		return err
	}
	if err := a.formsNoInput(a.want.spec); err != nil {
		return fmt.Errorf("nothing was written: %w", err)
	}
	a.warn(slices.Concat(a.want.spec.Warnings, a.want.spec.Outdated(a.at())))
	a.claims = a.cli.claims(ctx, a.want.spec.Files, a.flags.approvedBy)
	if a.saved != nil && a.want.spec.Digest != a.saved.Spec {
		a.printError(fmt.Errorf("warning: the files have changed since %s was made; the plan goes on only if they still want all of it", a.path))
	}
	if a.session, err = a.cli.session(ctx, a.want, a.flags.lockTimeout); err != nil || !a.session.Waited() {
		return err
	}
	if err := a.reload(ctx); err != nil {
		return errors.Join(err, a.session.Release())
	}
	return nil
}

// load reads the files, those of --file or the usual ones, whatever a saved plan says of files.
func (a *application) load(ctx context.Context) error {
	s, err := a.cli.load(ctx, a.files)
	if err != nil {
		return err
	}
	a.want, a.read = intent{spec: s}, a.at()
	if a.saved == nil {
		a.want.scopes, err = a.scopes(s)
	} else {
		a.want.scopes, err = a.savedScopes(s)
	}
	return err
}

// reload reads the files again. They must be about the connections whose locks are held.
func (a *application) reload(ctx context.Context) error {
	held := a.want.connectionNames()
	if err := a.load(ctx); err != nil {
		return err
	}
	if !slices.Equal(held, a.want.connectionNames()) {
		return &exit{exitStale, errors.New("nothing was written: the files are about other connections than when they were read first; run it again")}
	}
	return nil
}

// savedScopes finds the connections of the saved plan, as the files describe them now.
func (a *application) savedScopes(s *spec.Spec) (scopes []scope, err error) {
	desired := a.desired(s)
	for _, part := range a.saved.Connections {
		i := slices.IndexFunc(s.Connections, func(conn spec.Connection) bool { return conn.Name == part.Name })
		if i < 0 || s.Connections[i].Provider != part.Provider {
			return nil, fmt.Errorf("%s: the files have no connection %s of provider %s; plan again", a.path, part.Name, part.Provider)
		}
		if !slices.Equal(s.Connections[i].Foreign, part.Endpoints) {
			return nil, &exit{exitStale, fmt.Errorf("%s: the files name other endpoints of connection %s than the plan; plan again", a.path, part.Name)}
		}
		state := desired[part.Name]
		if n := state.People; n != nil && n.Before == 0 && s.Digest == a.saved.Spec {
			n.Before = n.Now // the plan was held against something, or says that it was not
		}
		scopes = append(scopes, scope{connection: s.Connections[i], desired: state}.only(part.Targets))
	}
	return scopes, nil
}

// maxAgain is how often a plan that was made anew, since the answer came late, is shown and asked about again.
const maxAgain = 3

// run shows, asks and writes. Where the plan is none of now when the answer has come, a new one is shown and asked about; a
// saved one is stale.
func (a *application) run(ctx context.Context) error {
	for again := 0; ; again++ {
		err := a.once(ctx)
		stale := (*apply.StaleError)(nil)
		switch {
		case !errors.As(err, &stale):
			return err
		case a.saved != nil || a.flags.yes || again == maxAgain:
			return &exit{exitStale, errors.New("the plan is stale, nothing was written: " + changedText(stale, "since the plan was made; plan again"))}
		}
		a.printError(errors.New("nothing was written: " + changedText(stale, "since the plan was shown; this is the plan of now")))
	}
}

// once shows one plan, asks and writes. A *apply.StaleError says that the plan was none of now; one without parts, that the
// files are others.
func (a *application) once(ctx context.Context) error {
	plan, jobs := a.saved, a.timed(ctx)
	var unread error
	if plan == nil {
		var err error
		plan, err = a.planned(ctx, a.want, apply.PlanOptions{Jobs: jobs, NoBound: true, Full: a.flags.full, Retry: a.flags.retryUnknown})
		if shared := (*apply.SharedTenantError)(nil); plan == nil || errors.As(err, &shared) || err != nil && allFailed(plan) {
			return err
		}
		if a.printError(err); err != nil { // some connections could not be read; the others go on
			unread = &exit{code: exitError}
		}
	}
	may, asked, err := a.agreed(ctx, plan)
	if refused := (*exit)(nil); unread != nil && errors.As(err, &refused) {
		return together(unread, err)
	}
	if err != nil {
		return err
	}
	if asked { // the answer may have come late
		before := a.want.spec
		if err := a.reload(ctx); err != nil {
			return err
		}
		if now := a.want.spec; a.saved == nil && (now.Digest != before.Digest || now.OperatorDigest != before.OperatorDigest) {
			return &apply.StaleError{} // files of now have a plan of their own, which may hold more
		}
		jobs = a.timed(ctx)
		if may = a.permissionFor(plan, a.flags); may.refusal() != nil { // by the operator's file of now
			return may.refusal()
		}
	}
	return a.write(ctx, may, apply.ApplyOptions{Jobs: jobs, Reread: a.saved != nil || asked, Saved: a.saved != nil, Full: a.flags.full,
		Parallelism: a.parallelism, NoVerify: a.flags.noVerify, Settle: a.flags.settle, Session: a.session, Spec: a.want.spec.Digest,
		Reason: a.flags.reason, Overrides: may.overrides, Claims: a.claims, Made: plan, Finished: may.finished, Rules: a.want.rules(), Allow: a.flags.allow})
}

// agreed shows the plan, checks the rules and asks, if it has to.
func (a *application) agreed(ctx context.Context, plan *diff.Plan) (may permission, asked bool, err error) {
	may = a.permissionFor(plan, a.flags)
	refusal := may.refusal()
	var to io.Writer
	switch {
	case refusal != nil:
		to = a.stderr
	case a.person != nil:
		to = a.person.out
	}
	if err := a.showBefore(may.plan, to); err != nil {
		return may, false, err
	}
	if refusal != nil {
		return may, false, refusal
	}
	if !a.flags.yes && plan.Summary.Calls > 0 {
		return may, true, a.confirm(ctx)
	}
	return may, false, nil
}

// confirm asks. It also ends with the context, since nobody may ever answer.
func (a *application) confirm(ctx context.Context) error {
	if !a.readerStays() {
		return errors.New("whoever reads the plan left before its end; nothing was written")
	}
	fmt.Fprint(a.person.out, `Apply these changes? Only "yes" is accepted: `)
	text, _, err := a.person.line(ctx)
	if err == nil && text != "yes" {
		err = errors.New("not confirmed; nothing was written")
	}
	return err
}

// changedText names the connections that moved on, and in a line each how.
func changedText(stale *apply.StaleError, since string) string {
	if len(stale.Parts) == 0 {
		return "the files have changed " + since
	}
	text := "live state or the files of " + strings.Join(stale.Connections(), ", ") + " have changed " + since
	for _, part := range stale.Parts {
		for _, reason := range part.Reasons {
			text += "\n" + part.Connection + ": " + render.StaleText(reason)
		}
	}
	return text
}
