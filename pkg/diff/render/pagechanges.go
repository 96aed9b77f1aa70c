package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The words for what changes of a tone do, those first that take access or can't be made.
var (
	planTones  = []pageTone{{"loss", "taken away"}, {"stuck", "blocked"}, {"gain", "given"}, {"change", "created or changed"}, {"mail", "sent again"}}
	driftTones = []pageTone{{"loss", "extra"}, {"stuck", "blocked"}, {"gain", "missing"}, {"change", "changed"}, {"mail", "pending"}}
)

func planPage(p *diff.Plan, own, before []entry) *page {
	page := changesPage("plan", planTones, p.Base, own, before)
	page.Verdict = planVerdict(p)
	page.Cards = slices.Concat(ruleCards(p), page.Cards, costCards(p.Summary), reviewCard(p.Reviews))
	page.Stamp = stamp(p.ID, since("made ", p.Created))
	page.Facts = append(page.Facts, fact{"Plan", p.ID}, fact{"Applies just this", "entitlectl apply plan.json --require-plan " + p.ID}, fact{"Made", moment(p.Created)}, fact{"Dates judged at", moment(p.Now)},
		fact{"Files", strings.Join(p.Files, ", ")}, fact{"Digest of the files", p.Spec})
	page.about(p.Base)
	for _, part := range p.Connections {
		page.connection(part.Name, part.Provider, part.Endpoints, part.Account, part.LiveGrants, part.Resources, part.Unmanaged)
	}
	return page
}

// ruleCards count what rules say.
func ruleCards(p *diff.Plan) (cards []card) {
	broken, allowed := 0, 0
	for _, part := range p.Connections {
		broken, allowed = broken+len(refusals(part)), allowed+len(part.Overrides)
	}
	if broken > 0 {
		cards = append(cards, card{N: broken, Label: "rules broken", Note: "nothing is applied before they hold"})
	}
	if allowed > 0 {
		cards = append(cards, card{N: allowed, Label: "rules overridden", Note: "with the reasons below"})
	}
	return cards
}

// costCards count what an apply sends, and what vendors send then.
func costCards(s diff.Summary) (cards []card) {
	if s.Calls > 0 {
		cards = append(cards, card{N: s.Calls, Label: "calls", Note: "about " + Duration(s.EstimateSeconds) + " at the set rate"})
	}
	if s.Mails > 0 {
		cards = append(cards, card{N: s.Mails, Label: "mails", Note: "that vendors will send"})
	}
	return cards
}

// refusals are the broken rules that nothing allows, blocked changes aside.
func refusals(part diff.ConnectionPlan) (left []diff.Violation) {
	covering := diff.Covering(part.Overrides)
	for _, v := range part.Breaks() {
		if _, covered := covering(v); !covered && v.Rule != diff.RuleBlocked {
			left = append(left, v)
		}
	}
	return left
}

// planVerdict says whether the plan can be applied as it is.
func planVerdict(p *diff.Plan) card {
	refused, unread := 0, 0
	for _, part := range p.Connections {
		refused += len(refusals(part))
		if len(part.Errors) > 0 {
			unread++
		}
	}
	switch {
	case unread > 0:
		return card{Tone: "loss", Label: Count(unread, "connection") + " could not be read"}
	case refused > 0:
		return card{Tone: "loss", Label: "Refused: " + Count(refused, "broken rule")}
	case p.Summary.Blocked > 0:
		return card{Tone: "stuck", Label: Count(p.Summary.Blocked, "change") + " blocked"}
	case p.Empty():
		return card{Tone: "held", Label: "Nothing to do"}
	}
	return card{Tone: "gain", Label: "Can be applied"}
}

func driftPage(d *diff.Drift, own, before []entry) *page {
	page := changesPage("drift", driftTones, d.Base, own, before)
	page.Verdict = driftVerdict(d)
	if d.Summary.Live > 0 {
		page.Cards = append(page.Cards, card{N: d.Summary.Live, Label: "changed live", Note: "since they were last confirmed"})
	}
	if d.Summary.Files > 0 {
		page.Cards = append(page.Cards, card{N: d.Summary.Files, Label: "files moved on", Note: "an apply is due"})
	}
	page.Cards = append(page.Cards, reviewCard(d.Reviews)...)
	page.Facts = append(page.Facts, fact{"Digest of the files", d.Spec})
	page.about(d.Base)
	for _, part := range d.Connections {
		page.connection(part.Name, part.Provider, nil, "", part.LiveGrants, part.Resources, part.Unmanaged)
	}
	return page
}

