package spec

import (
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
}

// moment is a point in time and how the file writes it.
type moment struct {
	at   time.Time
	text string
}

// lapse says why the entry does not hold at a moment; "" when it holds.
func (e *entry) lapse(now time.Time) string {
	var cause string
	switch {
	case e.expires != nil && !now.Before(e.expires.at):
		cause = "expired " + e.expires.text
	case e.starts != nil && now.Before(e.starts.at):
		cause = "starts " + e.starts.text
	default:
		return ""
	}
	if e.reason != "" {
		cause += " (" + e.reason + ")"
	}
	return cause
}

// item is one word of a list of subjects. Users and teams are looked up when all files are read.
type item struct {
	kind   SubjectKind // or kindTeam
	name   string      // without prefix and domain
	domain string      // user groups
	user   *user       // users
	team   *team       // teams
	at     Position
}

// kindTeam marks an item that stands for the users of a team.
const kindTeam SubjectKind = "team"

// holder is what items are listed in.
type holder struct {
	name  string
	kinds []SubjectKind // what it can hold
	takes string        // the same, as the file writes it
}

var (
	inTeam   = holder{"a team", []SubjectKind{SubjectUser, kindTeam}, "a user or team:NAME"}
	inGrants = holder{"an app group or app", []SubjectKind{SubjectUser, kindTeam, SubjectUserGroup},
		"a user, team:NAME or group:NAME"}
	inMailGroup = holder{"a mail group", []SubjectKind{SubjectUser, kindTeam, SubjectMailbox, SubjectDepartment, SubjectAddress},
		"a user, team:NAME, mailbox:ADDRESS, dept:NAME or an address"}
)

// The prefixes of items.
var (
	prefixWords = []string{"team", "group", "dept", "mailbox"}
	prefixes    = map[string]SubjectKind{
		"team": kindTeam, "group": SubjectUserGroup, "dept": SubjectDepartment, "mailbox": SubjectMailbox,
	}
)

var grantKeys = []string{"to", "starts", "expires", "reason"}

// grants decodes the grants of an app group or app.
func (d *decoder) grants(n *yaml.Node) []entry {
	list, _ := d.list(n, "grants")
	entries := make([]entry, 0, len(list))
	for _, n := range list {
		if e, ok := d.entry(n, "grant", RoleAccess, inGrants); ok {
			entries = append(entries, e)
		}
	}
	return entries
}

// members decodes a list of a mail group: of items, and of mappings as in grants for those who belong for a time.
// Neighbouring items make up one entry.
func (d *decoder) members(n *yaml.Node, what string, role Role) []entry {
	list, _ := d.list(n, what)
	var entries []entry
	for len(list) > 0 {
		if list[0].Kind == yaml.MappingNode {
			if e, ok := d.entry(list[0], "entry of "+what, role, inMailGroup); ok {
				entries = append(entries, e)
			}
			list = list[1:]
			continue
		}
		plain := slices.IndexFunc(list, func(n *yaml.Node) bool { return n.Kind == yaml.MappingNode })
		if plain < 0 {
			plain = len(list)
		}
		entries = append(entries, entry{role: role, to: d.items(list[:plain], inMailGroup)})
		list = list[plain:]
	}
	return entries
}

func (d *decoder) entry(n *yaml.Node, what string, role Role, in holder) (entry, bool) {
	e := entry{role: role}
	o, ok := d.object(n, what, grantKeys)
	if !ok {
		return e, false
	}
	if to, ok := o.need("to"); ok {
		list, _ := d.list(to, "to")
		e.to = d.items(list, in)
	}
	e.starts = d.moment(o.get("starts"), "starts")
	e.expires = d.moment(o.get("expires"), "expires")
	if e.starts != nil && e.expires != nil && !e.expires.at.After(e.starts.at) {
		d.reject(d.at(o.get("expires")), "make it later, or swap the two", "expires %s is not after starts %s", e.expires.text, e.starts.text)
	}
	if v := o.get("reason"); v != nil {
		if text, ok := d.text(v, "reason"); ok && d.visible(v, "reason", text, maxLine) {
			e.reason = text
		}
	}
	return e, true
}

// moment reads a date, which stands for 00:00 UTC, or a moment as in RFC 3339.
func (d *decoder) moment(n *yaml.Node, what string) *moment {
	const hint = "write 2026-12-31 for 00:00 UTC, or 2026-12-31T18:00:00+08:00"
	if n == nil || !d.is(n, yaml.ScalarNode, what, hint) {
		return nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, n.Value); err == nil {
			return &moment{at, n.Value}
		}
	}
	d.reject(d.at(n), hint, "%s %s is not a date", what, quoted(n.Value))
	return nil
}

func (d *decoder) items(list []*yaml.Node, in holder) []item {
	items := make([]item, 0, len(list))
	for _, n := range list {
		if it, ok := d.item(n, in); ok {
			items = append(items, it)
		}
	}
	return items
}

// item reads one word of a list of subjects.
func (d *decoder) item(n *yaml.Node, in holder) (item, bool) {
	it := item{at: d.at(n)}
	if n.Kind == yaml.MappingNode && !refused(n) {
		d.reject(it.at, "write team:NAME without a blank after the colon", "item must be a word, got a mapping")
		return it, false
	}
	text, ok := d.text(n, "item")
	if !ok || !d.visible(n, "item", text, maxLine) {
		return it, false
	}
	prefix, name, prefixed := strings.Cut(text, ":")
	it.name = text
	switch {
	case prefixed && prefixes[prefix] == "":
		d.reject(it.at, d.meant(prefix, prefixWords, "use "+in.takes), "unknown prefix %s in item %s", quoted(prefix), quoted(text))
		return it, false
	case prefixed:
		it.kind, it.name = prefixes[prefix], name
	case strings.Contains(text, "@"):
		it.kind = SubjectAddress
	default:
		it.kind = SubjectUser
	}
	if !slices.Contains(in.kinds, it.kind) {
		d.reject(it.at, "use "+in.takes, "%s can't hold %s", in.name, quoted(text))
		return it, false
	}
	return it, d.complete(n, &it)
}

// complete checks the part after the prefix and brings it into the form that is compared.
func (d *decoder) complete(n *yaml.Node, it *item) bool {
	if it.kind == SubjectUserGroup {
		if i := strings.LastIndexByte(it.name, '@'); i >= 0 {
			it.name, it.domain = it.name[:i], strings.ToLower(it.name[i+1:])
			if it.domain == "" || strings.TrimSpace(it.domain) != it.domain {
				d.reject(it.at, "write group:NAME@DOMAIN, or leave the @ out", "item %s has no domain after the @", quoted(n.Value))
				return false
			}
		}
	}
	if flaw, hint := Flaw(it.name, maxName); flaw != "" {
		d.reject(it.at, hint, "name in item %s %s", quoted(n.Value), flaw)
		return false
	}
	if it.kind == SubjectAddress || it.kind == SubjectMailbox {
		if !isAddress(it.name) {
			d.reject(it.at, "write NAME@DOMAIN", "item %s is not a mail address", quoted(n.Value))
			return false
		}
		it.name = strings.ToLower(it.name)
	}
	return true
}
