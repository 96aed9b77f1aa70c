package compose_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/spec/compose"
)

// formatted lays a text out, twice, which must not matter.
func formatted(t interface{ Fatalf(string, ...any) }, text string) string {
	once, err := compose.Format([]byte(text), providers.Formats())
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	twice, err := compose.Format(once, providers.Formats())
	if err != nil || string(twice) != string(once) {
		t.Fatalf("the form has another form: %v\n%s\n%s\n%s", err, text, once, twice)
	}
	return string(once)
}

func TestForm(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"order of sections, keys of people and resources": {
			"users:\n- {email: a@x.example, name: al}\n# groups\nappGroups:\n- {in: w, name: G, state: absent}\nversion: 1\n",
			"version: 1\n\nusers:\n  - {name: al, email: a@x.example}\n\n# groups\nappGroups:\n  - {name: G, in: w, state: absent}\n"},
		"comments in every place": {
			"# yaml-language-server: $schema=x.json\n# people\nusers: # all\n    # the first\n    - name: al # who\n      email: a@x.example   # where\n      # no more of al\n\n    # - {name: gone}\n\n\n    - # bob\n      name: bob\n    # end\nversion: 1 # one\n\n# last\n",
			"# yaml-language-server: $schema=x.json\nversion: 1  # one\n\n# people\nusers:  # all\n  # the first\n  - name: al  # who\n    email: a@x.example  # where\n    # no more of al\n\n  # - {name: gone}\n\n  # bob\n  - {name: bob}\n  # end\n\n# last\n"},
		"comments in brackets": {
			"version: 1\nteams:\n  a: [ # first\n    x, # ex\n    # why\n    y, z # zed\n    # no more\n  ] # closed\n  b: [\n    # nobody\n  ]\n",
			"version: 1\n\nteams:\n  a:  # closed\n    # first\n    - x  # ex\n    # why\n    - y\n    - z  # zed\n    # no more\n  # nobody\n  b: []\n"},
		"a comment of a section's end stays when sections move": {
			"teams: {}\n\nrules:\n  max-mails: 5\n  # no others\n\nusers: []\n# vim: x\n",
			"users: []\n# vim: x\n\nteams: {}\n\nrules:\n  max-mails: 5\n  # no others\n"},
		"a comment further right than what follows it": {
			"version: 1\nusers:\n      # who\n  - {name: al}\n", "version: 1\n\nusers:\n  # who\n  - {name: al}\n"},
		"quotes and escapes": {
			"version: 1\nteams:\n  \"a\": ['b', \"c d\", \"yes\", '12', \"2026-01-01\", \"e: f\", 'it''s # no', \"\\u0020g\", https://x/y#z, \"h#\"]\n",
			"version: 1\n\nteams:\n  a: [b, c d, \"yes\", \"12\", \"2026-01-01\", \"e: f\", \"it's # no\", \"\\u0020g\", https://x/y#z, \"h#\"]\n"},
		"grants in lines of their own": {
			"version: 1\nappGroups:\n  - {grants: [{reason: r, to: [al]}, {to: [bo], expires: 2027-01-01}], in: w, name: G} # both\n",
			"version: 1\n\nappGroups:\n  # both\n  - name: G\n    in: w\n    grants:\n      - to: [al]\n        reason: r\n      - to: [bo]\n        expires: 2027-01-01\n"},
		"texts of several lines": {
			"version: 1\nappGroups:\n  - name: G\n    in: w\n    grants:\n      - to: [al]\n        reason: > # folded\n          one # no comment\n          two\n      - to: [bo]\n        reason: one\n          two # why\n",
			"version: 1\n\nappGroups:\n  - name: G\n    in: w\n    grants:\n      - to: [al]\n        reason: \"one # no comment two\\u000A\"  # folded\n      - to: [bo]\n        reason: one two  # why\n"},
		"line ends and byte order mark": {"\ufeffversion: 1\r\nteams:\r\n    a: [b] # c\r\n", "version: 1\r\n\r\nteams:\r\n  a: [b]  # c\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, formatted(t, tc.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What import writes has the form already.
func TestComposedFilesHaveTheForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom([]string{"somebody.one", "two", "a: b", "12", " x", "yes", "张伟", "o'neil", "x,y", "[z]"}), 0, 12)
		members := rapid.MapOfN(rapid.SampledFrom([]string{"CAD", "A very long name of a group that has few others beside it in its line", "1", "设计评审"}), names, 1, 4).Draw(t, "members")
		for group, of := range members {
			slices.Sort(of)
			members[group] = slices.Compact(of)
		}
		conn := matrix(members)
		conn.Definition = definition(rapid.Permutation([]string{"provider: huaweicloud", "region: ap-southeast-3", "endpoint: http://127.0.0.1:1", "notices: off",
			"auth: {secretKey: env:HUAWEICLOUD_SDK_SK, accessKey: env:HUAWEICLOUD_SDK_AK}", "rate: {write: 10/min, read: 20/min}"}).Draw(t, "keys"))
		files := compose.Compose([]*compose.Connection{conn}, compose.Options{Ownership: spec.AddOnly, Schema: "x.json", About: []string{"all that is there"}})
		want := string(files.Files[0].Text)
		if diff := cmp.Diff(want, formatted(t, want)); diff != "" {
			t.Fatalf("%s", diff)
		}
	})
}

