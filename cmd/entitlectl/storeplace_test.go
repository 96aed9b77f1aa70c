package main

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
)

// stored runs a command with variables and without an emulator.
func stored(t *testing.T, variables map[string]string, args ...string) (code int, output string) {
	t.Helper()
	var out bytes.Buffer
	e := env{stdin: strings.NewReader(""), stdout: &out, stderr: &out, now: time.Now,
		lookup: func(name string) (string, bool) { value, set := variables[name]; return value, set }}
	code = run(t.Context(), e, args)
	return code, out.String()
}

// Where the store is, is said by the command line, else the operator's file, else the environment.
func TestWhereTheStoreIs(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"one", "two", "three"} {
		if code, out := stored(t, nil, "lock", "break", "x", "--reason", name, "--store", "file:"+name); code != exitError || !strings.Contains(out, "nobody holds") {
			t.Fatalf("%d %s", code, out)
		}
	}
	check(t, os.WriteFile("ops.yaml", []byte("version: 1\nstore: file:two\n"), 0o600))
	variables := map[string]string{storeVariable: "file:three", operatorVariable: "ops.yaml"}
	for _, test := range []struct {
		drop string
		args []string
		want string
	}{
		{"", []string{"--store", "file:one"}, "one"},
		{"", []string{"--state-dir", "one"}, "one"},
		{"", nil, "two"},
		{operatorVariable, []string{"--operator", "ops.yaml"}, "two"},
		{operatorVariable, nil, "three"},
	} {
		left := maps.Clone(variables)
		delete(left, test.drop)
		c := &cli{env: env{lookup: func(name string) (string, bool) { value, set := left[name]; return value, set }}}
		c.stdout, c.stderr, c.now = &bytes.Buffer{}, &bytes.Buffer{}, time.Now
		if code := c.run(context.Background(), append([]string{"lock"}, test.args...)); code != exitDone || filepath.Base(c.stateDir) != test.want {
			t.Errorf("%v: exit %d, store %s, want %s\n%s", test.args, code, c.stateDir, test.want, c.stderr)
		}
	}
}

// A password is never in a message, and is refused where others may read it.
func TestPasswordsOfTheStore(t *testing.T) {
	t.Chdir(t.TempDir())
	check(t, os.WriteFile("ops.yaml", []byte("version: 1\nstore: postgres://u:SECRET@127.0.0.1:1/d\n"), 0o600))
	for _, test := range []struct {
		variable, want string
		args           []string
	}{
		{"", "holds a password", []string{"--store", "postgres://u:SECRET@127.0.0.1:1/d"}},
		{"", "holds a password", []string{"--store", "postgres://u@127.0.0.1:1/d?password=SECRET"}},
		{"", "store: in ops.yaml: it holds a password", []string{"--operator", "ops.yaml"}},
		{"", "write sslpassword=env:NAME", []string{"--store", "postgres://u@127.0.0.1:1/d?sslpassword=SECRET"}},
		{"", "sslpassword: env:NONE is not set", []string{"--store", "postgres://u@127.0.0.1:1/d?sslpassword=env:NONE&password=env:PASS"}},
		{"", "PostgreSQL's clients know no setting passwd", []string{"--store", "postgres://u@127.0.0.1:1/d?passwd=SECRET"}},
		{"postgres://u:12/SECRET@127.0.0.1:1/d", "not a URL that can be read", nil},
		{"", "is a folder; write file:.", []string{"--store", "."}},
		{"", "env:NONE is not set", []string{"--store", "postgres://u@127.0.0.1:1/d?password=env:NONE"}},
		{"", "file:none is unreadable", []string{"--store", "postgres://u:file%3Anone@127.0.0.1:1/d"}},
		{"", "not a URL that can be read", []string{"--store", "postgres://u:SEC/RET@127.0.0.1:x/d"}},
		{"", "neither file:FOLDER nor postgres://", []string{"--store", "mysql://u:SECRET@h/d"}},
		{"", "give one of them", []string{"--store", "file:x", "--state-dir", "y"}},
		{"postgres://u:SECRET@127.0.0.1:1/d?connect_timeout=1", "postgres://127.0.0.1:1/d", nil},
		{"postgres://u@127.0.0.1:1/d?password=env:PASS&connect_timeout=1", "postgres://127.0.0.1:1/d", nil},
	} {
		t.Run("", func(t *testing.T) {
			t.Parallel() // a server that is not there is waited for
			code, out := stored(t, map[string]string{storeVariable: test.variable, "PASS": "SECRET"}, append([]string{"lock"}, test.args...)...)
			if code != exitError || !strings.Contains(out, test.want) || strings.Contains(out, "SEC") {
				t.Errorf("%v: exit %d\n%s", test.args, code, out)
			}
		})
	}
}

// The whole loop on a shared store: what an apply from one machine did, another one sees.
func TestRunnersShareAStore(t *testing.T) {
	url := pgtest.Shared(t).URL(pgtest.Shared(t).Schema(t))
	w := newWorld(t)
	on := func(args ...string) int {
		w.stdout.Reset()
		w.stderr.Reset()
		return (&cli{env: w.env(&w.stdout)}).run(t.Context(), append(args, "--store", url, "-f", w.file))
	}
	if code := on("apply", "--yes"); code != exitDone {
		t.Fatalf("apply ended with %d\n%s", code, w.stderr.String())
	}
	if code := on("plan", "--detailed-exitcode"); code != exitDone {
		t.Errorf("plan ended with %d\n%s%s", code, w.stdout.String(), w.stderr.String())
	}
	if code, out := stored(t, map[string]string{storeVariable: url}, "history", "verify"); code != exitDone || !strings.Contains(out, "2 records") {
		t.Errorf("verify ended with %d\n%s", code, out)
	}
	if code, out := stored(t, map[string]string{storeVariable: url}, "history"); code != exitDone || !strings.Contains(out, "done") {
		t.Errorf("history ended with %d\n%s", code, out)
	}
}
