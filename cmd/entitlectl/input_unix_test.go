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
