package main

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// console is the two halves of a Windows console.
type console struct{ in, out *os.File }

// openTerminal opens the console that the process belongs to, whatever its streams are.
func openTerminal() (io.ReadWriteCloser, error) {
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	out, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return console{in, out}, nil
}

func (c console) Read(p []byte) (int, error)  { return c.in.Read(p) }
func (c console) Write(p []byte) (int, error) { return c.out.Write(p) }
func (c console) Close() error                { return errors.Join(c.in.Close(), c.out.Close()) }

// keepOwner does nothing: what is new in a folder belongs to whom the folder's access list says.
func keepOwner(string, os.FileInfo) {}

// readerLeft says whether a write failed because nobody reads any more.
func readerLeft(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA)
}