// definition is a connection as a file has it, a key a line.
func definition(keys []string) *yaml.Node {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(strings.Join(keys, "\n")), &document); err != nil {
		panic(err)
	}
	return document.Content[0]
}

// draft is a file as somebody may lay it out, and of which word each comment is about.
type draft struct {
	*rapid.T
	text  strings.Builder
	about map[string]string
}

func (d *draft) flip(label string) bool { return rapid.Bool().Draw(d.T, label) }

// line writes a line about a word, with or without comments above and behind it, and perhaps a blank line before.
func (d *draft) line(indent int, word, text string) {
	shift := strings.Repeat(" ", indent)
	if d.flip("blank") {
		d.text.WriteString(strings.Repeat("\n", rapid.IntRange(1, 3).Draw(d.T, "blanks")))
	}
	if d.flip("above") {
		fmt.Fprintf(&d.text, "%s# above %s\n", shift, word)
		d.about["# above "+word] = word
	}
	d.text.WriteString(shift + text)
	if d.flip("behind") {
		fmt.Fprintf(&d.text, "%s# behind %s", strings.Repeat(" ", rapid.IntRange(1, 3).Draw(d.T, "gap")), word)
		d.about["# behind "+word] = word
	}
	d.text.WriteString("\n")
}

func (d *draft) section(key string, indent int, items ...func(int)) func() {
	return func() {
		d.line(0, key+":", key+":")
		for _, item := range rapid.Permutation(items).Draw(d.T, key) {
			item(indent)
		}
	}
}

func (d *draft) user(name string) func(int) {
	return func(indent int) {
		if d.flip("flow") {
			d.line(indent, "name: "+name, "- {email: "+name+"@corp.example, name: "+name+"}")
			return
		}
		d.line(indent, "name: "+name, "- name: "+name)
		d.line(indent+2, "email: "+name, "email: '"+name+"@corp.example'")
	}
}

func (d *draft) group(name string) func(int) {
	return func(indent int) {
		d.line(indent, "name: "+name, "-   name: "+name)
		d.line(indent+4, "in: w"+name, "in: w"+name)
		d.line(indent+4, "grants:", "grants:")
		for i := range 3 {
			word := fmt.Sprintf("%s%d", name, i)
			if d.flip("flow") {
				d.line(indent+4, word, "- {reason: r, to: ["+word+"]}")
				continue
			}
			d.text.WriteString(strings.Repeat(" ", indent+4) + "- to:\n")
			d.line(indent+7, word, "- "+word)
		}
	}
}

// newDraft draws a file with comments in each place where people put them.
func newDraft(t *rapid.T) *draft {
	d := &draft{T: t, about: map[string]string{}}
	indent := rapid.SampledFrom([]int{0, 2, 3, 4}).Draw(t, "indent")
	team := func(name string) func(int) {
		return func(int) { d.line(2, name+":", name+": ["+name+"x, '"+name+"y']") }
	}
	sections := []func(){
		func() { d.line(0, "version:", "version: 1") },
		d.section("users", indent, d.user("u1"), d.user("u2"), d.user("u3")),
		d.section("teams", 2, team("t1"), team("t2")),
		d.section("appGroups", indent, d.group("g1"), d.group("g2")),
		d.section("rules", 2, func(int) { d.line(2, "max-mails:", "max-mails: 5") }, func(int) { d.line(2, "protected:", "protected: [\n   user:u1,\n  user:u2 ]") }),
	}
	for _, section := range rapid.Permutation(sections).Draw(t, "sections") {
		section()
	}
	return d
}

