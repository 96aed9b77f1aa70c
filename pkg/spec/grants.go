package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// entry gives a role to some subjects, always or for a time.
type entry struct {
	role            Role
	to              []item
	starts, expires *moment // nil: no such bound
	reason          string
	bare            bool // it is words of a list, and no mapping
}

// origin says why the entry gives a grant or, at a moment at which it does not hold, why it gives none.
func (e *entry) origin(now time.Time) (origin Origin, lapsed bool) {
	var cause string
	switch {
	case e.ended(now):
		cause = "expired " + e.expires.text
	case e.starts != nil && now.Before(e.starts.at):
		cause = "starts " + e.starts.text
	default:
		return Origin{Reason: e.reason}, false
	}
	if e.reason != "" {
		cause += " (" + e.reason + ")"
	}
	return Origin{Reason: cause, Ended: e.ended(now), Overdue: e.overdue(now)}, true
}

// ended says whether the entry's end has come.
func (e *entry) ended(now time.Time) bool { return e.expires != nil && !now.Before(e.expires.at) }

// Announced is how long after its moment an end still counts as one that was announced. Whoever keeps files and vendor in
// agreement carries it out within that time. A line that is written with an end of long ago announces nothing: it takes access
// now, like a line that is removed, and is as often a wrong year as meant. No moment of when a line came in is known here.
const Announced = 30 * 24 * time.Hour

// overdue says whether the entry's end came longer ago than Announced.
func (e *entry) overdue(now time.Time) bool { return e.ended(now) && now.Sub(e.expires.at) > Announced }

// item is one word of a list of subjects. There may be a million, so what the words of a list of plain ones say is shared.
type item struct {
	*saying
	at Position
}

// saying is what items say. Users and teams are looked up when all files are read.
type saying struct {
	word
	user *user // users
	team *team // teams
}

// word is what an item says, wherever it stands.
type word struct {
	kind   SubjectKind // or kindTeam
	name   string      // without prefix and domain
	domain string      // user groups
}

// holder is what items are listed in.
type holder struct {
	name  string
	kinds []SubjectKind // what it can hold
}

var inTeam = holder{"a team", []SubjectKind{SubjectUser, kindTeam}}

// takes is what it can hold, as the file writes it.
func (h holder) takes() string {
	return either(Each(h.kinds, func(k SubjectKind) string { return formOf(k).text }))
}

var grantKeys = []string{"to", "starts", "expires", "reason"}

// entries decodes a list: of mappings, and where it is plain of items too, for those who are in it always. Neighbouring
// items make up one entry.
func (d *decoder) entries(n *yaml.Node, l *List, in holder) []entry {
	list, _ := d.list(n, l.Key)
	what := "grant"
	if l.Plain {
		what = "entry of " + l.Key
	}
	entries := make([]entry, 0, len(list))
	for len(list) > 0 {
		if beside := besideGrant(list); !l.Plain && beside > 0 {
			d.reject(d.at(list[1]), "indent it further than the `to:` above", "a name beside its grant, not in its list")
			list = list[1+beside:]
			continue
		}
		if !l.Plain || list[0].Kind == yaml.MappingNode {
			if e, ok := d.entry(list[0], what, l.Role, in); ok {
				entries = append(entries, e)
			}
			list = list[1:]
			continue
		}
		plain := slices.IndexFunc(list, func(n *yaml.Node) bool { return n.Kind == yaml.MappingNode })
		if plain < 0 {
			plain = len(list)
		}
		entries = append(entries, entry{role: l.Role, to: d.items(list[:plain], in), bare: true})
		list = list[plain:]
	}
	return entries
}

// besideGrant counts the names that follow a grant whose last key is `to:` without a value, as in lists that are indented too little.
func besideGrant(list []*yaml.Node) (names int) {
	keys := list[0].Content
	if list[0].Kind != yaml.MappingNode || len(keys) < 2 || keys[len(keys)-2].Value != "to" || !isNull(keys[len(keys)-1]) {
		return 0
	}
	for names+1 < len(list) && list[names+1].Kind == yaml.ScalarNode {
		names++
	}
	return names
}

func (d *decoder) entry(n *yaml.Node, what string, role Role, in holder) (entry, bool) {
	e := entry{role: role}
	if word := joined(n); word != "" && !slices.Contains(grantKeys, n.Content[0].Value) {
		if what == "grant" {
			d.reject(d.at(n), "write `to: ["+word+"]`", "unknown key %s in grant", quoted(n.Content[0].Value))
		} else {
			d.notAWord(n)
		}
		return e, false
	}
	o, ok := d.object(n, what, grantKeys, "to")
	if !ok {
		return e, false
	}
	if to, ok := o.need("to"); ok {
		e.to = d.itemsIn(to, "to", in)
	}
	e.starts = d.moment(o.get("starts"), "starts")
	e.expires = d.moment(o.get("expires"), "expires")
	if e.starts != nil && e.expires != nil && !e.expires.at.After(e.starts.at) {
		d.reject(d.at(o.get("expires")), "make it later, or swap the two", "expires %s is not after starts %s", e.expires.text, e.starts.text)
	}
	if v := o.get("reason"); v != nil {
		e.reason, _ = d.line(v, "reason", maxLine)
	}
	return e, true
}

