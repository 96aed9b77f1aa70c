package spec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/go-multierror"
)

// FuzzLoad: whatever a file holds, loading it ends, without a panic, in a spec or in errors that say where.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/good/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal(files, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	_, files := mistakes(f)
	for _, file := range files {
		f.Add([]byte(file.text))
	}
	f.Add([]byte("version: 1\nconnections:\n  ? a")) // its value begins below the file, as yaml.v3 has it
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip()
		}
		path := filepath.Join(t.TempDir(), "f.yaml")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Load(input(path))
		if err != nil {
			checkErrors(t, err)
			checkInside(t, err, data)
			return
		}
		for name, state := range s.Desired(time.Unix(0, 0)) {
			for g := range state.Grants.All() {
				if _, ok := state.Resources[g.Resource]; !ok || g.Resource.Connection != name || g.Subject.Name == "" || g.Role == "" {
					t.Errorf("connection %s grants %+v", name, g)
				}
			}
		}
	})
}

// checkInside asserts that errors are at places that the file has.
func checkInside(t *testing.T, err error, data []byte) {
	t.Helper()
	var all *multierror.Error
	if !errors.As(err, &all) {
		return
	}
	lines := strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n")
	for _, one := range all.Errors {
		e, ok := one.(*Error)
		if !ok || e.Line > len(lines) || e.Column > utf8.RuneCountInString(lines[e.Line-1])+1 {
			t.Errorf("outside of the file: %v", one)
		}
	}
}

// Whatever is done to make a reader of YAML work for ever, or to hide something from it, ends in errors that say where, and
// twice as much of it takes no more than about twice the memory.
func TestFault15HostileYAML(t *testing.T) {
	bomb := func(n int) string {
		text := "version: 1\na0: &a0 [x]\n"
		for i := 1; i <= n; i++ {
			text += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9))
		}
		return text
	}
	for name, build := range map[string]func(n int) string{
		"aliases of aliases":      func(n int) string { return bomb(n / 200) },
		"an alias of itself":      func(n int) string { return strings.Repeat("a: &a [*a]\n", n) },
		"nested brackets":         func(n int) string { return "version: 1\nusers: " + strings.Repeat("[", 100*n) },
		"nested mappings":         func(n int) string { return "version: 1\nusers: " + strings.Repeat("{a: ", 100*n) },
		"one mapping, many keys":  func(n int) string { return "version: 1\nteams:\n" + numbered("  t%d: no\n", 20*n) },
		"one key, many times":     func(n int) string { return "version: 1\nteams:\n" + strings.Repeat("  t: [x]\n", 20*n) },
		"unknown names":           func(n int) string { return "version: 1\n" + numbered("k%d: 1\n", 20*n) },
		"a long text":             func(n int) string { return "version: 1\nusers: [{name: " + strings.Repeat("x", 1000*n) + "}]\n" },
		"documents":               func(n int) string { return strings.Repeat("version: 1\n---\n", n) },
		"what can not be decoded": func(n int) string { return "version: 1\nusers: [{name: \"" + strings.Repeat("\xff", n) + "\"}]\n" },
	} {
		t.Run(name, func(t *testing.T) {
			const n = 1000
			once, twice := allocated(t, build(n)), allocated(t, build(2*n))
			if twice > 3*once+1<<20 {
				t.Errorf("it takes %d bytes, and twice as much takes %d", once, twice)
			}
		})
	}
}

// allocated loads a file, which must not succeed, and returns how many bytes that took in all.
func allocated(t *testing.T, text string) uint64 {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Load(input(path))
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Fatal("loads")
	}
	checkErrors(t, err)
	return after.TotalAlloc - before.TotalAlloc
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}
