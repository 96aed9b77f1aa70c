//go:build unix

package main

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// openTerminal opens the terminal that the process belongs to, whatever its streams are.
func openTerminal() (io.ReadWriteCloser, error) { return os.OpenFile("/dev/tty", os.O_RDWR, 0) }

// keepOwner gives a file to whom it belonged, as far as that is allowed: in a container this may run as root on somebody's files.
func keepOwner(path string, was os.FileInfo) {
	if stat, ok := was.Sys().(*syscall.Stat_t); ok {
		_ = os.Lchown(path, int(stat.Uid), int(stat.Gid))
	}
}

// readerLeft says whether a write failed because nobody reads any more.
func readerLeft(err error) bool { return errors.Is(err, syscall.EPIPE) }
