package spec

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// table is a CSV file of people. Its rows are read as the users of a file are, so that the same holds for both.
type table struct {
	*decoder
	named   []column // as the files name them; none: the headers are keys
	namedAt Position
	namedIn *decoder // the file that names them
	bytes   []byte
	begins  []int // lines
	reader  *csv.Reader
	counts  map[int]column // columns that count, by their place

	connectionAt map[string]Position // where names: names connections
}

// read reads all rows, and tells whether it could. All that is wrong is reported.
func (t *table) read(data []byte) bool {
	data, ok := t.readable(data)
	if !ok {
		return false
	}
	if t.conflicts(data) {
		return false
	}
	t.bytes, t.begins = data, []int{0}
	for i, c := range data {
		if c == '\n' {
			t.begins = append(t.begins, i+1)
		}
	}
	t.reader = csv.NewReader(strings.NewReader(string(data)))
	header, err := t.reader.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		t.malformed(nil, err)
		return false
	}
	if len(header) == 0 {
		return t.nobody()
	}
	if !t.headers(header) {
		return false
	}
	rows := 0
	for ok = true; ; rows++ {
		fields, err := t.reader.Read()
		switch {
		case errors.Is(err, io.EOF):
			t.elsewhere += rows
			return rows > 0 && ok || rows == 0 && t.nobody()
		case err != nil:
			t.malformed(fields, err)
			ok = false
		default:
			ok = t.row(fields) && ok
		}
	}
}

// nobody refuses a list of nobody: it would take everything from everybody.
func (t *table) nobody() bool {
	t.reject(Position{File: t.file, Line: 1, Column: 1}, "find out why it is empty, or remove usersFrom", "file lists nobody, which would take everything from everybody")
	return false
}

// separators are what tables are separated by that are none of ours.
const separators = ";\t|，；、"

// malformed says what is wrong with a row as such.
func (t *table) malformed(fields []string, err error) {
	var wrong *csv.ParseError
	if !errors.As(err, &wrong) {
		t.reject(Position{File: t.file, Line: 1, Column: 1}, "save it again as CSV", "can't be read: %v", err)
		return
	}
	at := t.position(wrong.Line, wrong.Column)
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		t.reject(t.position(wrong.Line, 1), t.separatorHint(fields, "quote what holds a comma, and leave no field out"), "row has %s, and the header %s",
			countOf(len(fields), "field"), countOf(t.reader.FieldsPerRecord, "field"))
	case errors.Is(err, csv.ErrBareQuote):
		t.reject(at, `write quotes around all of the field, and "" for one in it`, "a quote within a field that does not begin with one")
	default:
		t.reject(at, "close it, and write a comma or the end of the line behind it", "a quote that is not closed, or text behind it")
	}
}

func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// separatorHint is about a separator that is no comma, where fields hold one.
func (t *table) separatorHint(fields []string, otherwise string) string {
	if i := strings.IndexAny(strings.Join(fields, ""), separators); i >= 0 {
		r, _ := utf8.DecodeRuneInString(strings.Join(fields, "")[i:])
		return fmt.Sprintf("separate fields by plain commas, not by %q (%U)", r, r)
	}
	return otherwise
}

// headers finds the columns.
func (t *table) headers(header []string) bool {
	t.counts, t.connectionAt = map[int]column{}, map[string]Position{}
	names, ok := Each(header, strings.TrimSpace), true
	wanted := t.named
	if len(wanted) == 0 {
		for _, key := range columnKeys {
			if slices.Contains(names, key) && key != "names" || key == "name" {
				wanted = append(wanted, column{key: key, header: key, at: t.namedAt})
			}
		}
	}
	if len(t.named) > 0 && !t.hasAny(names) {
		t.reject(t.position(1, 1), "begin the file with a line of column names, or say with columns: which is what", "the first line has none of the columns that %s names", t.namedAt.File)
		return false
	}
	for _, c := range wanted {
		place := slices.Index(names, c.header)
		switch {
		case place < 0 && len(names) == 1 && strings.ContainsAny(names[0], separators):
			t.reject(t.position(1, 1), t.separatorHint(names, ""), "header is one field")
			return false
		case place < 0:
			t.namedIn.reject(c.at, t.meant(c.header, names, "the columns are "+either(names)+"; say with columns: which is what"), "%s has no column %s", t.file, quoted(c.header))
			ok = false
		case slices.Contains(names[place+1:], c.header):
			t.reject(t.field(place+1+slices.Index(names[place+1:], c.header)), "rename one of the two", "column %s is there twice", quoted(c.header))
			ok = false
		case t.counts[place].key != "":
			t.namedIn.reject(c.at, "name another column", "column %s is %s already", quoted(c.header), t.counts[place].key)
			ok = false
		default:
			t.counts[place] = c
			if c.connection != "" {
				t.connectionAt[c.connection] = c.connectionAt
			}
		}
	}
	return ok
}

