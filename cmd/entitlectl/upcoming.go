package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// ahead is a flag that takes how far to look ahead.
type ahead struct{ *time.Duration }

func (a ahead) String() string {
	if a.Duration == nil || *a.Duration == 0 {
		return ""
	}
	return fmt.Sprintf("%dd", *a.Duration/(24*time.Hour))
}

func (a ahead) Type() string { return "duration" }

func (a ahead) Set(text string) error {
	within, err := spec.ParseDuration(text)
	if err != nil || within < 0 {
		return errors.New("want a time as in 14d or 36h, or 0 to look no further than now")
	}
	*a.Duration = within
	return nil
}

// lookAhead gives a command the flag, with its default.
func (c *cli) lookAhead(command *cobra.Command) {
	c.endsWithin = 14 * 24 * time.Hour
	command.Flags().Var(ahead{&c.endsWithin}, "ends-within", "say on stderr which grants begin or end, and who leaves, within `DURATION`, as in 14d or 36h; 0 says nothing")
}

// announce says on stderr what begins or ends soon, of what the run is about: what one line of the files gives at one moment in one line.
func (c *cli) announce(w intent) {
	const most, names = 100, 3
	type line struct {
		spec.Ref
		at     time.Time
		ends   bool
		source string
	}
	listed := map[spec.Ref]bool{}
	for _, sc := range w.scopes {
		for ref := range sc.desired.Resources {
			listed[ref] = true
		}
	}
	var order []line
	who, text := map[line][]string{}, map[line]string{}
	for _, t := range w.spec.Upcoming(c.at(), c.endsWithin) {
		l := line{t.Resource, t.At, t.Ends, t.Source.Source()}
		if !listed[t.Resource] {
			continue
		}
		if who[l] == nil {
			order, text[l] = append(order, l), t.Text
		}
		who[l] = append(who[l], t.Subject.String())
	}
	for _, l := range order[:min(most, len(order))] {
		people := who[l]
		if more := len(people) - names; more > 0 {
			people = append(people[:names:names], fmt.Sprintf("%d more", more))
		}
		c.printError(fmt.Errorf("%s %s: %s %s (%s)", map[bool]string{true: "ends", false: "begins"}[l.ends], text[l], l.Ref, strings.Join(people, ", "), l.source))
	}
	if more := len(order) - most; more > 0 {
		c.printError(fmt.Errorf("and %d more begin or end within --ends-within", more))
	}
	c.announceLeavers(w)
}

// announceLeavers says on stderr who leaves soon, of those who hold something that the run is about.
func (c *cli) announceLeavers(w intent) {
	const most = 100
	leavers := w.spec.Leavers(c.at(), c.endsWithin)
	if len(leavers) == 0 {
		return
	}
	lose := make([]int, len(leavers))
	for _, sc := range w.scopes {
		whose := map[spec.Subject]int{}
		for i, l := range leavers {
			for _, name := range l.Names[sc.connection.Name] {
				whose[name] = i
			}
		}
		for g := range sc.desired.Grants.All() {
			if i, leaves := whose[g.Subject]; leaves && (sc.people == nil || sc.people[g.Subject]) && sc.desired.Resources[g.Resource].Ownership != spec.Ignored {
				lose[i]++
			}
		}
	}
	said := 0
	for i, l := range leavers {
		if lose[i] == 0 {
			continue
		}
		if said++; said <= most {
			c.printError(fmt.Errorf("leaves %s: %s, who loses %s (%s)", l.Text, l.User, render.Count(lose[i], "grant"), l.Source.Source()))
		}
	}
	if said > most {
		c.printError(fmt.Errorf("and %d more leave within --ends-within", said-most))
	}
}