// driftVerdict says whether something differs, or may.
func driftVerdict(d *diff.Drift) card {
	unread, partly := 0, 0
	for _, part := range d.Connections {
		partly += len(part.Incomplete)
		if len(part.Errors) > 0 {
			unread++
		}
	}
	switch {
	case unread > 0:
		return card{Tone: "loss", Label: Count(unread, "connection") + " could not be read"}
	case partly > 0:
		return card{Tone: "loss", Label: Count(partly, "resource") + " not read whole"}
	case d.Summary.Any():
		return card{Tone: "change", Label: "Live and files differ"}
	}
	return card{Tone: "gain", Label: "No drift"}
}

// changesPage is a page of entries.
func changesPage(kind string, tones []pageTone, base *diff.Base, own, before []entry) *page {
	m := newPageMaker()
	for _, list := range [][]entry{own, before} {
		for _, e := range list {
			m.add(e.change.Ref(e.name), "", whoOf(*e.change), actWord(e), pageRowOf(e), whatOf(*e.change), e.change.Because == diff.BecauseLive)
		}
	}
	p := m.page(kind, tones)
	if len(before) > 0 {
		p.data.Before = apartOf(base, before, ByResource).Title
	}
	return p
}

// pageRowOf is the row of an entry as pages have it, where the line that gave what is lost stands in the place of the one that asks for it.
func pageRowOf(e entry) Row {
	c, row := *e.change, e.row
	if c.Op == diff.OpCreate && !e.drift && row.Mark.Tone == Adds { // it gives nobody anything
		row.Mark.Tone = Alters
	}
	if c.Was == "" || c.Source != "" {
		return row
	}
	gone := because(c)
	row.Source, c.Was = "was "+c.Was, ""
	if rest, found := strings.CutPrefix(row.Why, gone); found {
		row.Why = because(c) + rest
	}
	return row
}

// actWord says in a word what a row does.
func actWord(e entry) string {
	switch {
	case e.change.Problem != "":
		return string(e.change.Op) + ", blocked"
	case e.row.Mark.Text == "=":
		return string(e.change.Op) + " again"
	case e.row.Risk == Takes && e.change.Op == diff.OpUpdate:
		return "update, takes access"
	}
	return string(e.change.Op)
}

// whoOf is whom a change is about.
func whoOf(c diff.Change) pagePerson {
	switch {
	case c.Subject == (spec.Subject{}):
		return pagePerson{}
	case !c.Subject.Kind.Personal():
		return pagePerson{c.Subject.String(), other}
	case stranger(c):
		return pagePerson{c.Subject.String(), unknown}
	}
	return pagePerson{Name: cmp.Or(c.Person, c.Subject.String())}
}

// whatOf says of a change what its resource and its subject don't tell.
func whatOf(c diff.Change) string {
	var parts []string
	switch {
	case c.Op == diff.OpUpdate:
		parts = append(parts, fmt.Sprintf("%s: %s -> %s", c.Field, orNone(c.From), orNone(c.To)))
	case c.Mailing().Recipient != "":
		parts = append(parts, "to "+c.Mailing().Recipient)
	case c.Role != "" && c.Role != spec.RoleAccess && c.Role != spec.RoleMember:
		parts = append(parts, string(c.Role))
	}
	if c.Person != "" && c.Person != c.Subject.Name {
		parts = append(parts, "as "+c.Subject.String())
	}
	if c.Settings != (spec.Settings{}) {
		parts = append(parts, "("+c.Settings.String()+")")
	}
	return strings.Join(parts, " ")
}

// about adds what the files are held against.
func (p *page) about(base *diff.Base) {
	if base != nil {
		against := strings.TrimSpace(base.Ref + " " + base.Commit)
		p.Stamp = stamp(p.Stamp, "against "+against)
		p.Facts = append(p.Facts, fact{"Held against", against})
	}
}

// connection adds what was looked at of one.
func (p *page) connection(name, provider string, endpoints []string, account string, grants, resources, unmanaged int) {
	text := fmt.Sprintf("%s on %s", Count(grants, "live grant"), Count(resources, "resource"))
	if unmanaged > 0 {
		text += fmt.Sprintf(", %d unmanaged", unmanaged)
	}
	if account != "" {
		text += "; " + account
	}
	p.Facts = append(p.Facts, fact{Heading(name, provider, endpoints), text})
}

// moment is a time as a fact; "" for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// stamp joins what there is of some texts.
func stamp(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), " \u00b7 ")
}

// since is a moment with what it is of; "" for none.
func since(what string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return what + moment(t)
}
