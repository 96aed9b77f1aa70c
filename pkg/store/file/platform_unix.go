//go:build unix

package file

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openFile opens a file of the state folder. It follows no link, and does not wait for whoever may be at the other end of a
// pipe.
func openFile(path string, flag int) (*os.File, error) {
	return os.OpenFile(path, flag|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
}

// tryLock takes the lock of an open file, unless somebody has it. Closing the file gives it back, and so does the kernel when
// the process ends.
func tryLock(f *os.File, k kind) (bool, error) {
	how := unix.LOCK_EX
	if k == shared {
		how = unix.LOCK_SH
	}
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, unix.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, unix.EINTR):
			return false, &os.PathError{Op: "flock", Path: f.Name(), Err: err}
		}
	}
}

// foreign says whose a file or folder is, where it is neither ours nor root's, who can do as they like anyway.
func foreign(info os.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if me := os.Geteuid(); ok && stat.Uid != 0 && int(stat.Uid) != me {
		return fmt.Sprintf("belongs to user %d, and this runs as user %d", stat.Uid, me)
	}
	return ""
}

// permissions are those of the owner, the group and others.
func permissions(info os.FileInfo) os.FileMode { return info.Mode().Perm() }

func rename(from, to string) error { return os.Rename(from, to) }

func remove(path string) error { return os.Remove(path) }

// syncFolder makes the names of files that are new in a folder durable.
func (d *disk) syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.sync(f), f.Close())
}
