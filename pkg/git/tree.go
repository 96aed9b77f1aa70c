package git

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// Tree is the files of a commit. Paths are from the top folder of the repository on, with slashes; "." is the top folder.
type Tree struct {
	ctx     context.Context // of the run: what uses a Tree reads files, and knows no git
	r       *Repository
	commit  string
	folders map[string]map[string]entry
}

// Tree is the files of a commit, for as long as the context lasts.
func (r *Repository) Tree(ctx context.Context, commit string) *Tree {
	return &Tree{ctx, r, commit, map[string]map[string]entry{}}
}

// NoFiles are the files before the first commit.
type NoFiles struct{}

// Entries are none.
func (NoFiles) Entries(string) (map[string]fs.FileMode, error) { return nil, nil }

// Read finds nothing.
func (NoFiles) Read(file string) ([]byte, error) {
	return nil, fmt.Errorf("%s: there is no commit that has it", file)
}

// Top is the absolute path of the folder that has the .git.
func (r *Repository) Top() string { return r.top }

// Within is the path of a file or folder in the repository, which need not exist; false where it is elsewhere.
func (r *Repository) Within(file string) (string, bool) {
	below, err := filepath.Rel(r.top, file)
	return filepath.ToSlash(below), err == nil && filepath.IsLocal(below)
}

// Entries are what a folder holds by name, with the type bits of their modes; nil where there is no such folder.
func (t *Tree) Entries(folder string) (map[string]fs.FileMode, error) {
	entries, err := t.list(folder)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	found := make(map[string]fs.FileMode, len(entries))
	for name, e := range entries {
		found[name] = map[string]fs.FileMode{modeLink: fs.ModeSymlink, modeFolder: fs.ModeDir, modeSubmodule: fs.ModeIrregular}[e.mode]
	}
	return found, nil
}

// Read is what a regular file holds, at most MaxFile bytes.
func (t *Tree) Read(file string) ([]byte, error) {
	entries, err := t.list(path.Dir(file))
	if err != nil {
		return nil, err
	}
	e, there := entries[path.Base(file)]
	if !there || e.mode == modeLink || e.mode == modeFolder || e.mode == modeSubmodule {
		return nil, fmt.Errorf("%s: the commit has no such file", file)
	}
	text, err := t.r.output(t.ctx, MaxFile, "cat-file", "blob", e.id)
	return []byte(text), err
}

func (t *Tree) list(folder string) (map[string]entry, error) {
	if found, known := t.folders[folder]; known {
		return found, nil
	}
	var paths []string
	if folder != "." {
		paths = []string{strings.TrimSuffix(folder, "/") + "/"}
	}
	entries, err := t.r.tree(t.ctx, t.commit, paths...)
	if err != nil {
		return nil, err
	}
	found := make(map[string]entry, len(entries))
	for _, e := range entries {
		found[path.Base(e.path)] = e
	}
	t.folders[folder] = found
	return found, nil
}
