package file

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Replace puts a file with the data in the place of the one at the path, as a whole or not at all. It is on disk when Replace
// returns nil. Only its owner may read it.
func Replace(path string, data []byte) error { return ReplaceWith(path, writes(data)) }

// ReplaceWith is Replace with what a function writes. After its error nothing was replaced.
func ReplaceWith(path string, write func(io.Writer) error) error {
	d := realDisk()
	temp, err := d.createWith(filepath.Dir(path), "."+filepath.Base(path)+".*", write)
	if err != nil {
		return err
	}
	return d.put(temp, path)
}

// writes is a function that writes data.
func writes(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// disk is how bytes come to be on disk; in tests one that fails.
type disk struct {
	write func(*os.File, []byte) (int, error)
	sync  func(*os.File) error
}

func realDisk() *disk { return &disk{(*os.File).Write, (*os.File).Sync} }

// create writes the data to a new file, which it names as os.CreateTemp does. After an error the file is gone.
func (d *disk) create(folder, pattern string, data []byte) (path string, err error) {
	return d.createWith(folder, pattern, writes(data))
}

// createWith is create with what a function writes.
func (d *disk) createWith(folder, pattern string, write func(io.Writer) error) (path string, err error) {
	f, err := os.CreateTemp(folder, pattern)
	if err != nil {
		return "", err
	}
	err = write(writerFunc(func(data []byte) (int, error) { return d.write(f, data) }))
	if err == nil {
		err = d.sync(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, remove(f.Name()))
	}
	return f.Name(), nil
}

// put puts a file that was created in the place of the one at the path.
func (d *disk) put(from, path string) error {
	if err := rename(from, path); err != nil {
		return errors.Join(err, absentIsFine(remove(from)))
	}
	return d.syncFolder(filepath.Dir(path))
}

func absentIsFine(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// append adds lines to a log and syncs them. After an error it takes back what it wrote, as far as the disk allows; what stays
// is a line that was cut off, or one that nobody was told of.
func (d *disk) append(f *os.File, lines []byte) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	_, err = d.write(f, lines)
	if err == nil {
		err = d.sync(f)
	}
	if err == nil && size == 0 { // the file may be new
		err = d.syncFolder(filepath.Dir(f.Name()))
	}
	if err != nil {
		return errors.Join(err, f.Truncate(size))
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

// isAt says whether the path names the open file.
func isAt(f *os.File, path string) bool {
	own, ownErr := f.Stat()
	named, err := os.Lstat(path)
	return ownErr == nil && err == nil && os.SameFile(own, named)
}
