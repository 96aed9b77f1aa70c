//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// newFIFO makes a pipe that has a name.
func newFIFO(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plan.fifo")
	check(t, syscall.Mkfifo(path, 0o600))
	return path
}

// A plan is written through a FIFO to whoever reads from it; the FIFO stays one.
func TestPlanGoesThroughAFIFO(t *testing.T) {
	w, fifo := newWorld(t), newFIFO(t)
	read := make(chan []byte, 1)
	go func() {
		f, err := os.Open(fifo)
		if err != nil {
			read <- nil
			return
		}
		data, _ := io.ReadAll(f)
		_ = f.Close()
		read <- data
	}()
	code := w.run(t.Context(), "plan", "--out", fifo)
	if info, err := os.Lstat(fifo); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Fatalf("it is no FIFO any more: %v, error %v", info, err) // and nobody writes to the old one
	}
	var plan struct{ ID string }
	if err := json.Unmarshal(<-read, &plan); code != exitDone || err != nil || plan.ID == "" {
		t.Errorf("exit %d, plan %+v, error %v\n%s", code, plan, err, &w.stderr)
	}
}

// Devices are written through. The one that is written to is of the test's own folder: a fault would replace the machine's.
func TestPlanGoesThroughADevice(t *testing.T) {
	if info, err := os.Lstat(os.DevNull); err != nil || !goesThrough(info) {
		t.Errorf("%s would be replaced; error %v", os.DevNull, err)
	}
	const sink = 1<<8 | 3 // what is written to it is gone
	device := filepath.Join(t.TempDir(), "sink")
	if err := syscall.Mknod(device, syscall.S_IFCHR|0o600, sink); err != nil {
		t.Skipf("a device of its own takes the right to make one: %v", err)
	}
	w := newWorld(t)
	if code := w.run(t.Context(), "plan", "--out", device); code != exitDone {
		t.Errorf("exit %d\n%s", code, &w.stderr)
	}
	if info, err := os.Lstat(device); err != nil || info.Mode()&fs.ModeDevice == 0 {
		t.Errorf("it is no device any more: %v, error %v", info, err)
	}
}

// A FIFO from which nobody reads holds a run no longer than its context.
func TestFIFOThatNobodyReads(t *testing.T) {
	fifo := newFIFO(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&cli{}).writeOutput(ctx, fifo, writes([]byte("plan"))); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	f, err := os.OpenFile(fifo, os.O_RDONLY|syscall.O_NONBLOCK, 0) // lets go whoever waits to write
	check(t, err)
	check(t, f.Close())
}
