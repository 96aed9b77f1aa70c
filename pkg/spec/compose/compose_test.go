package compose_test

import (
	"maps"
	"os"
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

// Every YAML reader takes what Scalar writes for the very text, in a list in one line and in a block alike.
func TestScalarsAreTheirText(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[-+.0-9a-zA-Z_:#, '"\\\[\]{}&*!|>@%?=~]{0,8}`),
		rapid.SampledFrom([]string{"", "~", "null", "yes", "No", "ON", "0x1f", "0o17", "1_000", "1e3", "2026-01-01", "12:30", "<<", "=", "a:", ":a", "a: b", "a #b", " a", "a ", "\u3000a", "---", "..."}))
	rapid.Check(t, func(t *rapid.T) {
		want := text.Draw(t, "text")
		written := compose.Scalar(want)
		for _, document := range []string{"[" + written + ", x]", "- " + written, "key: " + written, "{" + written + ": 1}"} {
			var root yaml.Node
			if err := yaml.Unmarshal([]byte(document), &root); err != nil {
				t.Fatalf("%q as %q: %v", want, document, err)
			}
			n := root.Content[0]
			have := n.Content[0]
			if strings.HasPrefix(document, "key") {
				have = n.Content[1]
			}
			if have.Value != want || have.Tag != "!!str" {
				t.Fatalf("%q as %q is %q (%s)", want, document, have.Value, have.Tag)
			}
		}
	})
}

// oddName is a name as vendors may have it.
var oddName = rapid.OneOf(rapid.SampledFrom([]string{"ann", "Ann", "ben", "yes", "12", "null", "a: b", "team:x", "x@y", "x@corp.example", " lead", "trail ", "zwj\u200dx",
	"\u200b", "tab\tx", "rtl\u202ex", "张伟", "e\u0301", `"q"`, "#x", "a,b"}), rapid.StringN(1, 6, 24))

// drawConnection draws what a connection of some provider may hold, by the schema alone.
func drawConnection(t *rapid.T, name string, format *spec.ProviderSchema) *compose.Connection {
	conn := spec.Connection{Name: name, Provider: format.Provider, Settings: map[string]string{}}
	c := &compose.Connection{Connection: conn, Schema: format, State: spec.NewState(), People: map[spec.Subject]compose.Person{}, Remarks: map[spec.Ref][]string{}}
	probe := format.Identify(spec.Person{Account: "x", Email: "x@corp.example"})
	var users []spec.Subject
	for _, n := range rapid.SliceOfNDistinct(oddName, 1, 6, rapid.ID).Draw(t, name+" people") {
		s := spec.Subject{Kind: spec.SubjectUser, Name: n}
		if probe.Name != "x" { // known by address
			s.Name = strings.ToLower(strings.Map(func(r rune) rune {
				if r > 'z' || r < '0' {
					return 'x'
				}
				return r
			}, n)) + "@corp.example"
		} else if format.Domain != "" {
			s.Domain = rapid.SampledFrom([]string{format.Domain, "corp.local"}).Draw(t, name+" domain")
			c.People[s] = compose.Person{Email: rapid.SampledFrom([]string{"", "ann@corp.example", "ben@corp.example", "odd"}).Draw(t, name+" email")}
		}
		users = append(users, s)
	}
	for k := range format.Kinds {
		kind := &format.Kinds[k]
		for _, n := range rapid.SliceOfNDistinct(oddName, 0, 4, rapid.ID).Draw(t, string(kind.Kind)) {
			if kind.ID == spec.ByAddress {
				n = strings.ToLower(n) + "@corp.example"
			}
			drawResource(t, c, kind, spec.Ref{Connection: name, Kind: kind.Kind, Name: n}, users)
		}
	}
	return c
}

func drawResource(t *rapid.T, c *compose.Connection, kind *spec.KindSchema, ref spec.Ref, users []spec.Subject) {
	settings, open := spec.Settings{}, false
	for _, s := range kind.Settings {
		value := ""
		switch {
		case s.Fixed:
		case s.Words != nil:
			value = rapid.SampledFrom(s.Words).Draw(t, s.Key)
			open = open || s.Opens == value
		case s.User:
			value = rapid.SampledFrom(users).Draw(t, s.Key).Name
		case !s.Address:
			value = oddName.Draw(t, s.Key)
		}
		settings = settings.With(s.Key, value)
	}
	c.State.Resources[ref] = spec.Resource{Settings: settings, Open: open}
	for _, l := range kind.Lists {
		if open || l.When != nil && settings.Get(l.When.Setting) != l.When.Word {
			continue
		}
		for range rapid.IntRange(0, 5).Draw(t, l.Key) {
			s := spec.Subject{Kind: rapid.SampledFrom(l.Takes).Draw(t, "takes"), Name: oddName.Draw(t, "name")}
			switch {
			case s.Kind == spec.SubjectUser:
				s = rapid.SampledFrom(users).Draw(t, "user")
			case s.Kind == spec.SubjectUserGroup && c.Schema.Domain != "":
				s.Domain = rapid.SampledFrom([]string{c.Schema.Domain, "corp.local"}).Draw(t, "domain")
			case s.Kind != spec.SubjectDepartment:
				s.Name = strings.ToLower(s.Name) + "@corp.example"
			}
			c.State.Grants.Add(spec.Grant{Resource: ref, Subject: s, Role: l.Role}, spec.Origin{})
		}
	}
}

// What is composed loads, and gives the very states that it was composed from, but for what is noted: with any provider's kinds,
// and however things are called.
func TestComposedIsWhatThereWas(t *testing.T) {
	formats, drawn := providers.Formats(), 0
	rapid.Check(t, func(t *rapid.T) {
		if drawn++; drawn > 40 && os.Getenv("ENTITLECTL_TEST_LONG") == "" {
			return
		}
		var connections []*compose.Connection
		definitions := []byte("version: 1\nconnections:\n")
		for i := range formats {
			for _, name := range []string{"one", "two"} {
				c := drawConnection(t, formats[i].Provider+"-"+name, &formats[i])
				connections = append(connections, c)
				definitions = append(definitions, defined(c)...)
			}
		}
		opts := compose.Options{Ownership: rapid.SampledFrom([]spec.Ownership{spec.Owned, spec.AddOnly, spec.Ignored}).Draw(t, "ownership"),
			Teams: rapid.Bool().Draw(t, "teams")}
		files := compose.Compose(connections, opts)
		if again := compose.Compose(connections, opts); !cmp.Equal(files, again) {
			t.Fatal("composing again gives something else")
		}
		text := append(definitions, strings.TrimPrefix(string(files.Files[0].Text), "version: 1\n")...)
		s, err := spec.Load(spec.Input{Paths: []string{"-"}, Stdin: text, Formats: formats})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		noted := map[spec.Ref]bool{}
		for _, n := range files.Notes {
			noted[n.Resource] = true
		}
		desired := s.Desired(time.Now())
		for _, c := range connections {
			compare(t, c, desired[c.Name], noted, opts.Ownership, string(text))
		}
	})
}

// defined is a connection as a file has it.
func defined(c *compose.Connection) string {
	var keys []string
	for _, key := range c.Schema.Required {
		keys = append(keys, key+": ap-southeast-3")
	}
	var auth []string
	for _, key := range c.Schema.Auth[0].Keys {
		auth = append(auth, key+": env:ENTITLECTL_SECRET_"+strings.ToUpper(strings.ReplaceAll(c.Name, "-", "_"))+key)
	}
	keys = append(keys, "provider: "+c.Provider, "auth: {"+strings.Join(auth, ", ")+"}")
	return "  " + c.Name + ": {" + strings.Join(keys, ", ") + "}\n"
}

func compare(t *rapid.T, c *compose.Connection, have spec.State, noted map[spec.Ref]bool, ownership spec.Ownership, text string) {
	for ref, want := range c.State.Resources {
		r, listed := have.Resources[ref]
		switch {
		case noted[ref]:
			if ownership == spec.Owned && listed && r.Ownership == spec.Owned && len(c.State.Grants.Where(func(g spec.Grant) bool { return g.Resource == ref && !have.Grants.Has(g) }).Sorted()) > 0 {
				t.Fatalf("%s is owned, and somebody is left out\n%s", ref, text)
			}
		case !listed || r.Settings != want.Settings:
			t.Fatalf("%s has %v, want %v\n%s", ref, r.Settings, want.Settings, text)
		}
	}
	for g := range c.State.Grants.Minus(have.Grants) {
		if !noted[g.Resource] {
			t.Fatalf("%v is left out and not noted\n%s", g, text)
		}
	}
	if more := slices.Collect(maps.Keys(maps.Collect(func(yield func(spec.Grant, bool) bool) {
		for g := range have.Grants.Minus(c.State.Grants) {
			if !yield(g, true) {
				return
			}
		}
	}))); len(more) > 0 {
		t.Fatalf("the files give %v, which is not there\n%s", more, text)
	}
}
