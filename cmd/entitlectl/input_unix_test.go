//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Whoever waits for a pipe to which nobody writes is let go by a signal.
func TestPipeThatNobodyWritesTo(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	check(t, syscall.Mkfifo(fifo, 0o600))
	silent, writer, err := os.Pipe()
	check(t, err)
	defer func() { _, _ = writer.Close(), silent.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{{"show", fifo}, {"apply", fifo, "--yes"}, {"emulate", "--seed", fifo}, {"validate", "-f", "-"}, {"fmt", "-f", "-"}} {
		w := newWorld(t)
		e := w.env(&w.stdout)
		e.stdin = silent
		if code := run(ctx, e, args); code != exitInterrupted || !bytes.Contains(w.stderr.Bytes(), []byte("interrupted")) {
			t.Errorf("%v: exit %d\n%s", args, code, &w.stderr)
		}
	}
	f, err := os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0) // lets go those who wait to read
	check(t, err)
	check(t, f.Close())
}

// Who has fmt or import write into files of somebody else, as in a container, leaves them theirs.
func TestFilesStayWhoseTheyAre(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give files away")
	}
	const somebody = 65534
	w := newWorld(t)
	check(t, os.WriteFile(w.file, append(read(t, w.file), "\n\n\n"...), 0o640))
	for _, args := range [][]string{{"fmt"}, {"import", "--adopt"}} {
		check(t, os.Chmod(w.file, 0o640))
		check(t, os.Chown(w.file, somebody, somebody))
		before := string(read(t, w.file))
		code := w.run(t.Context(), args...)
		info, err := os.Stat(w.file)
		check(t, err)
		stat := info.Sys().(*syscall.Stat_t)
		if code != exitDone || string(read(t, w.file)) == before || stat.Uid != somebody || stat.Gid != somebody || info.Mode().Perm() != 0o640 {
			t.Errorf("%v: exit %d, owner %d, group %d, mode %v\n%s", args, code, stat.Uid, stat.Gid, info.Mode(), &w.stderr)
		}
	}
}
