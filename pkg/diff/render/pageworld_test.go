package render

import (
	"fmt"
	"time"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// company is who works where, the same at each call: people of teams, and resources that teams use.
type company struct{ people, groups, apps int }

var (
	firstNames = []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mallory", "niaj", "olivia", "peggy", "rupert", "sybil", "trent", "victor", "walter", "zoe", "伟", "芳", "娜", "敏"}
	lastNames  = []string{"adams", "baker", "chen", "diaz", "evans", "fischer", "garcia", "huang", "ito", "jones", "kim", "li", "meier", "novak", "okafor", "patel", "rossi", "silva", "tanaka", "wang", "xu", "yilmaz", "zhang"}
	teamNames  = []string{"design", "simulation", "finance", "sales-emea", "sales-apj", "plant-4", "quality", "research", "support", "legal", "tooling", "contractors"}
	nouns      = []string{"CAD", "Simulation", "Finance", "Plant", "Quality", "Research", "Support", "Legal", "Tooling", "Archive", "Portal", "Render"}
)

func (c company) person(i int) string {
	name := firstNames[i%len(firstNames)] + "." + lastNames[i/len(firstNames)%len(lastNames)]
	if round := i / (len(firstNames) * len(lastNames)); round > 0 {
		name += fmt.Sprint(round + 1)
	}
	return name
}

func (c company) resource(i int) (spec.Kind, string) {
	if i < c.groups {
		return kindAppGroup, fmt.Sprintf("%s %d", nouns[i%len(nouns)], i/len(nouns)+1)
	}
	return kindApp, fmt.Sprintf("%s Studio %d", nouns[i%len(nouns)], i-c.groups+1)
}

// mixed spreads numbers evenly, in an order that shows no pattern.
func mixed(i, salt int) int { return (i*2654435761 + salt*40503) & 0x7fffffff >> 8 }

// change is one of many: two grants to a revoke, some of people that no file knows, some blocked.
func (c company) change(i int) diff.Change {
	block, member, thing := i/48, i%48/6, i%6 // a team of 8 that gets, or loses, 6 resources
	kind, name := c.resource((mixed(block, 1) + thing*7) % (c.groups + c.apps))
	who := c.person((mixed(block, 2) + member*31) % c.people)
	team := teamNames[mixed(block, 3)%len(teamNames)]
	change := diff.Change{Op: diff.OpGrant, Kind: kind, Resource: name, Role: spec.RoleAccess, Subject: user(who), Person: who, Mails: 1,
		Source: fmt.Sprintf("access/%s.yaml:%d", team, 20+i%90), Via: spec.ViaOf([]spec.Step{{Team: team, Source: fmt.Sprintf("teams.yaml:%d", 4+i%200)}}), Because: diff.BecauseFiles}
	switch {
	case block%3 == 1:
		change.Op, change.Mails, change.Reason, change.Was, change.Source = diff.OpRevoke, 0, "not in the files", change.Source, ""
	case i%41 == 0:
		change.Problem = "the vendor knows no such user"
	}
	switch {
	case i%19 == 0:
		change.Because, change.Was = diff.BecauseLive, ""
	case i%27 == 0:
		change.Op, change.Person, change.Subject, change.Source, change.Was, change.Via = diff.OpRevoke, "", user("ext-"+who), "", "", spec.Via{}
	}
	return change
}

// plan has so many changes of grants, and a few of other kinds.
func (c company) plan(changes int) *diff.Plan {
	part := diff.ConnectionPlan{Name: "workspace", Provider: "huaweicloud", Account: "project 0123456789abcdef", LiveGrants: 40000, Resources: c.groups + c.apps, Unmanaged: 12,
		Notes:      []string{"app-group/Archive 3 could not be read whole: nothing is revoked there"},
		Violations: []diff.Violation{{Rule: "max-revokes", Have: changes / 3, Limit: 25}, {Rule: "max-revoke-share-resource", Have: 61, Limit: 50, On: "app-group/CAD 1"}},
		Overrides:  []diff.Override{{Rule: "max-revokes", Have: changes / 3, Limit: 25, Reason: "the plant in Lyon closed, ticket 4711"}}}
	part.Changes = append(part.Changes, diff.Change{Op: diff.OpCreate, Kind: kindAppGroup, Resource: "Render 99", Source: "access/design.yaml:9", Because: diff.BecauseFiles},
		diff.Change{Op: diff.OpUpdate, Kind: kindApp, Resource: "CAD Studio 1", Field: "audience", From: "everyone", To: "assigned", Takes: spec.RoleAccess, Source: "access/design.yaml:40", Because: diff.BecauseFiles})
	seen := map[diff.Change]bool{}
	for i := 0; len(part.Changes) < changes; i++ {
		change := c.change(i)
		if key := (diff.Change{Resource: change.Resource, Subject: change.Subject}); !seen[key] {
			seen[key] = true
			part.Changes = append(part.Changes, change)
		}
	}
	for i := range part.Changes {
		if part.Changes[i].Problem == "" {
			part.Calls = append(part.Calls, diff.Call{Name: "app-groups/authorizations", Changes: []int{i}})
		}
	}
	made := time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)
	p := &diff.Plan{Created: made, Now: made, Spec: "sha256:5372dd2968dcbca5c4182447b39d443423610aebbec99cf391c88d969eef8035", Files: []string{"entitlements/access.yaml", "entitlements/teams.yaml"},
		Base: &diff.Base{Ref: "origin/main", Commit: "9c1f0b2d4e6a8c0f1b3d5e7a9c1f0b2d4e6a8c0f", Weakened: []spec.Weakening{{What: spec.GuardProtected, On: "user:alice.adams", Was: "entitlectl.rules.yaml:12"}}}, Connections: []diff.ConnectionPlan{part}}
	p.Summarize(map[string]float64{"workspace": 0.6})
	p.Seal()
	return p
}

// answer is who holds what, with so many rows.
func (c company) answer(grants int) *access.Answer {
	read := time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)
	a := &access.Answer{Format: access.AnswerFormat, Question: "access", From: access.FromBoth, AsOf: read, Read: &read, Spec: "sha256:5372dd2968dcbca5c4182447b39d443423610aebbec99cf391c88d969eef8035",
		Version: "v1.0.0", By: "ci@runner", Connections: []access.Connection{{Name: "workspace", Provider: "huaweicloud", Account: "project 0123456789abcdef"}}}
	each := grants / (c.groups + c.apps)
	for i := range c.groups + c.apps {
		kind, name := c.resource(i)
		for k := range each + min(1, max(0, grants-each*(c.groups+c.apps)-i)) {
			who := (mixed(i, 5) + k*17) % c.people
			row := access.Row{Connection: "workspace", Kind: kind, Resource: name, Ownership: spec.Owned, Role: spec.RoleAccess, Person: c.person(who), Subject: user(c.person(who)), In: access.InBoth,
				Chains: []access.Chain{{Source: fmt.Sprintf("access.yaml:%d", 20+i), Via: spec.ViaOf([]spec.Step{{Team: teamNames[who%len(teamNames)], Source: fmt.Sprintf("teams.yaml:%d", 10+who)}})}}}
			switch {
			case k%40 == 7:
				row.In = access.InFiles
			case k%60 == 9:
				row.In, row.Chains, row.Person, row.Subject = access.InLive, nil, "", user("ext-"+c.person(who))
			}
			a.Rows = append(a.Rows, row)
		}
	}
	return a
}
