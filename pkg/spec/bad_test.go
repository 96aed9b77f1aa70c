package spec

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-multierror"
)

var update = flag.Bool("update", false, "write what the bad files of testdata give into their .err files")

// TestBad loads each file of testdata/bad, whose name says what is wrong, and compares the errors with the .err file
// beside it.
func TestBad(t *testing.T) {
	testBad(t, "testdata/bad", 75, func(t *testing.T, file string) error {
		s, err := Load(input(file))
		if s != nil {
			t.Error("loads")
		}
		return err
	})
}

// TestBadOperator does the same with operator's files.
func TestBadOperator(t *testing.T) {
	testBad(t, "testdata/operator", 15, func(t *testing.T, file string) error {
		data, err := ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		o, err := LoadOperator(OperatorFile{Name: file, Data: data, Folder: ".", Formats: testFormats(), Rules: ruleKeys, StateDir: "state"})
		if o != nil {
			t.Error("loads")
		}
		return err
	})
}

func testBad(t *testing.T, folder string, least int, load func(t *testing.T, file string) error) {
	t.Chdir(folder)
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) < least {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			err := load(t, file)
			if err == nil {
				t.Fatal("no error")
			}
			got := err.Error() + "\n"
			if strings.Contains(strings.ReplaceAll(got, ownVariables, ""), "SECRET") {
				t.Errorf("shows what may be a secret: %s", got)
			}
			checkErrors(t, err)
			golden := strings.TrimSuffix(file, ".yaml") + ".err"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// checkErrors asserts what holds for every error of Load about contents.
func checkErrors(t *testing.T, err error) {
	t.Helper()
	var all *multierror.Error
	if !errors.As(err, &all) {
		t.Fatalf("%T is no multierror", err)
	}
	var last *Error
	for _, one := range all.Errors {
		e, ok := one.(*Error)
		if !ok {
			t.Fatalf("%T is no *Error", one)
		}
		if e.File == "" || e.Line < 1 || e.Column < 1 || e.What == "" || e.Hint == "" {
			t.Errorf("incomplete: %+v", *e)
		}
		if strings.ContainsAny(e.Error(), "\n\r\x00\u202e") {
			t.Errorf("not one printable line: %q", e.Error())
		}
		if last != nil && last.compare(e) >= 0 {
			t.Errorf("out of order: %v after %v", e, last)
		}
		last = e
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
