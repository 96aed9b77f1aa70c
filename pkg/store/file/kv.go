package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"slices"
	"unicode/utf8"
)

// kvName is the name of the log of key-values in the state folder.
const kvName = "memory.jsonl"

// compactFrom is the size from which on a log that is mostly outdated lines is written anew.
const compactFrom = 1 << 20

// kvLine is a line of the log. Sum is the CRC-32 of key and value.
type kvLine struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Sum   uint32 `json:"sum"`
}

func newKVLine(key, value string) kvLine {
	return kvLine{key, value, crc32.ChecksumIEEE([]byte(key + "\x00" + value))}
}

// snapshot is the log as it was last read.
type snapshot struct {
	info    os.FileInfo // of the log, from before it was read or from after we wrote; nil where there is none
	values  map[string]kvValue
	live    int64 // bytes of the lines that count
	damaged []piece
}

type kvValue struct {
	text string
	size int64 // of its line
}

// isOf says whether the log has not changed since. The time tells a new log from an old one that had the same inode.
func (k *snapshot) isOf(now os.FileInfo) bool {
	return k.info != nil && os.SameFile(k.info, now) && k.info.Size() == now.Size() && k.info.ModTime().Equal(now.ModTime())
}

func (k *snapshot) put(key string, v kvValue) {
	k.live += v.size - k.values[key].size
	k.values[key] = v
}

// Get finds nothing where the log can't be read.
func (s *Store) Get(key string) (string, bool) {
	s.kvMu.Lock()
	defer s.kvMu.Unlock()
	if err := s.refresh(); err != nil {
		s.note(err.Error(), "")
		return "", false
	}
	v, ok := s.kv.values[key]
	return v.text, ok
}

// refresh reads the log if it has changed.
func (s *Store) refresh() error {
	info, err := os.Lstat(s.path(kvName))
	if err == nil && s.kv.isOf(info) {
		return nil
	}
	data, err := s.readFile(s.path(kvName))
	if err != nil {
		return err
	}
	s.kv = s.parse(data)
	s.kv.info = info
	return nil
}

func (s *Store) parse(data []byte) snapshot {
	path := s.path(kvName)
	k := snapshot{values: map[string]kvValue{}}
	lines, torn := split(data)
	for i, line := range lines {
		var l kvLine
		if err := json.Unmarshal(line, &l); err != nil || l != newKVLine(l.Key, l.Value) {
			reason := fmt.Sprintf("%s:%d: the line is damaged and was passed over", path, i+1)
			s.note(reason, "")
			k.damaged = append(k.damaged, piece{Reason: reason, Bytes: line})
			continue
		}
		k.put(l.Key, kvValue{l.Value, int64(len(line)) + 1})
	}
	if len(torn) > 0 { // no note: another process may be writing it just now; whoever has the lock knows
		reason := fmt.Sprintf("%s:%d: the line was cut off", path, len(lines)+1)
		k.damaged = append(k.damaged, piece{Reason: reason, Bytes: torn})
	}
	return k
}

// Put appends a line to the log.
func (s *Store) Put(key, value string) error { return s.PutAll(map[string]string{key: value}) }

// PutAll appends lines to the log with one sync.
func (s *Store) PutAll(values map[string]string) error {
	if len(values) == 0 {
		return nil
	}
	err := s.putAll(values)
	for errors.Is(err, errSeized) {
		err = s.putAll(values)
	}
	if err != nil {
		return fmt.Errorf("keep values: %w", err)
	}
	return nil
}

func (s *Store) putAll(values map[string]string) error {
	lines, added, err := encode(values)
	if err != nil {
		return err
	}
	if err := s.makeFolder(); err != nil {
		return err
	}
	s.kvMu.Lock()
	defer s.kvMu.Unlock()
	f, err := s.locked(context.Background(), s.path(kvName), os.O_RDWR|os.O_CREATE|os.O_APPEND, exclusive)
	if err != nil {
		return err
	}
	defer f.Close() // all that is written is synced before
	if err := s.refresh(); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if size := info.Size(); len(s.kv.damaged) > 0 || size > compactFrom && size > 2*s.kv.live {
		return s.compact(values, f)
	}
	if err := s.append(f.File, lines); err != nil {
		return err
	}
	if !isAt(f.File, f.path) {
		return errSeized
	}
	for key, v := range added {
		s.kv.put(key, v)
	}
	s.kv.info, err = f.Stat()
	return err
}

// compact sets aside what is damaged, and replaces the log by one with the lines that count and those of the new values.
func (s *Store) compact(values map[string]string, f *inner) error {
	path := s.path(kvName)
	if len(s.kv.damaged) > 0 {
		if err := s.setAside(path, s.kv.damaged...); err != nil {
			return err
		}
	}
	all := map[string]string{}
	for key, v := range s.kv.values {
		all[key] = v.text
	}
	maps.Copy(all, values)
	lines, _, err := encode(all)
	if err != nil {
		return err
	}
	return s.replaceLog(path, lines, f)
}

// encode makes lines of values, sorted by key.
func encode(values map[string]string) (lines []byte, added map[string]kvValue, err error) {
	added = map[string]kvValue{}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		value := values[key]
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return nil, nil, fmt.Errorf("%q or its value is not text in UTF-8", key)
		}
		line, err := json.Marshal(newKVLine(key, value))
		if err != nil {
			return nil, nil, err
		}
		lines = append(append(lines, line...), '\n')
		added[key] = kvValue{value, int64(len(line)) + 1}
	}
	return lines, added, nil
}
