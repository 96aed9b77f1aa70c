package file

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		folder := filepath.Join(storetest.Folder(t), "state")
		return storetest.Backend{
			Open:  func(*testing.T) store.Store { return Open(folder) },
			Crash: crash,
			Cut: func(t *testing.T, l store.Lease) { // as far as a folder can be cut off
				must(t, os.Remove(l.(*lease).path))
			},
			Restart: func(*testing.T) {},
			Mark: func(t *testing.T) func(t *testing.T) {
				copied := storetest.Folder(t)
				must(t, os.CopyFS(filepath.Join(copied, "state"), os.DirFS(folder)))
				return func(t *testing.T) {
					must(t, os.RemoveAll(folder))
					must(t, os.Rename(filepath.Join(copied, "state"), folder))
					must(t, private(folder))
				}
			},
			Slow: func(_ *testing.T, s store.Store) {
				sync := s.(*Store).sync
				s.(*Store).sync = func(f *os.File) error { time.Sleep(50 * time.Millisecond); return sync(f) }
			},
			Slowly: 50 * time.Millisecond,
			Behead: func(t *testing.T) {
				path := filepath.Join(folder, historyName)
				lines, _ := split(read(t, path))
				must(t, os.WriteFile(path, append(bytes.Join(lines[:len(lines)-1], []byte("\n")), '\n'), 0o600))
			},
			Curtail: func(t *testing.T) {
				path := filepath.Join(folder, historyName)
				_, rest, _ := bytes.Cut(read(t, path), []byte("\n"))
				must(t, os.WriteFile(path, rest, 0o600))
			},
		}
	})
}

// private takes the rights of others away, which a copy may have got.
func private(folder string) error {
	return filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	})
}

// crash closes the files of a lease, as the system does when a process dies.
func crash(t *testing.T, l store.Lease) {
	t.Helper()
	if err := errors.Join(l.(*lease).lock.Close(), l.(*lease).journal.Close()); err != nil {
		t.Fatal(err)
	}
}
