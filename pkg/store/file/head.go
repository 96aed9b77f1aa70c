package file

import (
	"encoding/json"
	"fmt"
)

// headName is the name of the file that notes the newest digest of the history. It shows what the history can't: that records
// are missing at its end, or all of them.
const headName = "history.head"

type headFile struct {
	Head string `json:"head"`
}

// damagedHead says that it can't be read which record was the last.
type damagedHead struct {
	path string
	data []byte
}

func (e *damagedHead) Error() string {
	return e.path + " is damaged: whether records are missing at the end of the history can't be told"
}

// head is the noted digest; "" where none was noted yet.
func (s *Store) head() (string, error) {
	path := s.path(headName)
	line, err := s.readFile(path)
	if err != nil || line == nil {
		return "", err
	}
	var h headFile
	if data, ok := unseal(line); !ok || json.Unmarshal(data, &h) != nil {
		return "", &damagedHead{path, line}
	}
	return h.Head, nil
}

// writeHead notes a digest, after its record is on disk. A crash in between leaves a note of an earlier record, which is in the
// history too.
func (s *Store) writeHead(digest string, under *inner) error {
	data, err := json.Marshal(headFile{digest})
	if err != nil {
		return err
	}
	return s.replaceLog(s.path(headName), seal(data), under)
}

// checkHead says what is missing of a chain that is whole otherwise.
func (s *Store) checkHead(head string, has bool) error {
	if head == "" || has {
		return nil
	}
	return fmt.Errorf("%s notes a record %s that the history does not have: records were taken off its end, or it was removed or replaced",
		s.path(headName), head)
}
