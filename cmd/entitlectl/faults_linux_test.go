package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFault22FullDisk: on a full disk nothing is sent, and once there is room again all is well.
func TestFault22FullDisk(t *testing.T) {
	v := newKillWorld(t).real(t)
	check(t, os.MkdirAll(v.state, 0o700))
	if err := syscall.Mount("tmpfs", v.state, "tmpfs", 0, "size=256k,mode=700"); err != nil {
		t.Skipf("a small disk takes the right to mount one: %v", err)
	}
	defer func() { check(t, syscall.Unmount(v.state, 0)) }()
	filler := filepath.Join(v.state, "filler")
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	if code, out := v.apply(t, 0); code != exitError || !strings.Contains(out, "no space left") || v.writes() != 0 {
		t.Errorf("apply ended with %d after %d writes\n%s", code, v.writes(), out)
	}
	check(t, os.Remove(filler))
	if code, out := v.apply(t, 0); code != exitDone {
		t.Errorf("with room again apply ended with %d\n%s", code, out)
	}
}
