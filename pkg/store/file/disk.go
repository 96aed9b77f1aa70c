package file

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// Replace puts a file with the data in the place of the one at the path, as a whole or not at all. It is on disk when Replace
// returns nil. Only its owner may read it.
func Replace(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	return realDisk().replace(path, f, data)
}

// disk is how bytes come to be on disk; in tests one that fails.
type disk struct {
	write func(*os.File, []byte) (int, error)
	sync  func(*os.File) error
}

func realDisk() *disk { return &disk{(*os.File).Write, (*os.File).Sync} }

// replace writes the data to a new file, closes it and puts it in the place of the one at the path.
func (d *disk) replace(path string, f *os.File, data []byte) error {
	_, err := d.write(f, data)
	if err == nil {
		err = d.sync(f)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return d.syncFolder(filepath.Dir(path))
}

// append adds lines to a log and syncs them. After an error it takes back what it wrote, as far as the disk allows; what stays
// is a line that was cut off, or one that nobody was told of.
func (d *disk) append(f *os.File, lines []byte) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = d.write(f, lines)
	if err == nil {
		err = d.sync(f)
	}
	if err == nil && info.Size() == 0 { // the file may be new
		err = d.syncFolder(filepath.Dir(f.Name()))
	}
	if err != nil {
		return errors.Join(err, f.Truncate(info.Size()))
	}
	return nil
}

// overwrite gives a small file new content, without a sync. It cuts the file last, because some file systems write one that was
// emptied to disk when it is closed, which takes a hundred times as long. A crash in between leaves content that can't be read.
func (d *disk) overwrite(f *os.File, data []byte) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := d.write(f, data); err != nil {
		return err
	}
	return f.Truncate(int64(len(data)))
}

// syncFolder makes the names of files that are new in a folder durable.
func (d *disk) syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.sync(f), f.Close())
}

// locked opens the file at the path and waits for its flock, LOCK_EX or LOCK_SH, which closing the file gives back. Whoever had
// it may have put another file in its place meanwhile; then that one is opened.
func locked(path string, flag, how int) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, flag, 0o600)
		if err != nil {
			return nil, err
		}
		if err := flock(f, how); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if isAt(f, path) {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if err == nil {
			return nil
		}
		if err != syscall.EINTR {
			return &os.PathError{Op: "flock", Path: f.Name(), Err: err}
		}
	}
}

// isAt says whether the path names the open file.
func isAt(f *os.File, path string) bool {
	own, ownErr := f.Stat()
	named, err := os.Stat(path)
	return ownErr == nil && err == nil && os.SameFile(own, named)
}
