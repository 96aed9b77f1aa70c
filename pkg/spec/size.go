package spec

// size is how much a team stands for with those inside of it expanded: people, each as often as they are named, and the
// steps that it takes to find them. Both are counted up to countless.
type size struct{ people, steps int }

const countless = 1 << 40

func (s size) plus(o size) size {
	return size{min(s.people+o.people, countless), min(s.steps+o.steps, countless)}
}

// sizes are those of teams that are in order: each after those inside of it.
func sizes(order []*team) map[*team]size {
	all := make(map[*team]size, len(order))
	for _, t := range order {
		var s size
		for _, it := range t.members {
			inside := size{1, 1}
			if it.team != nil {
				inside = all[it.team]
				inside.steps++
			}
			s = s.plus(inside)
		}
		all[t] = s
	}
	return all
}

// portion is what one team, or one resource by those that it names itself, adds to all grants.
type portion struct {
	size
	at  Position
	who string
}

// portions counts what the grants give. It expands no team, so it takes time for what stands in the files only.
func (l *loader) portions(order []*team) (total size, all []*portion) {
	sizes, teams := sizes(order), map[*team]*portion{}
	for _, r := range l.resources {
		own := &portion{at: r.Source, who: r.schema.Kind.Words() + " " + quoted(r.name)}
		all = append(all, own)
		for _, e := range r.entries {
			for _, it := range e.to {
				s, gives := own, size{1, 1}
				if it.team != nil {
					if s, gives = teams[it.team], sizes[it.team]; s == nil {
						s = &portion{at: it.at, who: "team " + quoted(it.name)}
						teams[it.team], all = s, append(all, s)
					}
				}
				s.size, total = s.plus(gives), total.plus(gives)
			}
		}
	}
	return total, all
}

// stepsPerGrant bounds how deep teams may nest in all: each step is one team or person to look at.
const stepsPerGrant = 10

// boundGrants refuses files whose grants are more than a run can carry, before any team is expanded.
func (l *loader) boundGrants(order []*team) {
	total, all := l.portions(order)
	most, of := l.bounds.grants, func(s size) int { return s.people }
	what, hint := "the files give more than %d grants once teams are expanded, of which %s gives at least %d",
		"grant to a user group of the vendor, or split the files over several runs"
	if total.people <= most {
		most, of = stepsPerGrant*most, func(s size) int { return s.steps }
		what, hint = "teams nest so deeply that it takes more than %d steps to expand them, of which %s takes at least %d", "name people in fewer teams of teams"
	}
	if of(total) <= most {
		return
	}
	largest := all[0]
	for _, s := range all {
		if of(s.size) > of(largest.size) {
			largest = s
		}
	}
	l.reject(largest.at, hint, what, most, largest.who, of(largest.size))
}
