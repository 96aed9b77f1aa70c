package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Test is one thing that must hold of what the files give.
type Test struct {
	Source   Position
	Asserts  Assertion
	Who      string    // of AssertCan and AssertCannot: a user of the files
	Resource string    // KIND/NAME, on whichever connection
	Max      int       // of AssertMax
	At       time.Time // the moment at which it must hold; zero: at that of the run
	AtText   string    // as the file writes it

	kind  *KindSchema
	only  []item   // of AssertOnly
	where Position // of the resource's name
}

// FailedTest is a Test that does not hold.
type FailedTest struct {
	Connection string // on which it does not
	What       string // the test, and what is wrong
	Have       int    // how many hold the resource, of AssertMax; how many too many, of others
	Limit      int
}

// Assertion is what a Test says.
type Assertion string

// The assertions.
const (
	AssertCan    Assertion = "can"    // somebody has a role on the resource, on one connection at least
	AssertCannot Assertion = "cannot" // somebody has none
	AssertMax    Assertion = "max"    // so many hold it at most
	AssertOnly   Assertion = "only"   // nobody else holds it
)

// String is the test in words: "bob can app/AutoCAD".
func (t Test) String() string {
	var text string
	switch t.Asserts {
	case AssertMax:
		text = fmt.Sprintf("%s max %d", t.Resource, t.Max)
	case AssertOnly:
		text = t.Resource + " only [" + strings.Join(Each(t.only, item.text), ", ") + "]"
	default:
		text = t.Who + " " + string(t.Asserts) + " " + t.Resource
	}
	if t.AtText != "" {
		text += " at " + t.AtText
	}
	return text
}

// text is the item as files write it.
func (it item) text() string { return Subject{it.kind, it.name, it.domain}.String() }

// Tests are those of the files, in reading order, one for each thing that must hold.
func (s *Spec) Tests() []Test { return slices.Clone(s.tests) }

// Lets are whom an AssertOnly lets hold the resource at a connection.
func (s *Spec) Lets(t Test, connection string) map[Subject]bool {
	lets, c := map[Subject]bool{}, s.sites[connection]
	if c == nil {
		return lets
	}
	for _, u := range peopleIn(t.only) {
		lets[c.identity(u)] = true
	}
	for i := range t.only {
		if it := &t.only[i]; it.user == nil && it.team == nil {
			lets[it.subject(c)] = true
		}
	}
	return lets
}

var testKeys = []string{"who", "can", "cannot", "resource", "max", "only", "at"}

func (d *decoder) decodeTests(n *yaml.Node) {
	list, _ := d.list(n, "tests")
	for _, n := range list {
		d.test(n)
	}
}

// test decodes one entry, which may hold several things.
func (d *decoder) test(n *yaml.Node) {
	o, ok := d.object(n, "test", testKeys)
	if !ok || len(o.unknown) > 0 {
		return
	}
	base := Test{Source: d.at(n)}
	if at := d.moment(o.get("at"), "at"); at != nil {
		base.At, base.AtText = at.at, at.text
	}
	has := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return o.get(key) != nil })
	}
	switch {
	case has("who") == has("resource"), has("who") && has("resource", "max", "only"), has("resource") && has("can", "cannot"):
		d.reject(d.at(n), "write {who: USER, can: [KIND/NAME], cannot: [KIND/NAME]} or {resource: KIND/NAME, max: N, only: [team:NAME]}", "test is neither about a user nor about a resource")
	case has("who") && !has("can", "cannot"):
		d.reject(d.at(n), "add can: or cannot:", "test says nothing of %s", shown(o.get("who")))
	case has("resource") && !has("max", "only"):
		d.reject(d.at(n), "add max: or only:", "test says nothing of %s", shown(o.get("resource")))
	case has("who"):
		d.testOfUser(o, base)
	default:
		d.testOfResource(o, base)
	}
}

func (d *decoder) testOfUser(o object, t Test) {
	var ok bool
	if t.Who, ok = d.line(o.get("who"), "who", maxName); !ok {
		return
	}
	for _, asserts := range []Assertion{AssertCan, AssertCannot} {
		n := o.get(string(asserts))
		if n == nil {
			continue
		}
		list, _ := d.list(n, string(asserts))
		for _, n := range list {
			each := t
			if each.Asserts = asserts; d.tested(n, &each) {
				d.tests = append(d.tests, each)
			}
		}
	}
}

func (d *decoder) testOfResource(o object, t Test) {
	if !d.tested(o.get("resource"), &t) {
		return
	}
	if n := o.get("max"); n != nil {
		each := t
		var ok bool
		if each.Max, ok = d.count(n, "max"); ok {
			each.Asserts = AssertMax
			d.tests = append(d.tests, each)
		}
	}
	if n := o.get("only"); n != nil {
		list, _ := d.list(n, "only")
		each := t
		each.Asserts, each.only = AssertOnly, d.items(list, inTest)
		d.tests = append(d.tests, each)
	}
}

var inTest = holder{"a test", []SubjectKind{SubjectUser, kindTeam, SubjectUserGroup, SubjectDepartment, SubjectMailbox, SubjectAddress}}

// tested reads the resource of a test.
func (d *decoder) tested(n *yaml.Node, t *Test) bool {
	text, ok := d.line(n, "resource", maxLine)
	if !ok {
		return false
	}
	word, name, _ := strings.Cut(text, "/")
	kind, all := d.granting(word)
	if word, name, _ := strings.Cut(text, ":"); name != "" && slices.Contains(all, word) {
		d.reject(d.at(n), fmt.Sprintf("did you mean %q?", word+"/"+name), "%s names no resource", quoted(text))
		return false
	}
	if kind == nil || name == "" {
		d.reject(d.at(n), d.meant(word, all, "write KIND/NAME, where KIND is "+either(all)), "%s names no resource", quoted(text))
		return false
	}
	t.kind, t.where, t.Resource = kind, d.at(n), word+"/"+kind.fold(name)
	return true
}

// resolveTests looks up what tests mention: what nobody lists can't be tested.
func (l *loader) resolveTests() {
	known := map[string]bool{}
	var names []string
	for _, r := range l.resources {
		if name := r.ref().String(); !known[name] {
			known[name] = true
			names = append(names, name)
		}
	}
	for i := range l.tests {
		t := &l.tests[i]
		if t.Who != "" {
			l.userNamed(mention{t.Who, t.Source})
		}
		if !known[t.Resource] {
			l.reject(t.where, l.meant(t.Resource, names, "list it, or take it out of the test"), "no resource %s is listed", quoted(t.Resource))
		}
		l.lookUp(t.only)
	}
}
