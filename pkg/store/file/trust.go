package file

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
)

// open opens a file of the state folder, if both are what we would have made. Whoever else could have made or changed them
// could say in them what earlier runs did.
func (s *Store) open(path string, flag int) (*os.File, error) {
	if err := s.trustFolder(); err != nil {
		return nil, err
	}
	f, err := openFile(path, flag)
	if err != nil {
		if info, statErr := os.Lstat(path); statErr == nil { // a link, or a pipe at whose other end nobody is
			if reason := trustFile(path, info); reason != nil {
				return nil, reason
			}
		}
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = trustFile(path, info)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// readFile reads a file of the state folder; nil where there is none.
func (s *Store) readFile(path string) ([]byte, error) {
	f, err := s.open(path, os.O_RDONLY)
	if err != nil {
		return nil, absentIsFine(err)
	}
	defer f.Close()
	return io.ReadAll(f)
}

// trustFile says why a file of the state folder is not trusted: one of ours is an ordinary file, only we write to it, and
// strangers do not read it, since some values are secret.
func trustFile(path string, info os.FileInfo) error {
	if what := otherThanFile(info.Mode()); what != "" {
		return fmt.Errorf("%s is %s, where entitlectl keeps a file: see who put it there, and move it away", path, what)
	}
	if reason := foreign(info); reason != "" {
		return fmt.Errorf("%s %s: run entitlectl as its owner, or give it to the user that it runs as (chown)", path, reason)
	}
	if open := permissions(info); open&0o027 != 0 {
		return fmt.Errorf("%s is open to others (mode %04o), who may have read or changed it: look at it, then chmod 600 it", path, open)
	}
	return nil
}

func otherThanFile(mode os.FileMode) string {
	switch {
	case mode.IsRegular():
		return ""
	case mode.IsDir():
		return "a folder"
	case mode&os.ModeSymlink != 0:
		return "a link"
	case mode&os.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&os.ModeSocket != 0:
		return "a socket"
	case mode&os.ModeDevice != 0:
		return "a device"
	}
	return "no ordinary file"
}

// trustFolder says why the state folder is not trusted. Others may list it, not change it. It may be a link, of ours or root's.
// A folder that was trusted once is so for the life of the process: nobody else could change it.
func (s *Store) trustFolder() error {
	if s.trusted.Load() {
		return nil
	}
	link, err := os.Lstat(s.folder)
	if err != nil {
		return absentIsFine(err)
	}
	info, err := os.Stat(s.folder)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is %s, where entitlectl keeps a folder: name another one", s.folder, cmp.Or(otherThanFile(info.Mode()), "a file"))
	}
	for _, info := range []os.FileInfo{link, info} {
		if reason := foreign(info); reason != "" {
			return fmt.Errorf("the state folder %s %s: run entitlectl as its owner, or name a folder of your own", s.folder, reason)
		}
	}
	if open := permissions(info); open&0o022 != 0 {
		return fmt.Errorf("others may write to the state folder %s (mode %04o): see that it holds nothing of theirs, then chmod go-w it", s.folder, open)
	}
	s.trusted.Store(true)
	return nil
}
