package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

// maxInput is the most that is read of a saved plan or a seed, in bytes.
const maxInput = 1 << 30

// readInput reads a file, or a pipe such as <(…) makes, to its end. What may have none is refused.
func readInput(path string, limit int64) (data []byte, err error) {
	err = readStream(path, limit, func(r io.Reader) error {
		data, err = io.ReadAll(r)
		return err
	})
	return data, err
}

// readStream has a function read what readInput would.
func readStream(path string, limit int64, read func(io.Reader) error) error {
	if info, err := os.Stat(path); err == nil && info.Mode()&(fs.ModeDir|fs.ModeDevice|fs.ModeSocket) != 0 {
		return fmt.Errorf("%s: not a file; name one", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	bounded := &io.LimitedReader{R: f, N: limit + 1}
	if info.Size() <= limit {
		if err = read(bounded); bounded.N > 0 {
			return err
		}
	}
	return fmt.Errorf("%s: has more than %d bytes, which is all that is read of one file", path, limit)
}

// maxFiles is the most that is read of files from stdin, in bytes: as much as of one file.
const maxFiles = 64 << 20

// readStdin reads stdin where - is among the files. It is kept, since files are read again before anything is written.
func (c *cli) readStdin(files []string) error {
	if c.input != nil || !slices.Contains(files, "-") {
		return nil
	}
	if c.terminal.stdin {
		return errors.New("--file -: stdin is a terminal; send the files through a pipe, or write ./- for a file of that name")
	}
	data, err := io.ReadAll(io.LimitReader(c.stdin, maxFiles+1))
	if err != nil {
		return fmt.Errorf("stdin: %w", err)
	}
	if len(data) > maxFiles {
		return fmt.Errorf("stdin: has more than %d bytes, which is all that is read of one file", maxFiles)
	}
	c.input = append([]byte{}, data...)
	return nil
}
