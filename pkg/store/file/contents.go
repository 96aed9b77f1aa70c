package file

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/store"
)

var _ store.Contents = (*Store)(nil)

// All reads the log of key-values.
func (s *Store) All(ctx context.Context) (map[string]string, error) {
	s.kvMu.Lock()
	defer s.kvMu.Unlock()
	if err := s.refresh(); err != nil {
		return nil, err
	}
	all := map[string]string{}
	for key, v := range s.kv.values {
		all[key] = v.text
	}
	return all, ctx.Err()
}

// Scopes are those that have a journal. One whose name is too long for a file is not among them.
func (s *Store) Scopes(ctx context.Context) (scopes []string, err error) {
	files, err := os.ReadDir(s.folder)
	if err != nil {
		return nil, absentIsFine(err)
	}
	for _, file := range files {
		name, begins := strings.CutPrefix(file.Name(), "journal-")
		name, ends := strings.CutSuffix(name, ".jsonl")
		if !begins || !ends || strings.Contains(name, newInfix) {
			continue
		}
		if scope, err := url.PathUnescape(name); err == nil && s.journalPath(scope) == s.path(file.Name()) {
			scopes = append(scopes, scope)
		}
	}
	slices.Sort(scopes)
	return scopes, ctx.Err()
}

// Describe sums the files up.
func (s *Store) Describe(ctx context.Context) (store.Description, error) {
	d := store.Description{Place: s.folder, Identity: s.folder}
	if full, err := filepath.Abs(s.folder); err == nil {
		d.Identity = full
	}
	real, err := filepath.EvalSymlinks(d.Identity)
	if errors.Is(err, fs.ErrNotExist) {
		d.Notes = []string{"there is no such folder yet: the first run makes it"}
		return d, ctx.Err()
	}
	if err == nil {
		d.Identity = real
	}
	err = filepath.WalkDir(s.folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return absentIsFine(err)
		}
		info, err := entry.Info()
		if err == nil {
			d.Bytes += info.Size()
		}
		return absentIsFine(err)
	})
	return d, errors.Join(err, ctx.Err())
}
