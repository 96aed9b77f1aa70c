//go:build unix

package httpx

import (
	"os/exec"
	"syscall"
)

// asGroup has a program and whatever it starts be a group of their own, which is killed as one: a shell that is killed alone would leave
// behind what it waits for, with its secrets. It is only killed while the program itself is there, so that the group is no other.
func asGroup(program *exec.Cmd) {
	program.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	program.Cancel = func() error { return syscall.Kill(-program.Process.Pid, syscall.SIGKILL) }
}
