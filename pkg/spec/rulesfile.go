package spec

import (
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

var ruleKeys = []string{
	"max-revokes", "max-revoke-share", "max-revoke-share-resource", "max-expiries", "max-mails", "max-mails-per-person", "people-shrink", "protected", "require-self", "min-members",
}

// granting finds a kind of resources that hold grants, nil where there is none of that name; all are their names.
func (l *loader) granting(name string) (kind *KindSchema, all []string) {
	for _, k := range l.kinds {
		if len(k.Lists) == 0 {
			continue
		}
		if all = append(all, string(k.Kind)); string(k.Kind) == name {
			kind = k
		}
	}
	return kind, all
}

// decodeRules reads the rules of one file. Among reviewed files each rule may be in one only.
func (d *decoder) decodeRules(n *yaml.Node) {
	o, ok := d.object(n, "rules", ruleKeys)
	if !ok {
		return
	}
	decode := map[string]func(*yaml.Node, string){
		"protected": d.protected, "require-self": d.requireSelf, "min-members": d.minMembers,
	}
	for _, l := range limits {
		decode[l.rule] = d.limit(l.of(&d.rules.Rules), l)
	}
	for _, rule := range ruleKeys {
		v := o.get(rule)
		if v == nil {
			continue
		}
		if first, ok := d.rules.set[rule]; ok {
			d.twice(d.at(v), "rule", rule, first)
			continue
		}
		d.rules.set[rule] = d.at(v)
		decode[rule](v, rule)
	}
}

// warnOfVainLimits reports what reviewed files say of limits although a file that governs is stricter.
func (l *loader) warnOfVainLimits() {
	for _, limit := range limits {
		floor, file := floorOf(l.floors, limit.rule, limit.of)
		at, set := l.reviewed.set[limit.rule]
		have := *limit.of(&l.reviewed.Rules)
		switch {
		case !set || len(l.floors) == 0:
		case have.Off:
			l.reject(at, "remove the line, or change "+file, "rule %s can't be switched off here, since %s governs it", limit.rule, file)
		case floor.stricter(have):
			l.warn(at, "remove the line, or change "+file, "rule %s has no effect here, since %s is stricter", limit.rule, file)
		}
	}
}

var (
	daily = regexp.MustCompile(`^(0|[1-9][0-9]{0,3})/day$`)
	share = regexp.MustCompile(`^(100|[1-9]?[0-9])%$`)
)

// limit reads a number, or a share in percent, or a number a day, or off.
func (d *decoder) limit(result *Limit, l limitRule) func(*yaml.Node, string) {
	return func(n *yaml.Node, rule string) {
		if n.Kind == yaml.ScalarNode && n.Tag == "!!str" && n.Value == "off" && !refused(n) {
			*result = Limit{Off: true}
			return
		}
		var v int
		var ok bool
		switch {
		case l.daily:
			v, ok = d.counted(n, rule, daily, "no number a day", "write a number of mails as in 3/day, or off")
		case l.percent:
			v, ok = d.counted(n, rule, share, "not a share", "write 0% to 100%, or off")
		default:
			v, ok = d.digits(n, rule, "write plain digits without quotes, or off")
		}
		if ok {
			*result = Limit{Value: v}
		}
	}
}

// counted reads a number with its unit: the first group of a form.
func (d *decoder) counted(n *yaml.Node, what string, form *regexp.Regexp, flaw, hint string) (int, bool) {
	if !d.is(n, yaml.ScalarNode, what, hint) {
		return 0, false
	}
	m := form.FindStringSubmatch(n.Value)
	if m == nil {
		d.reject(d.at(n), hint, "%s %s is %s%s", what, quoted(n.Value), flaw, notPlain(n.Value))
		return 0, false
	}
	v, err := strconv.Atoi(m[1])
	return v, err == nil
}

func (d *decoder) protected(n *yaml.Node, rule string) {
	list, _ := d.list(n, rule)
	for _, n := range list {
		d.protect(n, rule, &d.rules.Protected)
	}
}

func (d *decoder) requireSelf(n *yaml.Node, rule string) { d.protect(n, rule, &d.rules.RequireSelf) }

// protect reads a protection. Which other names a user has is looked up when all files are read.
func (d *decoder) protect(n *yaml.Node, rule string, list *[]Protection) {
	const hint = "write user:NAME or group:NAME, or KIND:RESOURCE/user:NAME for one resource"
	text, ok := d.line(n, rule, maxLine)
	if !ok {
		return
	}
	p := Protection{Source: d.at(n)}
	name, rest, _ := strings.Cut(text, ":")
	if kind, _ := d.granting(name); kind != nil {
		cut := subjectStart(rest)
		if cut <= 0 {
			d.reject(d.at(n), hint, "%s %s names no subject after the resource", rule, quoted(text))
			return
		}
		p.Resource = &Ref{Kind: kind.Kind, Name: kind.fold(rest[:cut])}
		text = rest[cut+1:]
	}
	if p.Subject, ok = d.subject(n, text); !ok {
		d.reject(d.at(n), hint, "%s %s names no subject", rule, quoted(n.Value))
		return
	}
	p.Literal = p.Subject.Kind == SubjectUser
	*list = append(*list, p)
}

// subjectStart finds the slash that ends the resource of "RESOURCE/PREFIX:NAME", -1 when there is none. Names on both
// sides may hold slashes too.
func subjectStart(text string) int {
	last := -1
	for _, f := range subjectForms {
		if f.kind != kindTeam {
			last = max(last, strings.LastIndex(text, "/"+f.prefix+":"))
		}
	}
	return last
}

// subject reads PREFIX:NAME or group:NAME@DOMAIN at the end of a node's text.
func (d *decoder) subject(n *yaml.Node, text string) (Subject, bool) {
	prefix, rest, _ := strings.Cut(text, ":")
	kind := formWith(prefix).kind
	name, domain, ok := cutDomain(kind, rest)
	flaw, _ := d.flaw(n, len(n.Value)-len(rest), name, maxName)
	if kind == SubjectMailbox || kind == SubjectAddress {
		name = strings.ToLower(name)
	}
	return Subject{kind, name, domain}, ok && kind != "" && kind != kindTeam && flaw == ""
}

func (d *decoder) minMembers(n *yaml.Node, rule string) {
	for key, value := range d.pairs(n, rule) {
		word, name, _ := strings.Cut(key.Value, ":")
		kind, all := d.granting(word)
		if kind == nil || name == "" {
			d.reject(d.at(key), "write KIND:NAME or \"KIND:*\", where KIND is "+either(all), "%s key %s names no resources", rule, quoted(key.Value))
			continue
		}
		if v, ok := d.count(value, rule); ok {
			d.rules.MinMembers = append(d.rules.MinMembers,
				MinMembers{Kind: kind.Kind, Name: kind.fold(name), Count: v, Source: d.at(key)})
		}
	}
}
