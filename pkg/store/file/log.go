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
	"strings"
	"time"
)

// split cuts a log into its lines and what a crash left after the last of them.
func split(data []byte) (lines [][]byte, torn []byte) {
	end := bytes.LastIndexByte(data, '\n') + 1
	for line := range bytes.Lines(data[:end]) {
		lines = append(lines, line[:len(line)-1])
	}
	return lines, data[end:]
}

// head is what a sealed line begins with, with the CRC-32 of the data in the place of the zeros.
const head = `{"sum":"00000000","data":`

// seal makes a line with a checksum of a JSON value.
func seal(data []byte) []byte {
	return fmt.Appendf(nil, `{"sum":"%08x","data":%s}`, crc32.ChecksumIEEE(data), data)
}

// unseal returns the value that a line was made of. ok is false where a byte of the line is not as seal made it.
func unseal(line []byte) (data []byte, ok bool) {
	if len(line) <= len(head) {
		return nil, false
	}
	data = line[len(head) : len(line)-1]
	return data, bytes.Equal(seal(data), line)
}

// piece is a part of a log that can't be read.
type piece struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Bytes  []byte    `json:"bytes"`
}

// setAside copies pieces of the file at the path to the file beside it whose name ends in ".damaged". The caller takes them out
// of the log only then: a crash in between keeps them twice, but loses none.
func (s *Store) setAside(path string, pieces ...piece) error {
	f, err := s.open(path+".damaged", os.O_RDWR|os.O_CREATE|os.O_APPEND)
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

// newInfix is in the names of new files that are to come into the place of others.
const newInfix = ".new-"

// replaceLog puts a new log in the place of the one at the path, under a lock that keeps others from doing so. Those that a
// crash left half-done are removed first. So is one of a process that lost the lock in the middle and wakes up later: it has
// nothing to put there any more, or sees before that it lost it.
func (s *Store) replaceLog(path string, lines []byte, under *inner) error {
	return s.replaceLogWith(path, writes(lines), under)
}

func (s *Store) replaceLogWith(path string, write func(io.Writer) error, under *inner) error {
	if err := s.removeTemps(path); err != nil {
		return err
	}
	temp, err := s.createWith(s.folder, filepath.Base(path)+newInfix+"*", write)
	if err != nil {
		return err
	}
	if !isAt(under.File, under.path) {
		return errors.Join(errSeized, remove(temp))
	}
	return s.put(temp, path)
}

func (s *Store) removeTemps(path string) error {
	files, err := os.ReadDir(s.folder)
	if err != nil {
		return err
	}
	for _, file := range files {
		if !strings.HasPrefix(file.Name(), filepath.Base(path)+newInfix) {
			continue
		}
		if err := absentIsFine(remove(s.path(file.Name()))); err != nil {
			return err
		}
	}
	return nil
}
