package diff

import (
	"cmp"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Confirmed is what was last confirmed of one resource: how an apply found it, or left it.
type Confirmed struct {
	Absent   bool              // there was no such resource
	Settings map[string]string // those that the files managed, by field
	Holdings []Holding         // sorted
	Partly   bool              // others may have held something too: the files did not rule all of it
	Unseen   []spec.Role       // sorted; whose lists no read showed, so that nothing is known of them
}

// Holding is a grant without its resource.
type Holding struct {
	Role    spec.Role
	Subject spec.Subject
}

// Compare orders holdings by role and subject.
func (h Holding) Compare(o Holding) int {
	return cmp.Or(strings.Compare(string(h.Role), string(o.Role)), h.Subject.Compare(o.Subject))
}

// holds says whether the subject held the role.
func (c Confirmed) holds(h Holding) bool {
	_, found := slices.BinarySearchFunc(c.Holdings, h, Holding.Compare)
	return found
}

// ConfirmedBy goes through what an apply of a part confirmed, by resource, sorted: what the files want, but where a change did not
// come to that. A resource of which too little is known is left out, and what was confirmed of it before still holds: one that is
// ignored, that could not be read whole, or that could not be made or deleted. desired must be what the part was planned for: what
// the files want since was neither sent nor seen. Holdings are made one resource at a time, since there may be millions.
func ConfirmedBy(part ConnectionPlan, desired spec.State, results []ChangeResult) iter.Seq2[spec.Ref, Confirmed] {
	confirmed := make(map[spec.Ref]Confirmed, len(desired.Resources))
	incomplete := part.Incomplete()
	for ref, r := range desired.Resources {
		if r.Ownership != spec.Ignored && !slices.Contains(incomplete, ref.String()) {
			confirmed[ref] = Confirmed{Absent: r.Absent, Settings: managed(r), Partly: r.Ownership == spec.AddOnly || r.Open}
		}
	}
	undone, waits := undo(confirmed, desired, part.Name, results)
	hidden, kept := part.leaveUnseen(confirmed), map[spec.Ref][]Holding{}
	for g, op := range undone {
		if op == OpRevoke {
			kept[g.Resource] = append(kept[g.Resource], Holding{g.Role, g.Subject})
		}
	}
	return func(yield func(spec.Ref, Confirmed) bool) {
		for _, ref := range slices.SortedFunc(maps.Keys(confirmed), spec.Ref.Compare) {
			c := confirmed[ref]
			if !c.Absent {
				c.Holdings = append(make([]Holding, 0, len(kept[ref])+desired.Grants.CountOn(ref)), kept[ref]...)
				for g := range desired.Grants.On(ref) {
					if undone[g] != OpGrant && !waits[RoleOf(g)] && !hidden[RoleOf(g)] {
						c.Holdings = append(c.Holdings, Holding{g.Role, g.Subject})
					}
				}
				slices.SortFunc(c.Holdings, Holding.Compare)
			}
			if !yield(ref, c) {
				return
			}
		}
	}
}

// leaveUnseen takes out of what is confirmed what no read showed, and returns the lists among that.
func (p ConnectionPlan) leaveUnseen(confirmed map[spec.Ref]Confirmed) map[RoleOn]bool {
	hidden := map[RoleOn]bool{}
	for _, u := range p.Unseen {
		kind, name, _ := strings.Cut(u.Resource, "/")
		ref := spec.Ref{Connection: p.Name, Kind: spec.Kind(kind), Name: name}
		c, known := confirmed[ref]
		if known && u.Setting != "" {
			delete(c.Settings, u.Setting)
		} else if known {
			hidden[RoleOn{ref, u.Role}] = true
			c.Unseen = append(c.Unseen, u.Role) // they are sorted
			confirmed[ref] = c
		}
	}
	return hidden
}

// undo takes back what results did not come to. It returns the grants that were not granted or not revoked, and the lists that
// only an update that did not come about would have made count: nobody looked at who holds them, so their resources are
// confirmed in part.
func undo(confirmed map[spec.Ref]Confirmed, desired spec.State, connection string, results []ChangeResult) (map[spec.Grant]Op, map[RoleOn]bool) {
	undone, waits := map[spec.Grant]Op{}, map[RoleOn]bool{}
	for _, c := range results {
		ref := c.Ref(connection)
		for _, role := range c.waiting(desired.Resources[ref]) {
			waits[RoleOn{ref, role}] = true
			if partly, known := confirmed[ref]; known {
				partly.Partly = true
				confirmed[ref] = partly
			}
		}
		if c.Outcome.Clean() {
			continue
		}
		switch c.Op {
		case OpCreate, OpDelete:
			delete(confirmed, ref)
		case OpGrant, OpRevoke:
			undone[c.Grant(connection)] = c.Op
		case OpUpdate:
			if settings := confirmed[ref].Settings; c.Outcome == Unknown || c.From == "" {
				delete(settings, c.Field)
			} else if settings != nil {
				settings[c.Field] = c.From
			}
		}
	}
	return undone, waits
}

// managed lists the settings that the files give a resource.
func managed(r spec.Resource) map[string]string {
	if r.Absent {
		return map[string]string{}
	}
	return maps.Collect(r.Settings.All())
}

// confirmedFormat is the version of the text that Encode gives.
const confirmedFormat = 1

// confirmedText is a Confirmed as it is kept: names by role, kind and domain, so that what a million of them share stands
// there once.
type confirmedText struct {
	Format   int                                                    `json:"format"`
	Absent   bool                                                   `json:"absent,omitempty"`
	Partly   bool                                                   `json:"partly,omitempty"`
	Unseen   []spec.Role                                            `json:"unseen,omitempty"`
	Settings map[string]string                                      `json:"settings,omitempty"`
	Holdings map[spec.Role]map[spec.SubjectKind]map[string][]string `json:"holdings,omitempty"`
}

// Encode returns the text to keep. Equal contents give equal texts.
func (c Confirmed) Encode() string {
	text := confirmedText{confirmedFormat, c.Absent, c.Partly, c.Unseen, c.Settings, map[spec.Role]map[spec.SubjectKind]map[string][]string{}}
	for _, h := range c.Holdings {
		kinds := text.Holdings[h.Role]
		if kinds == nil {
			kinds = map[spec.SubjectKind]map[string][]string{}
			text.Holdings[h.Role] = kinds
		}
		if kinds[h.Subject.Kind] == nil {
			kinds[h.Subject.Kind] = map[string][]string{}
		}
		names := kinds[h.Subject.Kind]
		names[h.Subject.Domain] = append(names[h.Subject.Domain], h.Subject.Name)
	}
	data, err := json.Marshal(text)
	if err != nil { // maps of strings only
		return ""
	}
	return string(data)
}

// DecodeConfirmed reads what Encode gave. Of a text that is damaged, or that another version wrote, nothing is known; that
// is no error, since live state is what counts.
func DecodeConfirmed(text string) (c Confirmed, ok bool) {
	var t confirmedText
	if err := json.Unmarshal([]byte(text), &t); err != nil || t.Format != confirmedFormat {
		return Confirmed{}, false
	}
	c = Confirmed{Absent: t.Absent, Settings: t.Settings, Partly: t.Partly, Unseen: t.Unseen}
	for role, kinds := range t.Holdings {
		for kind, domains := range kinds {
			for domain, names := range domains {
				for _, name := range names {
					c.Holdings = append(c.Holdings, Holding{role, spec.Subject{Kind: kind, Name: name, Domain: domain}})
				}
			}
		}
	}
	slices.SortFunc(c.Holdings, Holding.Compare)
	if c.Encode() != text {
		return Confirmed{}, false
	}
	return c, true
}
