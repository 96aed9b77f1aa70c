package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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

// A folder of files that is laid out as a repository, with a program in its settings, is only a folder.
func TestCommitRunsNothing(t *testing.T) {
	folder := t.TempDir()
	log, monitor := filepath.Join(folder, "log"), filepath.Join(folder, "monitor")
	for name, text := range map[string]string{
		"entitlements.yaml": "version: 1\n", "HEAD": "ref: refs/heads/main\n", "objects/x": "", "refs/x": "",
		"config":  "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = " + monitor + "\n",
		"monitor": "#!/bin/sh\necho run >> " + log + "\n",
	} {
		path := filepath.Join(folder, name)
		check(t, os.MkdirAll(filepath.Dir(path), 0o700))
		check(t, os.WriteFile(path, []byte(text), 0o700))
	}
	c := &cli{env: env{lookup: func(string) (string, bool) { return "", false }}}
	id := c.commit(t.Context(), []string{filepath.Join(folder, "entitlements.yaml")})
	if _, err := os.Stat(log); !os.IsNotExist(err) || id != "" {
		t.Errorf("commit %q; the program was run: %v", id, err == nil)
	}
	if exec.Command("git", "-C", folder, "status").Run(); runtime.GOOS != "windows" {
		if _, err := os.Stat(log); err != nil {
			t.Skipf("git status does not run it either, so this shows nothing: %v", err)
		}
	}
}
