package file

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
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

// replaceLog puts a new log in the place of the one at the path. The caller has a lock that keeps others from doing so.
func (s *Store) replaceLog(path string, lines []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return s.replace(path, f, lines)
}
