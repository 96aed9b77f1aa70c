package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Access is an answer about who may use what.
func Access(a *access.Answer) Report {
	report := Report{Title: "Access", Totals: accessTotals(a), page: func() *page { return accessPage(a) }}
	for _, c := range a.Connections {
		s := Section{Title: Heading(c.Name, c.Provider, nil)}
		for _, r := range a.Rows {
			if r.Connection == c.Name {
				s.place(a.From, r)
			}
		}
		if !s.empty() {
			report.Sections = append(report.Sections, s)
		}
	}
	if len(a.Notes) > 0 {
		report.Sections = append(report.Sections, Section{Title: "notes", Notes: spec.Each(a.Notes, func(note string) Note { return Note{Warning, note} })})
	}
	return report
}

// accessTotals says what was asked, and on what the answer stands.
func accessTotals(a *access.Answer) string {
	resources, n := map[spec.Ref]bool{}, 0
	for _, r := range a.Rows {
		if r.In != access.InNone {
			n++
			resources[r.Ref()] = true
		}
	}
	side := map[access.From]string{access.FromFiles: "by the files", access.FromLive: "live", access.FromBoth: "by the files or live"}[a.From]
	return fmt.Sprintf("%s: %s on %s, %s (as of %s)", a.Question, Count(n, "entitlement"), Count(len(resources), "resource"), side, a.AsOf.Format(time.RFC3339))
}

// place adds a row to the group of its resource: a line for each chain.
func (s *Section) place(from access.From, r access.Row) {
	title := string(r.Kind) + " " + r.Resource
	if r.Ownership != spec.Owned && r.Ownership != "" {
		title += " (" + string(r.Ownership) + ")"
	}
	if n := len(s.Groups); n == 0 || s.Groups[n-1].Title != title {
		s.Groups = append(s.Groups, Group{Title: title})
	}
	g := &s.Groups[len(s.Groups)-1]
	row := Row{Mark: accessMark(from, r), Subject: accessSubject(r)}
	if len(r.Chains) == 0 {
		row.Why = accessSide(from, r)
		g.Rows = append(g.Rows, row)
		return
	}
	for _, c := range r.Chains {
		row.Source, row.Why = c.Source, chainWords(c)
		if side := accessSide(from, r); side != "" {
			row.Why = strings.TrimSuffix(side+"; "+row.Why, "; ")
		}
		g.Rows = append(g.Rows, row)
	}
}

// accessMark says on which side a row is, or whose it is, where there is a choice.
func accessMark(from access.From, r access.Row) Mark {
	switch {
	case r.In == access.InNone:
		return Mark{"x", Alters}
	case r.Has == access.Both:
		return Mark{access.Both, Plain}
	case r.Has != "":
		return Mark{"only " + r.Has, Alters}
	case from == access.FromBoth:
		return map[access.In]Mark{access.InFiles: {"+", Adds}, access.InLive: {"-", Removes}, access.InBoth: {"=", Plain}}[r.In]
	}
	return Mark{}
}

func accessSubject(r access.Row) string {
	text := r.Who()
	if r.Role != spec.RoleAccess && r.Role != spec.RoleMember {
		text += " (" + string(r.Role) + ")"
	}
	if r.Group != (spec.Subject{}) {
		text += " through " + r.Group.String()
	}
	return text
}

func accessSide(from access.From, r access.Row) string {
	switch {
	case from != access.FromBoth || r.In == access.InNone:
		return ""
	case r.In == access.InFiles:
		return "not live"
	case r.In == access.InLive:
		return "not in the files"
	}
	return ""
}

// chainWords is a chain without its first line.
func chainWords(c access.Chain) string {
	var parts []string
	if c.Lapsed {
		parts = append(parts, c.Reason)
	}
	if c.Via != (spec.Via{}) {
		parts = append(parts, "via "+c.Via.String())
	}
	if !c.Lapsed && c.Reason != "" {
		parts = append(parts, c.Reason)
	}
	if c.Commit != nil {
		day, _, _ := strings.Cut(c.Commit.Date, "T")
		parts = append(parts, fmt.Sprintf("commit %.12s of %s by %s: %s", c.Commit.ID, day, c.Commit.Author, c.Commit.Summary))
	}
	return strings.Join(parts, "; ")
}

// accessColumns are the columns of the table as CSV.
var accessColumns = []string{"connection", "provider", "account", "kind", "resource", "ownership", "role", "person", "subject_kind", "subject", "domain",
	"through_group", "in", "has", "source", "via", "reason", "as_of", "live_read", "version", "asked_by", "spec"}

// accessRecords are a row in these columns, a record for each chain, or one where there is none.
func accessRecords(a *access.Answer, r access.Row) [][]string {
	i := slices.IndexFunc(a.Connections, func(c access.Connection) bool { return c.Name == r.Connection })
	c, read, group := access.Connection{}, "", ""
	if i >= 0 {
		c = a.Connections[i]
	}
	if a.Read != nil {
		read = a.Read.Format(time.RFC3339)
	}
	if r.Group != (spec.Subject{}) {
		group = r.Group.String()
	}
	chains := r.Chains
	if len(chains) == 0 {
		chains = []access.Chain{{}}
	}
	return spec.Each(chains, func(chain access.Chain) []string {
		return []string{r.Connection, c.Provider, c.Account, string(r.Kind), r.Resource, string(r.Ownership), string(r.Role), r.Person,
			string(r.Subject.Kind), r.Subject.Name, r.Subject.Domain, group, string(r.In), r.Has, chain.Source, chain.Via.String(), chain.Reason,
			a.AsOf.Format(time.RFC3339), read, a.Version, a.By, a.Spec}
	})
}
