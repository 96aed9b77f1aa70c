package spec

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// file is one to read: base in the folder dir, which it must not leave.
type file struct {
	dir, base string
	shown     string // as named by the user
}

// find lists the files that paths stand for, in order, each once.
func (l *loader) find(paths []string) []file {
	if len(paths) == 0 {
		l.reject(Position{}, "name a file or a folder", "no file is named")
	}
	var files []file
	seen := map[string]bool{}
	add := func(f file) {
		if id := identity(filepath.Join(f.dir, f.base)); !seen[id] {
			seen[id] = true
			files = append(files, f)
		}
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			l.unreadable(path, err)
		case info.IsDir():
			for _, f := range l.folder(path) {
				add(f)
			}
		default:
			dir, base := filepath.Dir(path), filepath.Base(path)
			add(file{dir, base, path})
			rules := filepath.Join(dir, RulesFile)
			if _, err := os.Lstat(rules); err == nil {
				add(file{dir, RulesFile, rules})
			}
		}
	}
	return files
}

// folder lists the files of a folder by name.
func (l *loader) folder(path string) []file {
	entries, err := os.ReadDir(path)
	if err != nil {
		l.unreadable(path, err)
		return nil
	}
	var files []file
	for _, e := range entries {
		name := e.Name()
		if ext := filepath.Ext(name); e.IsDir() || strings.HasPrefix(name, ".") || ext != ".yaml" && ext != ".yml" {
			continue
		}
		if strings.IndexFunc(name, isHidden) >= 0 {
			l.reject(Position{File: path}, "rename it", "file name %s holds an invisible character", quoted(name))
			continue
		}
		files = append(files, file{path, name, filepath.Join(path, name)})
	}
	if len(files) == 0 {
		l.reject(Position{File: path}, "add one, or name another folder", "folder holds no *.yaml or *.yml file")
	}
	return files
}

// identity tells whether two paths lead to the same file.
func identity(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path
}

// read gives a file's contents. It opens nothing but regular files inside the folder, and checks the size first.
func (l *loader) read(f file) ([]byte, bool) {
	data, err := readBelow(f.dir, f.base, l.limit)
	if err != nil {
		l.unreadable(f.shown, err)
		return nil, false
	}
	return data, true
}

func (l *loader) unreadable(path string, err error) {
	what, hint := explain(err)
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
	case !info.Mode().IsRegular():
		return nil, &fault{"not a regular file", "name a file that can be read as often as needed"}
	case info.Size() > limit:
		return nil, &fault{fmt.Sprintf("file has %d bytes, more than the %d allowed", info.Size(), limit), "split it"}
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
