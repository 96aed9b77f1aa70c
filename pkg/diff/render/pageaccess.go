package render

import (
	"cmp"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// accessTones are the words for rows of an answer.
func accessTones(from access.From) []pageTone {
	if from == access.FromBoth {
		return []pageTone{{"loss", "live, not in the files"}, {"gain", "in the files, not live"}, {"change", "of one alone, ended or to come"}, {"held", "held by both"}}
	}
	return []pageTone{{"change", "of one alone, ended or to come"}, {"held", "held"}}
}

func accessPage(a *access.Answer) *page {
	m := newPageMaker()
	people, resources := map[string]bool{}, map[spec.Ref]bool{}
	for _, r := range a.Rows {
		who := accessWho(a, r)
		people[who.Name], resources[r.Ref()] = true, true
		note := ""
		if r.Ownership != spec.Owned {
			note = string(r.Ownership)
		}
		mark := accessMark(a.From, r)
		if mark.Text == "" {
			mark = Mark{"●", Plain}
		}
		for _, c := range chainsOf(r) {
			row := Row{Mark: mark, Source: c.Source, Why: strings.TrimSuffix(strings.TrimPrefix(accessSide(a.From, r)+"; "+chainWords(c), "; "), "; ")}
			m.add(r.Ref(), note, who, accessWord(a.From, r), row, accessWhat(r), false)
		}
	}
	p := m.page("access", accessTones(a.From))
	p.Verdict = accessVerdict(a)
	p.Cards = append(p.Cards, card{N: len(people), Label: "hold something", Note: "people, groups and addresses"}, card{N: len(resources), Label: "resources", Note: "that somebody holds"})
	p.Facts = append(p.Facts, fact{"Question", a.Question}, fact{"Answered from", map[access.From]string{access.FromFiles: "the files", access.FromLive: "what is live", access.FromBoth: "the files and what is live"}[a.From]},
		fact{"As of", moment(a.AsOf)})
	p.Stamp = stamp(since("as of ", a.AsOf), "asked by "+a.By)
	if a.Read != nil {
		p.Facts = append(p.Facts, fact{"Read live", moment(*a.Read)})
	}
	p.Facts = append(p.Facts, fact{"Digest of the files", a.Spec}, fact{"Asked by", a.By}, fact{"Version", a.Version})
	for _, c := range a.Connections {
		p.Facts = append(p.Facts, fact{Heading(c.Name, c.Provider, nil), c.Account})
	}
	return p
}

// chainsOf are the chains of a row, or one that says nothing.
func chainsOf(r access.Row) []access.Chain {
	if len(r.Chains) == 0 {
		return []access.Chain{{}}
	}
	return r.Chains
}

// accessVerdict says how far an answer can be relied on.
func accessVerdict(a *access.Answer) card {
	differ := 0
	for _, r := range a.Rows {
		if a.From == access.FromBoth && (r.In == access.InFiles || r.In == access.InLive) {
			differ++
		}
	}
	switch {
	case len(a.Notes) > 0:
		return card{Tone: "change", Label: "Not all can be seen"}
	case differ > 0:
		return card{Tone: "change", Label: Count(differ, "difference")}
	case a.From == access.FromFiles:
		return card{Tone: "held", Label: "By the files"}
	}
	return card{Tone: "held", Label: "Read whole"}
}

func accessWho(a *access.Answer, r access.Row) pagePerson {
	switch {
	case r.Person != "":
		return pagePerson{Name: r.Person}
	case !r.Subject.Kind.Personal():
		return pagePerson{r.Subject.String(), other}
	case a.From != access.FromFiles:
		return pagePerson{r.Subject.String(), unknown}
	}
	return pagePerson{Name: r.Subject.String()}
}

// accessWhat says of a row what its resource and its holder don't tell.
func accessWhat(r access.Row) string {
	var parts []string
	if r.Role != spec.RoleAccess && r.Role != spec.RoleMember {
		parts = append(parts, string(r.Role))
	}
	if r.Person != "" && r.Person != r.Subject.Name {
		parts = append(parts, "as "+r.Subject.String())
	}
	if r.Group != (spec.Subject{}) {
		parts = append(parts, "through "+r.Group.String())
	}
	return strings.Join(parts, " ")
}

func accessWord(from access.From, r access.Row) string {
	switch {
	case r.In == access.InNone:
		return "ended, or yet to begin"
	case r.Has == access.Both:
		return "both have it"
	case r.Has != "":
		return "only " + r.Has + " has it"
	}
	return cmp.Or(accessSide(from, r), "has it")
}
