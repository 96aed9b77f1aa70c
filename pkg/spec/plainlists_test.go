package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// readsAsYAML checks that a text is read as yaml.v3 reads it, comments apart, and returns whether any list was cut.
func readsAsYAML(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string) bool {
	t.Helper()
	want, second, wantErr := document([]byte(text))
	d := &decoder{loader: newLoader(nil, ""), data: []byte(text)}
	got, gotErr := d.root()
	for n := range d.cut {
		n.Content = d.itemsOf(n)
	}
	if (gotErr == nil) != (wantErr == nil) || wantErr != nil && gotErr.Error() != wantErr.Error() {
		t.Fatalf("%q: %v, want %v", text, gotErr, wantErr)
	}
	comments := cmpopts.IgnoreFields(yaml.Node{}, "HeadComment", "LineComment", "FootComment")
	if d := cmp.Diff(want, got, comments); d != "" {
		t.Fatalf("%q: (-yaml.v3 +got)\n%s", text, d)
	}
	return second == nil && len(d.cut) > 0
}

const nine = "a, b, c, d, e, f, g, h, i"

var withLists = []string{
	"to: [" + nine + "]",
	"x: [" + nine + "] # end\ny: [" + nine + ", team:cad, group:Designers@corp.local, alice@corp.example]\n",
	"x: {to: [ " + nine + " ], y: 1, z: [" + nine + "]}",
	"x:\n  - [" + nine + ",\n     " + nine + "\n    ]\n  - [\n" + nine + "]\n",
	"x: [" + nine + "]\r\ny: [a,\r\n  " + nine + "]\r\n",
	"x: [李雷, 韩梅梅, " + nine + ", Zoë]\ny: 2",
	"[" + nine + "]: x",
	"? [" + nine + "]\n: [" + nine + "]\n",
	"- [" + nine + "]\n- [[" + nine + "], [" + nine + "]]\n- " + nine + "\n",
	"---\nx: [" + nine + "]\n...\n",
}

var withoutLists = []string{
	"# [" + nine + "]\nx: [" + nine + "]\n",
	"x: 'of [" + nine + "]'\ny: [" + nine + "]\n",
	"x: of [" + nine + "] it\n",
	"x: |\n  [" + nine + "]\ny: [" + nine + "]\n",
	"x: \"[" + nine + "]\"\n",
	"x: [" + nine + ",]\n", "x: [" + nine + ", ]\n", "x: [," + nine + "]\n", "x: [" + nine + ",, j]\n",
	"x: [" + nine + ", true]\n", "x: [" + nine + ", Null]\n", "x: [" + nine + ", 12]\n", "x: [" + nine + ", 2026-01-01]\n", "x: [" + nine + ", ~]\n", "x: [" + nine + ", .inf]\n",
	"x: [" + nine + ", a: b]\n", "x: [" + nine + ", a:]\n", "x: [" + nine + ", a b]\n", "x: [" + nine + ", 'a']\n", "x: [" + nine + ", &a b]\n", "x: [" + nine + ", *a]\n",
	"x: [" + nine + " # end\n]\n", "x: [" + nine + ", -j]\n", "x: [" + nine + "\n, j]\n", "x: [a\n  b, " + nine + "]\n", "x: [" + nine + ",\tj]\n", "x: [" + nine + "}\n", "x: [" + nine,
	"x: [a, b, c]\n", "x: [" + nine + "]\n---\ny: [" + nine + "]\n", "x: [" + nine + "]\n ]\n", "x: [" + nine + "]: y\n",
}

func TestListsAreCutOnlyWhereTheyAreLists(t *testing.T) {
	for _, text := range withLists {
		if !readsAsYAML(t, text) {
			t.Errorf("%q: all of it went through yaml.v3", text)
		}
	}
	for _, text := range withoutLists {
		if readsAsYAML(t, text) {
			t.Errorf("%q: something of it was cut", text)
		}
	}
}

// TestFilesReadAsYAMLReadsThem says that no list has another word, or any word another place, for how files are read.
func TestFilesReadAsYAMLReadsThem(t *testing.T) {
	words := []string{"a", "bob", "user000001", "team:cad", "x@y.example", "李雷", "true", "12", "a b", "'q'", "k: v", "- a", "#c", "", "a.b-c_d", "~"}
	cut := 0
	rapid.Check(t, func(t *rapid.T) {
		for range 10 {
			if readsAsYAML(t, drawLists(t, words)) {
				cut++
			}
		}
	})
	if cut == 0 {
		t.Error("no list was ever cut")
	}
}

// drawLists is a text with lists, in which the first six of the words are plain.
func drawLists(t *rapid.T, words []string) string {
	var text strings.Builder
	for range rapid.IntRange(1, 3).Draw(t, "lines") {
		among, around := words[:6], []string{"k%d: [%s]", "k%d: {to: [%s], x: y}", "k%d: [ %s ] # c", "k%d:\n  - [%s]"}
		if rapid.IntRange(0, 4).Draw(t, "odd") == 0 {
			among, around = words, append(around, "k%d: 'a [%s]'", "k%d: [%s", "# %d [%s]", "k%d: >\n  [%s]")
		}
		var list strings.Builder
		for i := range rapid.IntRange(6, 14).Draw(t, "words") {
			if i > 0 {
				list.WriteString(rapid.SampledFrom([]string{", ", ",", " , ", ",\n    ", ",\r\n  ", ", ", ", "}).Draw(t, "comma"))
			}
			list.WriteString(rapid.SampledFrom(among).Draw(t, "word"))
		}
		fmt.Fprintf(&text, rapid.SampledFrom(around).Draw(t, "around")+"\n", text.Len(), list.String())
	}
	return text.String()
}

func FuzzPlainLists(f *testing.F) {
	for _, text := range append(withLists, withoutLists...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, ok := (&decoder{loader: newLoader(nil, "")}).readable([]byte(text)); ok {
			readsAsYAML(t, text)
		}
	})
}
