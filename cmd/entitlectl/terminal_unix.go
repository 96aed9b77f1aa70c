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

// readerLeft says whether a write failed because nobody reads any more.
func readerLeft(err error) bool { return errors.Is(err, syscall.EPIPE) }