// hasAny says whether headers are among the columns that the files name, or nearly; what is one field holds all of them.
func (t *table) hasAny(headers []string) bool {
	return len(headers) == 1 && strings.ContainsAny(headers[0], separators) || slices.ContainsFunc(headers, func(have string) bool {
		return slices.ContainsFunc(t.named, func(c column) bool { return suggest(c.header, []string{have}) != "" })
	})
}

// position is that of a byte of a line.
func (t *table) position(line, column int) Position {
	at := Position{File: t.file, Line: max(line, 1), Column: max(column, 1)}
	if at.Line <= len(t.begins) {
		from := t.begins[at.Line-1]
		at.Column = 1 + utf8.RuneCount(t.bytes[from:min(from+at.Column-1, len(t.bytes))])
	}
	return at
}

// field is where a field of the last row begins.
func (t *table) field(place int) Position {
	line, column := t.reader.FieldPos(place)
	return t.position(line, column)
}

// row reads a person, and tells whether there is one.
func (t *table) row(fields []string) bool {
	n, left, teams := t.person(fields)
	if (object{node: n}).get("name") == nil {
		t.reject(t.field(0), "fill in the column, or remove the row", "row has no name")
		return false
	}
	known := len(t.userList)
	if !t.user(n) {
		return false
	}
	if len(t.userList) > known { // else it was there
		u := t.userList[known]
		for i := range u.given {
			u.given[i].at = t.connectionAt[u.given[i].connection]
		}
		u.leaves = t.moment(left, keyLeft)
		t.join(u, teams)
	}
	return true
}

// person is a row as files write users, and what it says beside that; nil: nothing.
func (t *table) person(fields []string) (n, left, teams *yaml.Node) {
	at := t.field(0)
	n, names := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: at.Line, Column: at.Column}, &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for place, field := range fields {
		c, counts := t.counts[place]
		text := strings.Trim(field, " ")
		if !counts || text == "" {
			continue
		}
		value := t.scalar(text, t.field(place))
		switch c.key {
		case keyLeft:
			left = value
		case keyTeams:
			teams = value
		case "names":
			names.Content = append(names.Content, t.scalar(c.connection, t.field(place)), value)
		default:
			n.Content = append(n.Content, t.scalar(c.key, t.field(place)), value)
		}
	}
	if len(names.Content) > 0 {
		n.Content = append(n.Content, t.scalar("names", at), names)
	}
	return n, left, teams
}

// scalar is a field as files have it.
func (t *table) scalar(value string, at Position) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Style: yaml.SingleQuotedStyle, Line: at.Line, Column: at.Column}
}

// join adds a person to the teams that a field lists.
func (t *table) join(u *user, n *yaml.Node) {
	if n == nil {
		return
	}
	if strings.ContainsAny(n.Value, "；、，,") {
		t.lostTeams = true
		t.reject(t.at(n), "separate them by plain semicolons", "teams %s are separated by something else", quoted(n.Value))
		return
	}
	seen := map[string]bool{}
	for name := range strings.SplitSeq(n.Value, ";") {
		name = strings.Trim(name, " ")
		in := t.teams[name]
		switch {
		case name == "":
		case seen[name]:
			t.reject(t.at(n), "keep one of them", "team %s is there twice", quoted(name))
		case in != nil && !in.elsewhere:
			t.reject(t.at(n), "rename one of the two", "team %s is defined at %s too", quoted(name), in.source)
		case in == nil && !t.visible(t.scalar(name, t.at(n)), "team name", maxName):
		default:
			if in == nil {
				in = &team{name: name, source: t.at(n), elsewhere: true}
				t.teams[name] = in
				t.teamList, t.teamNames = append(t.teamList, in), append(t.teamNames, name)
			}
			in.members = append(in.members, item{&saying{word: word{kind: SubjectUser, name: u.name}}, t.at(n)})
		}
		seen[name] = true
	}
}
