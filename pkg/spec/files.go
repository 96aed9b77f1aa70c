package spec

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// file is one to read: base in the folder dir, which it must not leave.
type file struct {
	dir, base string
	shown     string // as named by the user
	stdin     bool   // it is the standard input
	past      string // its path in the past; "": it is of now
}

// realPath is a path by which all names of a file are one: absolute, links followed as far as they lead anywhere.
func realPath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path
}

// read gives a file's contents. It opens nothing but regular files inside the folder, and checks the size first.
// What is beyond the bound of all files is not looked at.
func (l *loader) read(f file) ([]byte, bool) {
	if l.size > l.bounds.all {
		return nil, false
	}
	if !f.stdin && f.past == "" && l.linksToSecrets(f) {
		l.unreadable(f.shown, &fault{"link leads to where secrets are", "put the file itself into the folder"})
		return nil, false
	}
	data, err := l.contents(f)
	if l.size += int64(len(data)); err == nil && l.size > l.bounds.all {
		err = &fault{fmt.Sprintf("with it the files have more than the %d bytes allowed together", l.bounds.all), "split them over several runs"}
	}
	if err != nil {
		l.unreadable(f.shown, err)
		return nil, false
	}
	return data, true
}

func (l *loader) contents(f file) ([]byte, error) {
	if text, has := l.instead[f.shown]; has {
		return text, nil
	}
	if f.past != "" {
		return l.past.Files.Read(f.past)
	}
	if !f.stdin {
		return readBelow(f.dir, f.base, l.bounds.file)
	}
	if size := int64(len(l.stdin)); size > l.bounds.file {
		return nil, tooLarge(size, l.bounds.file)
	}
	return l.stdin, nil
}

func tooLarge(size, limit int64) error {
	return &fault{fmt.Sprintf("file has %d bytes, more than the %d allowed", size, limit), "split it"}
}

// linksToSecrets says whether a file is a link, as a change may bring along, to what is no file of ours: errors about it would show
// what it holds.
func (l *loader) linksToSecrets(f file) bool {
	given, err := filepath.Abs(f.dir)
	named := filepath.Join(given, f.base)
	real := realPath(named)
	if err != nil || real == named {
		return false
	}
	places := append([]string{secretsFolder}, l.allowed.files...)
	for _, home := range []string{given, filepath.Dir(given)} { // the folder itself may be the link
		at, err := filepath.Rel(home, named)
		rel, err2 := filepath.Rel(realPath(home), real)
		if err != nil || err2 != nil || rel == at || !filepath.IsLocal(rel) {
			continue
		}
		if inGit(rel) || slices.ContainsFunc(places, func(place string) bool { return rel == place || strings.HasPrefix(filepath.ToSlash(rel), place+"/") }) {
			return true
		}
	}
	return l.stateDir != "" && real != filepath.Join(realPath(given), f.base) && holds(l.stateDir, real)
}

func (l *loader) unreadable(path string, err error) {
	what, hint := explain(err)
	if path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") { // a stream, as <(…) makes one, which can't be read again before anything is written
		what, hint = "not a regular file", "write - for stdin, or name a file that can be read as often as needed"
	}
	l.reject(Position{File: path}, hint, "%s", what)
}

// A fault is a reason of our own why a file can't be read.
type fault struct{ what, hint string }

func (f *fault) Error() string { return f.what }

// readBelow reads a regular file of at most limit bytes. No link leads it out of the folder.
func readBelow(dir, name string, limit int64) (data []byte, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	link, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	info, err := root.Stat(name)
	switch {
	case err != nil && link.Mode()&fs.ModeSymlink != 0:
		return nil, &fault{"link leads nowhere or out of its folder", "put the file itself into the folder"}
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, &fault{"a folder, not a file", "name a file, or put one in its place"}
	case !info.Mode().IsRegular():
		return nil, &fault{"not a regular file", "name a file that can be read as often as needed"}
	case info.Size() > limit:
		return nil, tooLarge(info.Size(), limit)
	}
	opened, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	data = make([]byte, 0, info.Size()+1) // one more, to meet the end without growing
	data, err = appendAll(data, io.LimitReader(opened, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = &fault{"file grew while it was read", "try again when it is complete"}
	}
	return data, err
}

// appendAll reads to the end into the room that data has, growing it only where the file is longer than it was.
func appendAll(data []byte, r io.Reader) ([]byte, error) {
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// explain words an error of the file system.
func explain(err error) (what, hint string) {
	var own *fault
	var path *fs.PathError
	switch {
	case errors.As(err, &own):
		return own.what, own.hint
	case errors.Is(err, fs.ErrNotExist):
		return "no such file or folder", "check the path"
	case errors.Is(err, fs.ErrPermission):
		return "no permission to read it", "check its mode and owner"
	case errors.As(err, &path):
		err = path.Err
	}
	return "can't be read: " + err.Error(), "check the path"
}
