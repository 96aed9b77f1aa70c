package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxInput is the most that is read of a saved plan or a seed, in bytes.
const maxInput = 1 << 30

// readInput reads a file, or a pipe such as <(…) makes, to its end. What may have none is refused.
func readInput(path string, limit int64) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && info.Mode()&(fs.ModeDir|fs.ModeDevice|fs.ModeSocket) != 0 {
		return nil, fmt.Errorf("%s: not a file; name one", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	if size <= limit {
		data := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
		if size, err = data.ReadFrom(io.LimitReader(f, limit+1)); size <= limit {
			return data.Bytes(), err
		}
	}
	return nil, fmt.Errorf("%s: has more than %d bytes, which is all that is read of one file", path, limit)
}
