package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// ErrNoRepository says that no folder from a path up has a .git.
var ErrNoRepository = errors.New("there is no git repository here or in a folder above")

// Repository is a checkout, and the program to ask about it.
type Repository struct {
	top     string // the absolute path of the folder that has the .git
	program string // absolute
}

// Open finds the checkout that a file or folder lies in, which need not exist. The error is ErrNoRepository where there is
// none; it is another one where there is a .git and no git program.
func Open(path string) (*Repository, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	top, err := topOf(path)
	if err != nil {
		return nil, err
	}
	program, err := find()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", top, err)
	}
	return &Repository{top, program}, nil
}

// topOf is the nearest folder with a .git. git's own search would take a folder of the checkout that looks like a bare
// repository, and run the programs that its settings name.
func topOf(path string) (string, error) {
	for folder := path; ; folder = filepath.Dir(folder) {
		_, err := os.Lstat(filepath.Join(folder, ".git"))
		switch {
		case err == nil:
			return folder, nil
		case !absent(err):
			return "", fmt.Errorf("look for a git repository: %w", err)
		case folder == filepath.Dir(folder):
			return "", fmt.Errorf("%s: %w", path, ErrNoRepository)
		}
	}
}

func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) }

// entry is one row of a commit's tree.
type entry struct{ mode, id, path string }

// The modes of entries that are not regular files.
const (
	modeLink      = "120000"
	modeFolder    = "040000"
	modeSubmodule = "160000"
)

// tree lists entries of a commit: those with the paths, and with a path that ends in a slash what is in that folder. Without
// paths it is the top folder.
func (r *Repository) tree(ctx context.Context, commit string, paths ...string) ([]entry, error) {
	out, err := r.output(ctx, 64*mebi, append([]string{"ls-tree", "-z", "--full-tree", commit, "--"}, paths...)...)
	if err != nil {
		return nil, err
	}
	var all []entry
	for row := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		about, path, _ := strings.Cut(row, "\t")
		if fields := strings.Fields(about); len(fields) == 3 {
			all = append(all, entry{fields[0], fields[2], path})
		}
	}
	return all, nil
}