// A comment stays above or behind what it is about, whatever moves.
func TestCommentsStayWhereTheyBelong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDraft(t)
		text := d.text.String()
		var have []string
		for line := range strings.Lines(formatted(t, text)) {
			have = append(have, strings.TrimSpace(line))
		}
		for remark, word := range d.about {
			word = strings.TrimPrefix(word, "grants:")
			at := slices.IndexFunc(have, func(line string) bool { return strings.HasSuffix(line, remark) })
			if strings.HasSuffix(remark, "grants:") { // there are two of them
				continue
			}
			below := at
			for below >= 0 && (have[below] == "" || strings.HasPrefix(have[below], "#")) {
				below++
			}
			if at < 0 || below == len(have) || !strings.Contains(have[below], word) {
				t.Fatalf("%q is not at %q\n%s\n%s", remark, word, text, strings.Join(have, "\n"))
			}
		}
	})
}

// Comments and blank lines anywhere, as nobody would put them, are kept too, and the form has no other form.
func TestFormKeepsStrayComments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := strings.SplitAfter(newDraft(t).text.String(), "\n")
		for i := range rapid.IntRange(1, 12).Draw(t, "stray") {
			at := rapid.IntRange(0, len(lines)-1).Draw(t, "at")
			stray := fmt.Sprintf("%s# stray %d\n", strings.Repeat(" ", rapid.IntRange(0, 9).Draw(t, "column")), i)
			if rapid.Bool().Draw(t, "blank") {
				stray += "\n"
			}
			lines = slices.Insert(lines, at, stray)
		}
		text := strings.Join(lines, "")
		form := formatted(t, text)
		if have, want := strings.Count(form, "#"), strings.Count(text, "#"); have != want {
			t.Fatalf("%d of %d comments are there\n%s\n%s", have, want, text, form)
		}
	})
}

// Files that load say the same in their form.
func TestFormLoadsTheSame(t *testing.T) {
	var files []string
	for _, pattern := range []string{"../testdata/good/*.yaml", "../../../examples/*.yaml", "../../../examples/*/entitlements.yaml"} {
		found, _ := filepath.Glob(pattern)
		files = append(files, found...)
	}
	if len(files) < 3 {
		t.Fatal("the files are not here")
	}
	tested := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tested += loadsTheSame(t, text)
	}
	if tested < 3 {
		t.Errorf("only %d of %d files load", tested, len(files))
	}
}

// loadsTheSame holds a file against its form, and answers how many it tested.
func loadsTheSame(t *testing.T, text []byte) int {
	in := func(text []byte) spec.Input {
		return spec.Input{Paths: []string{"-"}, Stdin: text, Formats: providers.Formats()}
	}
	before, err := spec.Load(in(text))
	if err != nil {
		return 0
	}
	form, err := compose.Format(text, providers.Formats())
	if err != nil {
		t.Logf("%v\n%s", err, text)
		return 0
	}
	after, err := spec.Load(in(form))
	if err != nil {
		t.Fatalf("the form does not load: %v\n%s\n%s", err, text, form)
	}
	again, err := compose.Format(form, providers.Formats())
	if err != nil || string(again) != string(form) {
		t.Fatalf("the form has another form: %v\n%q\n%q\n%q", err, text, form, again)
	}
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	one, other := before.Desired(now), after.Desired(now)
	for name, state := range one {
		if len(other) != len(one) || len(state.Resources) != len(other[name].Resources) || !sameGrants(state.Grants, other[name].Grants) {
			t.Fatalf("the form says something else\n%s\n%s", text, form)
		}
		for ref, r := range state.Resources {
			if o := other[name].Resources[ref]; r.Settings != o.Settings || r.Ownership != o.Ownership || r.Absent != o.Absent || r.Open != o.Open {
				t.Fatalf("the form says something else of %s\n%s\n%s", ref, text, form)
			}
		}
	}
	return 1
}

// FuzzFormat: what loads says the same in its form, whose form is itself.
func FuzzFormat(f *testing.F) {
	for _, pattern := range []string{"../testdata/good/*.yaml", "../../../examples/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) < 1<<16 {
			loadsTheSame(t, text)
		}
	})
}
