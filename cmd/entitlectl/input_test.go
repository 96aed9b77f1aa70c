package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// endless is a pipe that somebody writes to until it is closed.
func endless(t *testing.T) (path string) {
	t.Helper()
	r, w, err := os.Pipe()
	check(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for chunk := make([]byte, 1<<12); err == nil; {
			_, err = w.Write(chunk)
		}
	}()
	t.Cleanup(func() {
		_, _ = r.Close(), w.Close()
		<-done
	})
	return fmt.Sprint("/dev/fd/", r.Fd())
}

// Files are read up to a bound, and so are pipes; what has no end is refused.
func TestInputIsBounded(t *testing.T) {
	const limit = 1 << 16
	folder := t.TempDir()
	file := func(size int) string {
		path := filepath.Join(folder, fmt.Sprint(size))
		check(t, os.WriteFile(path, bytes.Repeat([]byte("x"), size), 0o600))
		return path
	}
	sparse := filepath.Join(folder, "sparse")
	check(t, os.WriteFile(sparse, nil, 0o600))
	check(t, os.Truncate(sparse, 1<<40))
	for _, tc := range []struct{ name, path, want string }{
		{"as large as allowed", file(limit), ""},
		{"empty", file(0), ""},
		{"larger", file(limit + 1), "has more than 65536 bytes, which is all that is read of one file"},
		{"far larger", sparse, "has more than 65536 bytes, which is all that is read of one file"},
		{"a pipe without end", endless(t), "has more than 65536 bytes, which is all that is read of one file"},
		{"a device", "/dev/zero", "not a file; name one"},
		{"a folder", folder, "not a file; name one"},
		{"nothing", filepath.Join(folder, "none"), "no such file or directory"},
	} {
		data, err := readInput(t.Context(), tc.path, limit)
		switch {
		case tc.want != "" && (err == nil || !strings.HasSuffix(err.Error(), tc.want)):
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.want)
		case tc.want == "" && (err != nil || len(bytes.Trim(data, "x")) > 0):
			t.Errorf("%s: %d bytes, error %v", tc.name, len(data), err)
		}
	}
	r, w, err := os.Pipe()
	check(t, err)
	defer r.Close()
	go func() {
		_, _ = io.WriteString(w, "a plan")
		_ = w.Close()
	}()
	if data, err := readInput(t.Context(), fmt.Sprint("/dev/fd/", r.Fd()), limit); err != nil || string(data) != "a plan" {
		t.Errorf("of a pipe %q, error %v", data, err)
	}
}
