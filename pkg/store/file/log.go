package file

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// locked opens the file at the path and waits for its flock, LOCK_EX or LOCK_SH. Closing gives it back. Whoever it waited for may
// have put another file in its place, so it looks again whether the one it locked is still there.
func locked(path string, flag, how int) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, flag, 0o600)
		if err != nil {
			return nil, err
		}
		if err := flock(f, how); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if isAt(f, path) {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if err == nil {
			return nil
		}
		if err != syscall.EINTR {
			return &os.PathError{Op: "flock", Path: f.Name(), Err: err}
		}
	}
}

// isAt says whether the open file is the one that the path names.
func isAt(f *os.File, path string) bool {
	own, ownErr := f.Stat()
	named, err := os.Stat(path)
	return ownErr == nil && err == nil && os.SameFile(own, named)
}

// append adds lines to a log and syncs them. After an error it takes back what it wrote, as far as the disk lets it; what stays
// is a torn line, or one that nobody was told of.
func (s *Store) append(f *os.File, lines []byte) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = s.write(f, lines)
	if err == nil {
		err = s.sync(f)
	}
	if err == nil && info.Size() == 0 {
		err = s.syncFolder(s.folder)
	}
	if err != nil {
		return errors.Join(err, f.Truncate(info.Size()))
	}
	return nil
}

// replace puts a new file in the place of the one at the path, whole or not at all. The caller holds a lock that keeps others
// from doing the same.
func (s *Store) replace(path string, data []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = s.write(f, data)
	if err == nil {
		err = s.sync(f)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return s.syncFolder(s.folder)
}

// overwrite gives a small file new content in place. It cuts the file last: some file systems write one that was emptied to disk
// when it is closed, which takes a hundred times as long. A crash in between leaves content that can't be read.
func (s *Store) overwrite(f *os.File, data []byte) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := s.write(f, data); err != nil {
		return err
	}
	return f.Truncate(int64(len(data)))
}

// split cuts a log into its lines and what a crash left after the last of them.
func split(data []byte) (lines [][]byte, torn []byte) {
	end := bytes.LastIndexByte(data, '\n') + 1
	for line := range bytes.Lines(data[:end]) {
		lines = append(lines, line[:len(line)-1])
	}
	return lines, data[end:]
}

// head begins a sealed line; its zeros are where the CRC-32 of the data is.
const head = `{"sum":"00000000","data":`

// seal makes a line of a JSON value.
func seal(data []byte) []byte {
	return fmt.Appendf(nil, `{"sum":"%08x","data":%s}`, crc32.ChecksumIEEE(data), data)
}

// unseal returns the very value that the line was made of, or nothing.
func unseal(line []byte) ([]byte, bool) {
	if len(line) <= len(head) {
		return nil, false
	}
	data := line[len(head) : len(line)-1]
	return data, bytes.Equal(seal(data), line)
}

// broken is a piece of a log that can't be read.
type broken struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Bytes  []byte    `json:"bytes"`
}

// setAside copies pieces of the file at the path to the file beside it whose name ends in ".damaged". The caller takes them out
// only afterwards, so a crash in between keeps them twice, and never loses them.
func (s *Store) setAside(path string, pieces ...broken) error {
	f, err := os.OpenFile(path+".damaged", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	var lines []byte
	for _, p := range pieces {
		p.At = time.Now().UTC()
		line, err := json.Marshal(p)
		if err != nil {
			return errors.Join(err, f.Close())
		}
		lines = append(append(lines, line...), '\n')
		s.note(p.Reason, ", and set aside in "+filepath.Base(f.Name()))
	}
	return errors.Join(s.append(f, lines), f.Close())
}
