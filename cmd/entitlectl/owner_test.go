package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Files are of their commit whatever lies beside them, until they are changed.
func TestCommit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	folder := t.TempDir()
	file, other := filepath.Join(folder, "entitlements.yaml"), filepath.Join(folder, "more.yaml")
	write := func(path, text string) {
		t.Helper()
		check(t, os.WriteFile(path, []byte(text), 0o600))
	}
	do := func(args ...string) {
		t.Helper()
		args = append([]string{"-C", folder, "-c", "user.name=alice", "-c", "user.email=alice@corp.example", "-c", "commit.gpgsign=false"}, args...)
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	c := &cli{env: env{lookup: func(string) (string, bool) { return "", false }}}
	expect := func(when string, known, dirty bool, files ...string) {
		t.Helper()
		if id := c.commit(t.Context(), files); known != (id != "") || dirty != strings.HasSuffix(id, "-dirty") {
			t.Errorf("%s: commit %q", when, id)
		}
	}
	write(file, "version: 1\n")
	expect("no repository", false, false, file)
	do("init", "-q")
	do("add", ".")
	do("commit", "-q", "-m", "first")
	expect("committed", true, false, file)
	write(filepath.Join(folder, "plan.json"), "{}")
	check(t, os.Mkdir(filepath.Join(folder, ".entitlectl"), 0o700))
	write(filepath.Join(folder, ".entitlectl", "history.jsonl"), "{}")
	expect("beside a saved plan and our state", true, false, file)
	write(other, "version: 1\n")
	expect("one file of two is new", true, true, file, other)
	write(file, "version: 2\n")
	expect("changed", true, true, file)
}
