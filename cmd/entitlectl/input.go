package main

import (
	"context"
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
func readInput(ctx context.Context, path string, limit int64) ([]byte, error) {
	return readStream(ctx, path, limit, io.ReadAll)
}

// readStream has a function read what readInput would.
func readStream[T any](ctx context.Context, path string, limit int64, read func(io.Reader) (T, error)) (T, error) {
	return untilDone(ctx, func() (T, error) { return readBounded(path, limit, read) })
}

// readBounded is readStream of what nobody keeps waiting.
func readBounded[T any](path string, limit int64, read func(io.Reader) (T, error)) (result T, err error) {
	if info, err := os.Stat(path); err == nil && info.Mode()&(fs.ModeDir|fs.ModeDevice|fs.ModeSocket) != 0 {
		return result, fmt.Errorf("%s: not a file; name one", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return result, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return result, err
	}
	bounded := &io.LimitedReader{R: f, N: limit + 1}
	if info.Size() <= limit {
		if result, err = read(bounded); bounded.N > 0 {
			return result, err
		}
	}
	return result, fmt.Errorf("%s: has more than %d bytes, which is all that is read of one file", path, limit)
}

// untilDone runs what may wait for whoever is at the other end of a pipe, for as long as the run may last: at a signal it is left
// waiting.
func untilDone[T any](ctx context.Context, wait func() (T, error)) (result T, err error) {
	type outcome struct {
		result T
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		result, err := wait()
		done <- outcome{result, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return result, context.Cause(ctx)
	}
}

// maxFiles is the most that is read of files from stdin, in bytes: as much as of one file.
const maxFiles = 64 << 20

// readStdin reads stdin where - is among the files. It is kept, since files are read again before anything is written.
func (c *cli) readStdin(ctx context.Context, files []string) error {
	if c.input != nil || !slices.Contains(files, "-") {
		return nil
	}
	if c.terminal.stdin {
		return errors.New("--file -: stdin is a terminal; send the files through a pipe, or write ./- for a file of that name")
	}
	data, err := untilDone(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(c.stdin, maxFiles+1)) })
	if err != nil {
		return fmt.Errorf("stdin: %w", err)
	}
	if len(data) > maxFiles {
		return fmt.Errorf("stdin: has more than %d bytes, which is all that is read of one file", maxFiles)
	}
	c.input = append([]byte{}, data...)
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
