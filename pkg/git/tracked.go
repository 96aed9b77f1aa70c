package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// Tracked says whether git tracks a path or anything below it, in whatever letter case, so that who writes the checkout's
// files may have written what is there. A path that links lead to is tracked where one of the links is, or where they end.
// Where there is no repository, nothing is tracked; where git can't be asked about one, that is an error.
func Tracked(ctx context.Context, path string) (bool, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return false, err
	}
	names, err := namesOf(path)
	if err != nil {
		return false, err
	}
	for _, name := range names {
		r, err := Open(name)
		if errors.Is(err, ErrNoRepository) {
			continue
		}
		if err != nil {
			return false, err
		}
		if tracked, err := r.tracks(ctx, name); tracked || err != nil {
			return tracked, err
		}
	}
	return false, nil
}

// maxLinks bounds the links on the way to a file, as systems do.
const maxLinks = 40

// namesOf are the absolute path, each link on the way to what is there, and the path without links. What does not exist is no
// link.
func namesOf(path string) ([]string, error) {
	found := []string{path}
	here, rest := root(path), parts(path)
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		if part == ".." {
			here = filepath.Dir(here)
			continue
		}
		here = filepath.Join(here, part)
		info, err := os.Lstat(here)
		if err != nil && !absent(err) {
			return nil, err
		}
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			continue
		}
		target, err := os.Readlink(here)
		if found = append(found, here); err != nil || len(found) > maxLinks {
			return nil, errors.Join(fmt.Errorf("%s: there are too many links on the way", path), err)
		}
		if rest = append(parts(target), rest...); filepath.IsAbs(target) {
			here = root(target)
		} else {
			here = filepath.Dir(here)
		}
	}
	return slices.Compact(append(found, here)), nil
}

func root(path string) string { return filepath.VolumeName(path) + string(filepath.Separator) }

func parts(path string) []string {
	return strings.FieldsFunc(path[len(filepath.VolumeName(path)):], func(r rune) bool { return r < 0x80 && os.IsPathSeparator(uint8(r)) })
}

// tracks compares with all that git tracks: only so does letter case not count.
func (r *Repository) tracks(ctx context.Context, path string) (bool, error) {
	path, err := filepath.Rel(r.top, path)
	if err != nil {
		return false, err
	}
	s := &search{path: folded(filepath.ToSlash(path))}
	err = r.run(ctx, s, "ls-files", "-z")
	switch {
	case s.found:
		return true, nil
	case s.full():
		return false, fmt.Errorf("%s: git tracks more files than can be looked through", r.top)
	}
	return false, err
}

// Bounds of what git tracks, in bytes: all paths together, and one. A repository of a million files stays below.
const (
	maxPaths = 128 * mebi
	maxPath  = 64 * kibi
)

// search looks for a path in what is written to it: paths, each of which ends in a zero byte. It ends whoever writes once it
// has found it.
type search struct {
	path  string // folded
	begun []byte // of a path
	read  int
	found bool
}

func (s *search) full() bool { return s.read > maxPaths || len(s.begun) > maxPath }

// Write looks through the paths that end in p.
func (s *search) Write(p []byte) (int, error) {
	s.read += len(p)
	s.begun = append(s.begun, p...)
	for !s.found {
		end := bytes.IndexByte(s.begun, 0)
		if end < 0 {
			break
		}
		s.found = overlap(s.path, folded(string(s.begun[:end])))
		s.begun = s.begun[end+1:]
	}
	if s.found || s.full() {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// overlap says whether two paths are the same or one lies in the other. What git tracks above a path is a link or a
// submodule.
func overlap(a, b string) bool {
	return a == "." || a == b || strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}

// folded is a text in which letters that differ in case only are the same: the first of all that fold to each other.
func folded(text string) string {
	return strings.Map(func(r rune) rune {
		first := r
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case r <= unicode.MaxASCII:
			return r
		}
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			first = min(first, next)
		}
		return first
	}, text)
}
