package file

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"slices"
	"syscall"
	"unicode/utf8"
)

// kvName is the name of the facts' log in the state folder.
const kvName = "memory.jsonl"

// roomy is the size up to which nobody minds what the log of facts holds beside what is alive.
const roomy = 1 << 20

// record is one line. Sum is the CRC-32 of key and value, so that a damaged line is known as such.
type record struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Sum   uint32 `json:"sum"`
}

func newRecord(key, value string) record {
	return record{key, value, crc32.ChecksumIEEE([]byte(key + "\x00" + value))}
}

// view is the log of facts as it was read.
type view struct {
	of     os.FileInfo // of the log, no later than it was read; nil where there is none
	facts  map[string]fact
	alive  int64 // bytes of the lines that hold
	broken []broken
}

type fact struct {
	value string
	bytes int64 // of its line
}

// fresh says whether the log is still the one that was read. The time tells a new log from an old one that had the same inode.
func (v *view) fresh(now os.FileInfo) bool {
	return v.of != nil && os.SameFile(v.of, now) && v.of.Size() == now.Size() && v.of.ModTime().Equal(now.ModTime())
}

func (v *view) put(key string, f fact) {
	v.alive += f.bytes - v.facts[key].bytes
	v.facts[key] = f
}

// Get returns what was kept last under the key, by whichever process. A log that can't be read knows nothing.
func (s *Store) Get(key string) (string, bool) {
	s.viewing.Lock()
	defer s.viewing.Unlock()
	if err := s.look(); err != nil {
		s.note(err.Error(), "")
		return "", false
	}
	f, ok := s.view.facts[key]
	return f.value, ok
}

// look reads the log if it is not the one that was read last.
func (s *Store) look() error {
	path := s.path(kvName)
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		s.view = s.parse(nil)
		return nil
	}
	if err != nil || s.view.fresh(info) {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	s.view = s.parse(data)
	s.view.of = info
	return nil
}

func (s *Store) parse(data []byte) view {
	path := s.path(kvName)
	v := view{facts: map[string]fact{}}
	lines, torn := split(data)
	for i, line := range lines {
		var r record
		if err := json.Unmarshal(line, &r); err != nil || r != newRecord(r.Key, r.Value) {
			reason := fmt.Sprintf("%s:%d: the line is damaged and was passed over", path, i+1)
			s.note(reason, "")
			v.broken = append(v.broken, broken{Reason: reason, Bytes: line})
			continue
		}
		v.put(r.Key, fact{r.Value, int64(len(line)) + 1})
	}
	if len(torn) > 0 { // or somebody is just writing it; whoever has the lock knows
		reason := fmt.Sprintf("%s:%d: the line was cut off", path, len(lines)+1)
		v.broken = append(v.broken, broken{Reason: reason, Bytes: torn})
	}
	return v
}

// Keep appends the fact and syncs it.
func (s *Store) Put(key, value string) error { return s.PutAll(map[string]string{key: value}) }

// PutAll appends the facts and syncs them at once. Facts that are not text in UTF-8, which a line can't hold, are an error.
func (s *Store) PutAll(facts map[string]string) error {
	if len(facts) == 0 {
		return nil
	}
	if err := s.keep(facts); err != nil {
		return fmt.Errorf("keep facts: %w", err)
	}
	return nil
}

func (s *Store) keep(facts map[string]string) error {
	lines, added, err := encode(facts)
	if err != nil {
		return err
	}
	if err := s.makeFolder(); err != nil {
		return err
	}
	s.viewing.Lock()
	defer s.viewing.Unlock()
	f, err := locked(s.path(kvName), os.O_RDWR|os.O_CREATE|os.O_APPEND, syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer f.Close() // all that is written is synced before
	if err := s.look(); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if size := info.Size(); len(s.view.broken) > 0 || size > roomy && size > 2*s.view.alive {
		return s.compact(facts)
	}
	if err := s.append(f, lines); err != nil {
		return err
	}
	for key, fact := range added {
		s.view.put(key, fact)
	}
	s.view.of, err = f.Stat()
	return err
}

// compact sets aside what is broken and puts a log in the old one's place that holds what is alive and the new facts.
func (s *Store) compact(facts map[string]string) error {
	path := s.path(kvName)
	if len(s.view.broken) > 0 {
		if err := s.setAside(path, s.view.broken...); err != nil {
			return err
		}
	}
	alive := map[string]string{}
	for key, fact := range s.view.facts {
		alive[key] = fact.value
	}
	maps.Copy(alive, facts)
	lines, _, err := encode(alive)
	if err != nil {
		return err
	}
	return s.replace(path, lines)
}

// encode makes lines of facts, sorted by key.
func encode(facts map[string]string) (lines []byte, added map[string]fact, err error) {
	added = map[string]fact{}
	for _, key := range slices.Sorted(maps.Keys(facts)) {
		value := facts[key]
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return nil, nil, fmt.Errorf("%q or its value is not text in UTF-8", key)
		}
		line, err := json.Marshal(newRecord(key, value))
		if err != nil {
			return nil, nil, err
		}
		lines = append(append(lines, line...), '\n')
		added[key] = fact{value, int64(len(line)) + 1}
	}
	return lines, added, nil
}
