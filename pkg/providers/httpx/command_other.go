//go:build !unix

package httpx

import "os/exec"

// asGroup does nothing where there are no groups of processes: a program is killed alone.
func asGroup(*exec.Cmd) {}
