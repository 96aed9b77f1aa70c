package compose

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// callThem gives each person a name in the files: that of the account where it is free and plain.
func (d *directory) callThem() {
	slices.SortFunc(d.people, func(a, b *person) int {
		return cmp.Or(cmp.Compare(d.rank(a), d.rank(b)), slices.CompareFunc(a.at, b.at, holder.compare))
	})
	used := map[string]bool{} // folded: people would take names for one that differ in letter case alone
	for _, name := range d.others {
		used[spec.Fold(name)] = true
	}
	for _, p := range d.people {
		p.name = d.free(p, used)
		used[spec.Fold(p.name)] = true
		if len(p.given) == 0 && p.account == p.name {
			p.account = ""
		}
		d.correct(p)
		for _, h := range p.at {
			d.names[h] = p.name
		}
	}
	slices.SortFunc(d.people, func(a, b *person) int { return strings.Compare(a.name, b.name) })
}

// rank orders people who would have one name: first who has it as an account of the usual domain, then as any account.
func (d *directory) rank(p *person) int {
	switch first := p.at[0]; {
	case p.account == "":
		return 2
	case first.subject.Domain == d.connections[first.connection].domain():
		return 0
	}
	return 1
}

// free finds a name for a person that nobody else has, be it as an account.
func (d *directory) free(p *person, used map[string]bool) string {
	account := cmp.Or(p.account, p.at[0].subject.Name)
	stem := account
	if !spec.IsUserName(stem) {
		stem, _, _ = strings.Cut(account, "@")
		stem = strings.ReplaceAll(stem, ":", "-")
	}
	if !spec.IsUserName(stem) {
		stem = "user"
	}
	more := []string{"", "-" + p.domain, "-" + p.at[0].connection}
	if len(p.given) > 0 {
		more[1], more[2] = more[2], more[1]
	}
	if _, domain, addressed := strings.Cut(p.at[0].subject.Name, "@"); addressed {
		more = []string{"", "-" + domain}
	}
	for _, ending := range more {
		name := stem + ending
		own := p.account != "" && name == p.account
		if ending != "-" && spec.IsUserName(name) && !used[spec.Fold(name)] && (own || !d.taken[name]) {
			return name
		}
	}
	stem = string([]rune(stem)[:min(len([]rune(stem)), 100)])
	for n := 2; ; n++ {
		if name := fmt.Sprintf("%s-%d", stem, n); !used[spec.Fold(name)] && !d.taken[name] {
			return name
		}
	}
}

// correct gives a person a name at each connection that would know them by another one.
func (d *directory) correct(p *person) {
	for _, h := range p.at {
		c := d.connections[h.connection]
		known := spec.Person{Name: p.name, Account: cmp.Or(p.account, p.name), Domain: cmp.Or(p.domain, c.domain()), Email: p.email, Given: p.given[h.connection]}
		if c.Schema.Identify(known).Name != h.subject.Name {
			p.given[h.connection] = h.subject.Name
		}
	}
}

// line is the user as a file has it.
func (p *person) line() string {
	pairs := []pair{{"name", Scalar(p.name)}}
	for _, optional := range []pair{{"account", p.account}, {"domain", p.domain}, {"email", p.email}} {
		if optional.value != "" {
			pairs = append(pairs, pair{optional.key, Scalar(optional.value)})
		}
	}
	var given []pair
	for _, connection := range slices.Sorted(maps.Keys(p.given)) {
		given = append(given, pair{Scalar(connection), Scalar(p.given[connection])})
	}
	if len(given) > 0 {
		pairs = append(pairs, pair{"names", flowMap(given...)})
	}
	line := "- " + flowMap(pairs...)
	if len(p.remarks) > 0 {
		line += "  # " + visible(strings.Join(p.remarks, "; "))
	}
	return line
}
