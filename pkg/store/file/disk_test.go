package file

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// A file is replaced as a whole, by one that only its owner can read, or not at all.
func TestReplace(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "plan.json")
	for _, text := range []string{"first", "second"} {
		must(t, Replace(path, []byte(text)))
		if data := read(t, path); string(data) != text {
			t.Errorf("the file holds %q, want %q", data, text)
		}
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v", info.Mode())
	}
	must(t, os.Mkdir(filepath.Join(folder, "taken"), 0o700))
	if Replace(filepath.Join(folder, "taken"), nil) == nil {
		t.Error("a folder was replaced by a file")
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 2 {
		t.Errorf("temporary files are left behind: %v", entries)
	}
}

// Whoever waits for a file that is replaced meanwhile goes on with the new one: of many who count in it nobody miscounts.
func TestWaitingForAFileThatIsReplaced(t *testing.T) {
	s := unsynced(t.TempDir())
	path := s.path("count")
	must(t, os.WriteFile(path, nil, 0o600))
	const counters, each = 4, 50
	var wg sync.WaitGroup
	for range counters {
		wg.Go(func() {
			for range each {
				f, err := s.locked(t.Context(), path, os.O_RDWR, exclusive)
				if err != nil {
					t.Error(err)
					return
				}
				data, err := io.ReadAll(f)
				if err := errors.Join(err, s.replaceLog(path, append(data, 'x'), f), f.Close()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := len(read(t, path)); got != counters*each {
		t.Errorf("counted %d, want %d", got, counters*each)
	}
}
