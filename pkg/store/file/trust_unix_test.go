//go:build unix

package file

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// What is not as we make it is refused with the reason; nothing waits for it, nor is written through it.
func TestWhatIsNotOursIsRefused(t *testing.T) {
	files := map[string][]string{kvName: {"put", "get"}, historyName: {"record", "verify"}, guardName: {"acquire", "holders", "break"},
		"journal-x.jsonl": {"acquire", "doubts"}, "lock-x.json": {"acquire", "holders", "break"}, limiterName: {"reserve"}, headName: {"verify"},
		nameOfDetailed(): {"details"}}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	must(t, os.WriteFile(elsewhere, nil, 0o600))
	spoil := map[string]func(path string) error{
		"is a link":         func(path string) error { return os.Symlink(elsewhere, path) },
		"is a named pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"is open to others": func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"belongs to user ":  func(path string) error { return os.WriteFile(path, nil, 0o600) },
	}
	for want, spoil := range spoil {
		for name, actions := range files {
			s := Open(t.TempDir())
			must(t, os.WriteFile(s.path(guardName), nil, 0o600))
			must(t, os.Mkdir(s.path(detailsName), 0o700))
			must(t, absentIsFine(os.Remove(s.path(name))))
			must(t, spoil(s.path(name)))
			if want == "is open to others" {
				must(t, os.Chmod(s.path(name), 0o604))
			}
			if want == "belongs to user " && os.Chown(s.path(name), 12345, -1) != nil {
				continue // takes the right to give files away
			}
			for _, action := range actions {
				err := everything(t.Context(), s)[action]()
				said := strings.Join(s.Damaged(), "")
				if err != nil {
					said += err.Error()
				}
				if !strings.Contains(said, s.path(name)+" "+want) {
					t.Errorf("%s where %s %s: %q", action, name, want, said)
				}
			}
		}
	}
	if data := read(t, elsewhere); len(data) > 0 {
		t.Errorf("written through a link: %q", data)
	}
}

// The same holds for the folder with details.
func TestDetailsInAFolderThatIsNotOursAreRefused(t *testing.T) {
	elsewhere := t.TempDir()
	for want, spoil := range map[string]func(path string) error{
		" is a link": func(path string) error { return os.Symlink(elsewhere, path) },
		" is a file": func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"others may write to ": func(path string) error {
			if err := os.Mkdir(path, 0o700); err != nil {
				return err
			}
			return os.Chmod(path, 0o770)
		},
	} {
		s := unsynced(t.TempDir())
		must(t, spoil(s.path(detailsName)))
		for _, action := range []string{"detail", "details"} {
			if err := everything(t.Context(), s)[action](); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q", action, err, want)
			}
		}
	}
	if files, err := os.ReadDir(elsewhere); err != nil || len(files) > 0 {
		t.Errorf("written through a link: %v", files)
	}
}

func TestAFolderThatOthersCanChangeIsRefused(t *testing.T) {
	for mode, trusted := range map[os.FileMode]bool{0o700: true, 0o755: true, 0o770: false, 0o777: false} {
		folder := filepath.Join(t.TempDir(), "state")
		must(t, os.Mkdir(folder, 0o700))
		must(t, os.Chmod(folder, mode))
		do := everything(context.Background(), Open(folder))
		for _, action := range slices.Sorted(maps.Keys(do)) {
			if action == "get" || action == "reserve" || action == "delay" || action == "break" || action == "append" {
				continue // say so in Damaged, or need a lock that is held
			}
			if err := do[action](); (err == nil) != trusted {
				t.Errorf("%s in a folder of mode %v: error %v", action, mode, err)
			}
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(t.TempDir(), link))
	must(t, Open(link).Put("a", "1"))
	if os.Lchown(link, 12345, -1) == nil {
		if err := Open(link).Put("a", "1"); err == nil || !strings.Contains(err.Error(), "belongs to user 12345") {
			t.Errorf("error %v", err)
		}
	}
}
