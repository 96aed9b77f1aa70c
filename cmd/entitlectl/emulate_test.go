package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// onWrite does something when the first text is written.
type onWrite func()

func (do onWrite) Write(text []byte) (int, error) {
	do()
	return len(text), nil
}

// An emulator that a signal ended, as it is meant to, ends with an error where its world could not be saved.
func TestEmulatorThatCannotSave(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "folder")
	check(t, os.Mkdir(folder, 0o700))
	ctx, cancel := context.WithCancel(t.Context())
	listens := onWrite(func() {
		check(t, os.Remove(folder))
		cancel()
	})
	var stderr bytes.Buffer
	e := (&world{}).env(listens)
	e.stderr = &stderr
	if code := run(ctx, e, []string{"emulate", "--save", filepath.Join(folder, "world.yaml")}); code != exitError || !strings.Contains(stderr.String(), "not written") {
		t.Errorf("exit %d: %s", code, &stderr)
	}
}
