package file

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

// name is the log's name in the state folder.
const name = "memory.jsonl"

// Engine keeps facts in a folder. Its zero value is not usable; Open makes one.
type Engine struct {
	path    string
	mu      sync.Mutex
	facts   map[string]string // as they stood in the log when it had the size
	size    int64             // the log only grows
	damaged []string
}

// Open uses the folder, which it makes, readable by its owner only, when something is kept for the first time.
func Open(folder string) *Engine { return &Engine{path: filepath.Join(folder, name)} }

// record is one line. Sum is the CRC-32 of key and value, so that a damaged line is known as such.
type record struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Sum   uint32 `json:"sum"`
}

func newRecord(key, value string) record {
	return record{key, value, crc32.ChecksumIEEE([]byte(key + "\x00" + value))}
}

// Recall returns what was kept last under the key, by whichever process. A log that can't be read knows nothing.
func (e *Engine) Recall(key string) (string, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.refresh(); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			e.damaged = append(e.damaged, err.Error())
		}
		return "", false
	}
	value, ok := e.facts[key]
	return value, ok
}

// refresh reads the log if it has grown since it was last read.
func (e *Engine) refresh() error {
	info, err := os.Stat(e.path)
	if err != nil || e.facts != nil && info.Size() == e.size {
		return err
	}
	data, err := os.ReadFile(e.path)
	if err != nil {
		return err
	}
	e.facts, e.size = e.parse(data), int64(len(data))
	return nil
}

func (e *Engine) parse(data []byte) map[string]string {
	facts, lines := map[string]string{}, 0
	for line := range bytes.Lines(data) {
		lines++
		var r record
		if err := json.Unmarshal(line, &r); err != nil || r != newRecord(r.Key, r.Value) {
			e.damaged = append(e.damaged, fmt.Sprintf("%s:%d: the line is damaged and was passed over", e.path, lines))
			continue
		}
		facts[r.Key] = r.Value
	}
	return facts
}

// Damaged says what was passed over so far, and why.
func (e *Engine) Damaged() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(e.damaged)))
}

// Keep appends the fact and syncs it.
func (e *Engine) Keep(key, value string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(e.path), 0o700); err != nil {
		return fmt.Errorf("keep %s: %w", key, err)
	}
	f, err := os.OpenFile(e.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("keep %s: %w", key, err)
	}
	err = e.append(f, newRecord(key, value))
	if closeErr := f.Close(); err == nil { // closing also gives the lock back
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("keep %s: %w", key, err)
	}
	return nil
}

// append writes one line under a lock that other processes see, and syncs it. A last line that a crash cut off is ended
// first, so that it damages nothing but itself.
func (e *Engine) append(f *os.File, r record) error {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if size := info.Size(); size > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, size-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			line = append([]byte{'\n'}, line...)
		}
	}
	if _, err := f.Write(line); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(e.path))
}

// syncFolder makes a new file's name last.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Close has nothing to give back: the log is open only while something is kept.
func (e *Engine) Close() error { return nil }
