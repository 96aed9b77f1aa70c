package spec

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// reviewer says who decides in access reviews about a resource, or about what a team gives.
type reviewer struct {
	team     string // "": of a resource
	resource string // KIND/NAME; "*": whatever nobody else decides about
	names    []string
	at       Position
}

const (
	teamPrefix = "team:"
	anything   = "*"
)

func (d *decoder) decodeReviewers(n *yaml.Node) {
	for key, value := range d.pairs(n, "reviewers") {
		r := reviewer{resource: key.Value, at: d.at(key)}
		if team, is := strings.CutPrefix(key.Value, teamPrefix); is {
			r.team, r.resource = team, ""
		} else if key.Value != anything {
			kind, name, _ := strings.Cut(key.Value, "/")
			schema, all := d.granting(kind)
			if schema == nil || name == "" {
				d.reject(r.at, d.meant(kind, all, "write KIND/NAME, where KIND is "+either(all)+", or team:NAME, or \"*\" for all others"), "%s is nothing that has reviewers", quoted(key.Value))
				continue
			}
			r.resource = kind + "/" + schema.fold(name)
		}
		list, _ := d.list(value, "reviewers of "+quoted(key.Value))
		r.names = readAll(list, func(n *yaml.Node) (string, bool) { return d.name(n, "reviewer") })
		if first := slices.IndexFunc(d.reviewers, func(o reviewer) bool { return o.team == r.team && o.resource == r.resource }); first >= 0 {
			d.twice(r.at, "reviewers of", key.Value, d.reviewers[first].at)
			continue
		}
		d.reviewers = append(d.reviewers, r)
	}
}

// resolveReviewers looks up what reviewers decide about.
func (l *loader) resolveReviewers() {
	known := map[string]bool{}
	for _, r := range l.resources {
		known[r.ref().String()] = true
	}
	for _, r := range l.reviewers {
		switch {
		case r.team != "" && l.teams[r.team] == nil && !l.lostTeams:
			l.reject(r.at, l.meant(r.team, l.teamNames, "define it under teams"), "unknown team %s", quoted(r.team))
		case r.team == "" && r.resource != anything && !known[r.resource]:
			l.reject(r.at, "list it, or take it out of the reviewers", "no resource %s is listed", quoted(r.resource))
		}
	}
}

// Reviewers are who decides in access reviews about a grant on a resource that comes through teams, the nearest to the resource first:
// those of the resource, else of the first of the teams that has some, else those of all others. None: nobody is named.
func (s *Spec) Reviewers(resource string, teams []string) []string {
	find := func(is func(reviewer) bool) []string {
		if i := slices.IndexFunc(s.reviewers, is); i >= 0 {
			return s.reviewers[i].names
		}
		return nil
	}
	names := find(func(r reviewer) bool { return r.resource == resource })
	for _, team := range teams {
		if names == nil {
			names = find(func(r reviewer) bool { return r.team == team })
		}
	}
	if names == nil {
		names = find(func(r reviewer) bool { return r.resource == anything })
	}
	return names
}
