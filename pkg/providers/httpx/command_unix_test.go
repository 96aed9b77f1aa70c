//go:build unix

package httpx

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A program that is ended takes along what it started: nobody holds the other end of the pipe any more.
func TestProgramLeavesNoChildren(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	ours, err := os.OpenFile(pipe, os.O_WRONLY, 0) // until the child has the pipe
	if err != nil {
		t.Fatal(err)
	}
	c := printing(t, `(echo begun; exec sleep 60) > "$1" 2>&1 & wait`, pipe)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := RunCommand(ctx, c, keyForm, new(Secrets))
		ended <- err
	}()
	begun := make([]byte, 6)
	if _, err := io.ReadFull(reader, begun); err != nil || string(begun) != "begun\n" {
		t.Fatalf("the child said %q, %v", begun, err)
	}
	stop()
	if err := errors.Join(ours.Close(), reader.SetReadDeadline(time.Now().Add(20*time.Second))); err != nil || <-ended == nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(reader); err != nil {
		t.Errorf("the child lives: it said %q, %v", said, err)
	}
}
