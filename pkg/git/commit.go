package git

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Commit is the commit that the first of the files is of, and whether that is another than what the files are like now, or
// the YAML files beside them: changed, new, or gone. The files are compared here and not by git, which would run filters.
func Commit(ctx context.Context, files []string) (id string, changed bool, err error) {
	folders := map[string][]string{}
	var first string
	for _, file := range files {
		folder, err := filepath.EvalSymlinks(filepath.Dir(file))
		if err != nil {
			return "", false, err
		}
		if folder, err = filepath.Abs(folder); err != nil {
			return "", false, err
		}
		if first == "" {
			first = folder
		}
		folders[folder] = append(folders[folder], filepath.Base(file))
	}
	r, err := Open(first)
	if err != nil {
		return "", false, err
	}
	if id, err = r.output(ctx, kibi, "rev-parse", "--verify", "HEAD^{commit}"); err != nil {
		return "", false, err
	}
	id = strings.TrimSpace(id)
	for folder, names := range folders {
		if changed, err = r.changed(ctx, id, folder, names); changed || err != nil {
			break
		}
	}
	return id, changed, err
}

// changed compares the named files of a folder, and its YAML files.
func (r *Repository) changed(ctx context.Context, commit, folder string, names []string) (bool, error) {
	below, err := filepath.Rel(r.top, folder)
	if err != nil || !filepath.IsLocal(below) {
		return true, nil // the commit does not have it
	}
	var paths []string
	if below != "." {
		paths = []string{filepath.ToSlash(below) + "/"}
	}
	entries, err := r.tree(ctx, commit, paths...)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		name := path.Base(e.path)
		at := slices.Index(names, name)
		if at >= 0 {
			names = slices.Delete(slices.Clone(names), at, at+1)
		}
		yaml := slices.Contains([]string{".yaml", ".yml"}, strings.ToLower(path.Ext(name)))
		if (at >= 0 || yaml) && e.mode != modeFolder {
			if same, err := e.same(filepath.Join(folder, name)); !same || err != nil {
				return err == nil, err
			}
		}
	}
	return len(names) > 0, nil // those that the commit does not have
}

// same compares what an entry of a commit holds with a file. Lines may end as on Windows.
func (e entry) same(file string) (bool, error) {
	info, err := os.Lstat(file)
	if err != nil {
		return false, ignore(err, fs.ErrNotExist)
	}
	var data []byte
	switch {
	case info.Mode()&fs.ModeSymlink != 0 && e.mode == modeLink:
		var target string
		target, err = os.Readlink(file)
		data = []byte(filepath.ToSlash(target))
	case info.Mode().IsRegular() && e.mode != modeLink && info.Size() <= MaxFile:
		data, err = os.ReadFile(file)
	default:
		return false, nil
	}
	return e.is(data) || e.is(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))), ignore(err, fs.ErrNotExist)
}

// is says whether an entry's id is that of a file's contents.
func (e entry) is(data []byte) bool {
	var h hash.Hash = sha1.New()
	if len(e.id) == hex.EncodedLen(sha256.Size) {
		h = sha256.New()
	}
	_, _ = fmt.Fprintf(h, "blob %d\x00", len(data))
	_, _ = h.Write(data)
	return hex.EncodeToString(h.Sum(nil)) == e.id
}

func ignore(err, harmless error) error {
	if errors.Is(err, harmless) {
		return nil
	}
	return err
}
