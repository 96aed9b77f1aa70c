package compose

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// entry is a resource of the files that are to be.
type entry struct {
	connection *Connection
	kind       *spec.KindSchema
	ref        spec.Ref
	ownership  spec.Ownership
	settings   []pair
	lists      []roll
	remarks    []string // comments
	grants     int
}

// roll is a list of an entry: who has a role.
type roll struct {
	*spec.List
	teams  []string // names of teams, sorted
	users  []string // names of users for whom no team stands, sorted
	others []string // items that are no users, as written, sorted
}

// entryOf writes down a resource. Where the files can't list it, it says why.
func (c *composer) entryOf(conn *Connection, kind *spec.KindSchema, ref spec.Ref) (e *entry, why string) {
	e = &entry{connection: conn, kind: kind, ref: ref, ownership: c.opts.Ownership, remarks: slices.Clone(conn.Remarks[ref])}
	listable := spec.CanName(ref.Name)
	if kind.ID == spec.ByAddress {
		listable = spec.IsAddress(ref.Name)
	}
	if !listable {
		return nil, "no file can hold this name"
	}
	reason, watched := c.opts.Watched[ref]
	if watched {
		e.ownership = spec.Ignored
		e.remarks = append(e.remarks, reason)
	}
	if !watched || kind.Ownership {
		if why := c.settings(e, conn.State.Resources[ref]); why != "" {
			return nil, why
		}
	}
	c.lists(e, conn.State.Resources[ref])
	return e, ""
}

// settings writes down those settings that files can hold.
func (c *composer) settings(e *entry, r spec.Resource) (why string) {
	all := r.Settings.And(r.Fixed)
	for i := range e.kind.Settings {
		s := &e.kind.Settings[i]
		value := all.Get(s.Key)
		text, fits := value, spec.CanName(value)
		switch {
		case value == "":
		case s.User:
			text = c.directory.names[holder{e.connection.Name, e.connection.named(value)}]
			fits = text != ""
		case s.Words != nil:
			fits = slices.Contains(s.Words, value)
		case s.Address:
			fits = spec.IsAddress(value)
		}
		switch {
		case s.Implied != "" && (value == "" || !fits):
			return fmt.Sprintf("its %s is not one that files know", s.Key)
		case value == "":
		case !fits:
			c.inexact(e, fmt.Sprintf("%s is left out: no file can say %q", s.Key, value))
		default:
			e.settings = append(e.settings, pair{s.Key, Scalar(text)})
		}
	}
	return ""
}

// inexact notes what the files don't say of a resource. Where it is owned, that would take something, so it is not.
func (c *composer) inexact(e *entry, why string) {
	e.remarks = append(e.remarks, why)
	c.files.Notes = append(c.files.Notes, Left{e.ref, why})
}

// lists writes down who has which role.
func (c *composer) lists(e *entry, r spec.Resource) {
	if r.Open {
		return
	}
	held := c.held[e.ref]
	unwritten := map[string]bool{}
	for i := range e.kind.Lists {
		l := &e.kind.Lists[i]
		if l.When != nil && r.Settings.Get(l.When.Setting) != l.When.Word {
			continue
		}
		of := roll{List: l}
		for _, s := range held[l.Role] {
			switch name, other := c.item(e.connection, s); {
			case name != "":
				of.users = append(of.users, name)
			case other != "" && slices.Contains(l.Takes, s.Kind):
				of.others = append(of.others, other)
			default:
				unwritten[fmt.Sprintf("%q", s.String())] = true
				continue
			}
			e.grants++
		}
		slices.Sort(of.users)
		slices.Sort(of.others)
		if len(of.users)+len(of.others) > 0 {
			e.lists = append(e.lists, of)
		}
	}
	if len(unwritten) == 0 {
		return
	}
	c.inexact(e, "left out, since the files can't name them: "+strings.Join(slices.Sorted(maps.Keys(unwritten)), ", "))
	if e.ownership == spec.Owned {
		e.ownership = spec.AddOnly
	}
}

// item is how a list names a subject: as a user, or as it is written; both are "" where no file can name it.
func (c *composer) item(conn *Connection, s spec.Subject) (user, other string) {
	if s.Kind == spec.SubjectUser {
		return c.directory.names[holder{conn.Name, s}], ""
	}
	prefix, suffix := spec.Subject{Kind: s.Kind}.String(), ""
	if s.Kind == spec.SubjectUserGroup && (s.Domain != conn.domain() || strings.Contains(s.Name, "@")) {
		if s.Domain == "" {
			return "", ""
		}
		suffix = "@" + s.Domain
	}
	addressed := s.Kind == spec.SubjectMailbox || s.Kind == spec.SubjectAddress
	if !spec.CanName(s.Name) || addressed && !spec.IsAddress(s.Name) || suffix != "" && !spec.IsDomain(s.Domain) {
		return "", ""
	}
	return "", Item(prefix, s.Name, suffix)
}

// lines are the entry as a file has it.
func (e *entry) lines() lines {
	pairs := []pair{{string(e.kind.ID), Scalar(e.ref.Name)}, {"in", Scalar(e.ref.Connection)}}
	if e.kind.Ownership && e.ownership != spec.Owned {
		pairs = append(pairs, pair{"ownership", string(e.ownership)})
	}
	pairs = append(pairs, e.settings...)
	var above, all lines
	for _, remark := range e.remarks {
		above = append(above, Comment(remark, Width-len("  "))...)
	}
	if line := flowMap(pairs...); len(e.lists) == 0 && len(line) <= Width-len("  - ") {
		return append(above, "- "+line)
	}
	for _, p := range pairs {
		all = append(all, p.key+": "+p.value)
	}
	for _, l := range e.lists {
		all = append(all, l.lines()...)
	}
	return append(above, all.asItem()...)
}

// lines are the list as a file has it, within an item of a section.
func (l roll) lines() lines {
	const within = len("    ")
	items := slices.Concat(spec.Each(l.teams, teamItem), spec.Each(l.users, Scalar), l.others)
	if l.Plain {
		return FlowList(l.Key, items, Width-within)
	}
	grant := lines(FlowList("to", items, Width-within-len("  - ")))
	return append(lines{l.Key + ":"}, grant.asItem().indented(len("  "))...)
}

// compare orders entries as files list them.
func (e *entry) compare(o *entry) int {
	return cmp.Or(strings.Compare(e.ref.Name, o.ref.Name), strings.Compare(e.ref.Connection, o.ref.Connection))
}
