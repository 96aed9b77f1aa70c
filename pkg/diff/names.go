package diff

import (
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// nameKey is a name under which subjects are compared: folded, and for addresses without a directory domain.
type nameKey struct {
	kind   spec.SubjectKind // user stands for all that can be one person: users, mailboxes and addresses
	name   string
	domain string
}

// keyOf is the key of a name that the subject has.
func keyOf(s spec.Subject, name string) nameKey {
	key := nameKey{kind: s.Kind, name: spec.Fold(name)}
	if s.Kind.Personal() {
		key.kind = spec.SubjectUser
	}
	if !strings.Contains(name, "@") {
		key.domain = spec.FoldDomain(s.Domain)
	}
	return key
}

func ownKey(s spec.Subject) nameKey { return keyOf(s, s.Name) }

// otherKeys are those of the names that the vendor shows beside the subject's own.
func (l Live) otherKeys(s spec.Subject) []nameKey {
	return spec.Each(l.Names[s], func(name string) nameKey { return keyOf(s, name) })
}

// AddName records a name, address or id under which the vendor shows the subject beside its own.
func (l *Live) AddName(s spec.Subject, names ...string) {
	if l.Names == nil {
		l.Names = map[spec.Subject][]string{}
	}
	for _, name := range names {
		if name != "" && name != s.Name && !slices.Contains(l.Names[s], name) {
			l.Names[s] = append(l.Names[s], name)
		}
	}
}

// ids are names other than addresses: two subjects of one are one, whereas an address may be shared.
func ids(keys []nameKey) []nameKey {
	return slices.DeleteFunc(slices.Clone(keys), func(k nameKey) bool { return strings.Contains(k.name, "@") })
}

func meet(a, b []nameKey) bool {
	return slices.ContainsFunc(a, func(k nameKey) bool { return slices.Contains(b, k) })
}

// Same says whether two subjects are one by all that the vendor shows: one is called what the other is also called, or they
// share an id, or their names are spellings of one and nothing tells the two apart.
func (l Live) Same(a, b spec.Subject) bool {
	own, other := ownKey(a), ownKey(b)
	ofA, ofB := l.otherKeys(a), l.otherKeys(b)
	if slices.Contains(ofB, own) || slices.Contains(ofA, other) || meet(ids(ofA), ofB) {
		return true
	}
	return own == other && (len(ids(ofA)) == 0 || len(ids(ofB)) == 0)
}

// named finds subjects by any of their names.
type named map[nameKey][]spec.Subject

func (all named) add(live Live, s spec.Subject) {
	for _, key := range append(live.otherKeys(s), ownKey(s)) {
		if !slices.Contains(all[key], s) {
			all[key] = append(all[key], s)
		}
	}
}

// as lists, sorted, the subjects that are the same as s.
func (all named) as(live Live, s spec.Subject) []spec.Subject {
	var same []spec.Subject
	for _, key := range append(live.otherKeys(s), ownKey(s)) {
		for _, other := range all[key] {
			if live.Same(s, other) {
				same = append(same, other)
			}
		}
	}
	slices.SortFunc(same, spec.Subject.Compare)
	return slices.Compact(same)
}
