//go:build unix

package file

import (
	"syscall"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

// stop stops the process and waits until it has stopped.
func (p *process) stop(t *testing.T) {
	t.Helper()
	must(t, p.Process.Signal(syscall.SIGSTOP))
	if _, err := syscall.Wait4(p.Process.Pid, nil, syscall.WUNTRACED, nil); err != nil {
		t.Fatal(err)
	}
}

func TestAProcessThatIsStopped(t *testing.T) {
	s := Open(storetest.Folder(t))
	zombie := start(t, s.folder)
	zombie.says(t, "<nil>")
	zombie.append(t, "first", "true false")
	zombie.stop(t)
	must(t, s.Break(t.Context(), "x", ana, "it hangs"))
	l := acquire(t, s)
	must(t, zombie.Process.Signal(syscall.SIGCONT))
	zombie.append(t, "late", "false true")
	must(t, l.Append(t.Context(), store.Entry{Run: "next", Call: 1, State: store.Begun}))
	if d := doubts(t, s); len(d) != 2 || d[0].Run != "first" || d[1].Run != "next" {
		t.Errorf("in doubt %+v", d)
	}
}
