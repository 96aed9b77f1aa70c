package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/provider"
)

func newDoctor(c *cli) *cobra.Command {
	command := &cobra.Command{
		Use: "doctor", Short: "Find out what a connection lacks before a plan does",
		Long: "Look at each connection: whether its credentials are found, what they give access to, the clocks, the endpoint and its\n" +
			"certificate, each list that the files need, with the permission that it takes, the rates, and the experimental calls.\n" +
			"What writing would take is named; no vendor tells without a write whether it is there, and doctor never writes: it holds no\n" +
			"client that could. Each row that lacks something says what to do. References are named, their values never shown.\n" +
			"Exits 0 where all is there that the files need, else 1.",
		Example: "  entitlectl doctor\n  entitlectl doctor --operator operator.yaml --connection workspace -o json",
		Args:    filesAreFlags,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.doctor(cmd.Context()) },
	}
	c.inForms(command, "text", "json", "markdown")
	c.underOperator(command)
	return command
}

// diagnosis is what doctor finds, as JSON shows it.
type diagnosis struct {
	Healthy     bool        `json:"healthy"` // all is there that the files need
	Connections []checkedUp `json:"connections"`
}

// checkedUp is one connection's part.
type checkedUp struct {
	Name     string     `json:"name"`
	Provider string     `json:"provider"`
	Tenant   string     `json:"tenant,omitempty"`
	Checks   []checkRow `json:"checks"`
}

// state is how a check came out.
type state string

// The states.
const (
	stateOK      state = "ok"
	stateMissing state = "missing" // the files need it
	stateWarning state = "warning" // the files can do without
	stateUntold  state = "untold"  // nobody can tell without writing
	stateSkipped state = "skipped" // another one failed before, or there is nothing to ask about
)

// checkRow is one row.
type checkRow struct {
	Area       string `json:"area"`
	What       string `json:"what"`
	State      state  `json:"state"`
	Detail     string `json:"detail,omitempty"`
	Permission string `json:"permission,omitempty"`
	Fix        string `json:"fix,omitempty"`
}

// The areas, in the order in which they are shown.
const (
	areaCredentials = "credentials"
	areaEndpoint    = "endpoint"
	areaReading     = "reading"
	areaWriting     = "writing"
	areaRates       = "rates"
)

func (c *cli) doctor(ctx context.Context) error {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	w, err := c.intentToShow(ctx, "")
	if err != nil {
		return err
	}
	if len(w.scopes) == 0 {
		return errors.New("the files hold no connection; name those that do with --file, or the operator's file with --operator")
	}
	found := diagnosis{Healthy: true}
	for _, sc := range w.scopes {
		u := c.checkUp(ctx, sc)
		found.Healthy = found.Healthy && !slices.ContainsFunc(u.Checks, func(k checkRow) bool { return k.State == stateMissing })
		found.Connections = append(found.Connections, u)
	}
	if err := c.showForms(ctx, found, func(int) render.Report { return reportOf(found, w.scopes) }); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if !found.Healthy {
		return &exit{code: exitError}
	}
	return nil
}

// checkUp looks at one connection. Where something fails that all else stands on, the rest is skipped.
func (c *cli) checkUp(ctx context.Context, sc scope) checkedUp {
	conn := sc.connection
	e := &examination{checkedUp: checkedUp{Name: conn.Name, Provider: conn.Provider}, conn: conn}
	secrets := e.credentials(c.secrets(ctx))
	env := c.clientEnv(conn)
	env.Answered = e.answered
	source, err := openWith(conn, secrets, env, reading)
	switch prober, able := source.(provider.Prober); {
	case err != nil:
		e.add(checkRow{Area: areaReading, What: "open the connection", State: stateMissing, Detail: err.Error()})
	case !able:
		e.add(checkRow{Area: areaReading, What: "ask the vendor", State: stateUntold, Detail: "this provider has no probes"})
	default:
		e.probe(ctx, prober.Probes(provider.Query{Desired: sc.desired, Notices: true}))
	}
	e.endpoints()
	e.rates()
	e.sort()
	return e.checkedUp
}

// words and tones of the states, in text.
var stateMarks = map[state]render.Mark{
	stateOK: {Text: "ok", Tone: render.Adds}, stateMissing: {Text: "MISSING", Tone: render.Alarms}, stateWarning: {Text: "warning", Tone: render.Alters},
	stateUntold: {Text: "untold"}, stateSkipped: {Text: "skipped"},
}

// reportOf lays the rows out: what is to be done stands below the row that it is about.
func reportOf(d diagnosis, scopes []scope) render.Report {
	r := render.Report{Title: "Doctor"}
	counts := map[state]int{}
	for i, u := range d.Connections {
		title := render.Heading(u.Name, u.Provider, scopes[i].connection.Foreign)
		if u.Tenant != "" {
			title += ": " + u.Tenant
		}
		s := render.Section{Title: title}
		for _, k := range u.Checks {
			counts[k.State]++
			if n := len(s.Groups); n == 0 || s.Groups[n-1].Title != k.Area {
				s.Groups = append(s.Groups, render.Group{Title: k.Area})
			}
			g := &s.Groups[len(s.Groups)-1]
			row, note := k.shown()
			g.Rows = append(g.Rows, row)
			if note != "" {
				s.Notes = append(s.Notes, render.Note{Level: levelOf(k.State), Text: note})
			}
		}
		r.Sections = append(r.Sections, s)
	}
	verdict := "All is there that the files need"
	if !d.Healthy {
		verdict = "Something that the files need is missing"
	}
	r.Totals = fmt.Sprintf("%s: %d ok, %d missing, %s, %d untold, %d skipped.", verdict, counts[stateOK], counts[stateMissing],
		render.Count(counts[stateWarning], "warning"), counts[stateUntold], counts[stateSkipped])
	return r
}

// shown is a row of the table and, of what needs something done, the sentence about it below.
func (k checkRow) shown() (row render.Row, note string) {
	row = render.Row{Mark: stateMarks[k.State], Subject: k.What, Source: k.Detail, Why: k.Permission}
	if k.Fix == "" {
		return row, ""
	}
	if k.Area == areaReading { // the vendor's own words are long
		row.Source = "see below"
		return row, k.What + ": " + k.Detail + "; " + k.Fix
	}
	return row, k.What + ": " + k.Fix
}

func levelOf(s state) render.Level {
	switch s {
	case stateMissing:
		return render.Error
	case stateWarning:
		return render.Warning
	}
	return render.Info
}