// itemsIn are the items of a list.
func (d *decoder) itemsIn(n *yaml.Node, what string, in holder) []item {
	l, cut := d.cut[n]
	if !cut {
		list, _ := d.list(n, what)
		return d.items(list, in)
	}
	items := make([]item, 0, l.words())
	l.each(func(n *yaml.Node) { // of which there may be a million
		if it, ok := d.item(n, in); ok {
			items = append(items, d.shared(it))
		}
	})
	return items
}

// shared is the item with what earlier ones of the file say too.
func (d *decoder) shared(it item) item {
	if d.said == nil {
		d.said = map[word]*saying{}
	}
	if d.said[it.word] == nil {
		d.said[it.word] = it.saying
	}
	it.saying = d.said[it.word]
	return it
}

func (d *decoder) items(list []*yaml.Node, in holder) []item {
	return readAll(list, func(n *yaml.Node) (item, bool) { return d.item(n, in) })
}

// item reads one word of a list of subjects.
func (d *decoder) item(n *yaml.Node, in holder) (item, bool) {
	it := item{&saying{}, d.at(n)}
	if n.Kind == yaml.MappingNode && !refused(n) {
		d.notAWord(n)
		return it, false
	}
	text, ok := d.line(n, "item", maxLine)
	if !ok {
		return it, false
	}
	prefix, name, prefixed := strings.Cut(text, ":")
	form := formWith(prefix)
	it.name = text
	switch {
	case prefix == string(SubjectUser) && name != "":
		d.reject(it.at, "write "+quoted(name)+", since a bare word is a user", "item %s needs no prefix", quoted(text))
		return it, false
	case prefixed && (form.kind == "" || form.bare):
		d.reject(it.at, d.meant(prefix, prefixes(), "use "+in.takes()), "unknown prefix %s in item %s", quoted(prefix), quoted(text))
		return it, false
	case prefixed:
		it.kind, it.name = form.kind, name
	case strings.Contains(text, "@"):
		it.kind = SubjectAddress
	default:
		it.kind = SubjectUser
	}
	if !slices.Contains(in.kinds, it.kind) {
		hint := "use " + in.takes()
		if name := d.called(text); it.kind == SubjectAddress && name != "" {
			hint = fmt.Sprintf("did you mean %q?", name)
		}
		d.reject(it.at, hint, "%s can't hold %s", in.name, quoted(text))
		return it, false
	}
	return it, d.complete(n, &it)
}

// notAWord reports a mapping where a word is wanted.
func (d *decoder) notAWord(n *yaml.Node) {
	hint := "write the name alone"
	if word := joined(n); strings.Contains(word, ":") {
		hint = "write " + word + ", without a blank after the colon"
	} else if word != "" {
		hint = "write " + word
	}
	d.reject(d.at(n), hint, "item must be a word, got a mapping")
}

// complete checks the part after the prefix and brings it into the form that is compared.
func (d *decoder) complete(n *yaml.Node, it *item) bool {
	from := len(n.Value) - len(it.name)
	name, domain, ok := cutDomain(it.kind, it.name)
	if !ok || strings.TrimSpace(domain) != domain {
		d.reject(it.at, "write group:NAME@DOMAIN, or leave the @ out", "item %s has no domain after the @", quoted(n.Value))
		return false
	}
	it.name, it.domain = name, domain
	if flaw, hint := d.flaw(n, from, name, maxName); flaw != "" {
		d.reject(it.at, hint, "name in item %s %s", quoted(n.Value), flaw)
		return false
	}
	if it.kind != SubjectUser && it.kind != kindTeam {
		d.warnOfStrangeLetters(n, "item")
	}
	if it.kind == SubjectAddress || it.kind == SubjectMailbox {
		if !isAddress(it.name) {
			d.reject(it.at, addressHint(it.name), "item %s is not a mail address%s", quoted(n.Value), notPlain(it.name))
			return false
		}
		it.name = strings.ToLower(it.name)
	}
	return true
}

// cutDomain splits NAME@DOMAIN, as only user groups are written. It is false where nothing follows the @.
func cutDomain(kind SubjectKind, text string) (name, domain string, ok bool) {
	i := strings.LastIndexByte(text, '@')
	if kind != SubjectUserGroup || i < 0 {
		return text, "", true
	}
	return text[:i], strings.ToLower(text[i+1:]), i+1 < len(text)
}
