package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var unseen = regexp.MustCompile(`<U\+([0-9A-F]{4})>`)

// written is a text of the table as a file has it.
func written(text string) string {
	text = unseen.ReplaceAllStringFunc(text, func(mark string) string {
		number, _ := strconv.ParseUint(mark[3:7], 16, 32)
		return string(rune(number))
	})
	return strings.Replace(text, "<no line end>\n", "", 1)
}

const mistakesTable = "testdata/mistakes.txt"

// mistaken is a file of the table, and what the table says of it.
type mistaken struct{ name, shown, text, said string }

func mistakes(t testing.TB) (head string, all []mistaken) {
	t.Helper()
	table, err := os.ReadFile(mistakesTable)
	check(t, err)
	head, cases, _ := strings.Cut(string(table), "== ")
	for _, c := range strings.Split(cases, "\n== ") {
		name, rest, _ := strings.Cut(c, "\n")
		shown, said, _ := strings.Cut(rest, "-> ")
		all = append(all, mistaken{name, shown, written(shown), "-> " + strings.TrimRight(said, "\n") + "\n"})
	}
	return head, all
}

// TestMistakes loads each file of the table and compares all that is said of it.
func TestMistakes(t *testing.T) {
	const least = 220
	head, all := mistakes(t)
	if len(all) < least {
		t.Errorf("%d cases", len(all))
	}
	now, path := head, filepath.Join(t.TempDir(), "f.yaml")
	for _, m := range all {
		write(t, path, m.text)
		said := "-> valid\n"
		s, err := Load(input(path))
		if err != nil {
			checkErrors(t, err)
			checkInside(t, err, []byte(m.text))
			said = "-> " + strings.ReplaceAll(strings.ReplaceAll(err.Error(), path+":", ""), "\n", "\n-> ") + "\n"
		} else {
			for _, w := range s.Warnings {
				said += "-> warning: " + strings.ReplaceAll(w.Error(), path+":", "") + "\n"
			}
		}
		if diff := cmp.Diff(m.said, said); diff != "" && !*update {
			t.Errorf("%s:\n%s", m.name, diff)
		}
		now += "== " + m.name + "\n" + m.shown + said + "\n"
	}
	if *update {
		check(t, os.WriteFile(mistakesTable, []byte(strings.TrimSuffix(now, "\n")), 0o644))
	}
}

// What yaml.v3 reads holds no mistake: one that was seen there might be told in place of another.
func TestRightFilesHoldNoMistake(t *testing.T) {
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml", "../../examples/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			check(t, err)
			d := decoder{loader: &loader{}, file: file, data: data}
			if _, err := d.root(); err != nil || len(d.found) > 0 {
				continue
			}
			if m, _, _ := findMistake(data); m != nil && m.what != tooDeep.what {
				t.Errorf("%s: %s", d.offset(data, m.at), fmt.Sprintln(m.what))
			}
		}
	}
}
