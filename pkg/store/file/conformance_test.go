package file

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		folder := filepath.Join(storetest.Folder(t), "state")
		return storetest.Backend{
			Open:  func(*testing.T) store.Store { return Open(folder) },
			Crash: crash,
			Behead: func(t *testing.T) {
				path := filepath.Join(folder, historyName)
				lines, _ := split(read(t, path))
				must(t, os.WriteFile(path, append(bytes.Join(lines[:len(lines)-1], []byte("\n")), '\n'), 0o600))
			},
		}
	})
}

// crash closes the files of a lease, as the system does when a process dies.
func crash(t *testing.T, l store.Lease) {
	t.Helper()
	if err := errors.Join(l.(*lease).lock.Close(), l.(*lease).journal.Close()); err != nil {
		t.Fatal(err)
	}
}
