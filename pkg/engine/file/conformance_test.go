package file

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/engine"
	"github.com/entitlectl/entitlectl/pkg/engine/enginetest"
)

func TestConformance(t *testing.T) {
	enginetest.Run(t, func(t *testing.T) enginetest.Store {
		folder := filepath.Join(t.TempDir(), "state")
		return enginetest.Store{
			Open:  func(*testing.T) engine.Engine { return Open(folder) },
			Crash: crash,
		}
	})
}

// crash closes what a lease has open, as the system does with a process that dies.
func crash(t *testing.T, l engine.Lease) {
	t.Helper()
	if err := errors.Join(l.(*lease).lock.Close(), l.(*lease).journal.Close()); err != nil {
		t.Fatal(err)
	}
}
