package file

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// removeHalfWritten removes the details that a process was writing when it died. One that is alive has them locked, but for the moment
// between making the file and taking its lock: then nothing is in it yet, so that nothing is said either.
func (s *Store) removeHalfWritten() error {
	files, err := os.ReadDir(s.folder)
	if err != nil {
		return err
	}
	for _, file := range files {
		if !strings.HasPrefix(file.Name(), detailsTemp) {
			continue
		}
		f, err := s.lockFree(s.path(file.Name()))
		if err != nil {
			return err
		}
		if f == nil {
			continue
		}
		info, err := f.Stat()
		if err := errors.Join(err, absentIsFine(remove(f.Name())), f.Close()); err != nil {
			return err
		}
		if info.Size() == 0 {
			continue
		}
		s.note(f.Name()+" is what a run that was cut off had written of its details", ", and was removed")
	}
	return nil
}

// removeUnnamed removes the details that no record names, and returns how many: a run was cut off before its record. A process
// that is about to add the record has them locked. Where a record can't be read, which may name any of them, all stay.
func (s *Store) removeUnnamed(ctx context.Context) (removed int, err error) {
	if err := s.trustDetails(); err != nil {
		return 0, err
	}
	files, err := os.ReadDir(s.path(detailsName))
	if err != nil {
		return 0, absentIsFine(err)
	}
	named, whole := s.namedDetails(ctx)
	var free []*os.File
	defer func() {
		for _, f := range free {
			err = errors.Join(err, f.Close())
		}
	}()
	for _, file := range files {
		path := filepath.Join(s.path(detailsName), file.Name())
		if named[path] || !whole {
			continue
		}
		f, err := s.lockFree(path)
		if err != nil {
			return 0, err
		}
		if f != nil {
			free = append(free, f)
		}
	}
	if len(free) == 0 {
		return 0, nil
	}
	named, whole = s.namedDetails(ctx) // once more: a record may have come before we had the locks, none comes now
	for _, f := range free {
		if named[f.Name()] || !whole {
			continue
		}
		if err := remove(f.Name()); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, s.syncFolder(s.path(detailsName))
}

// namedDetails are the paths of the details that records name, and whether all records can be read.
func (s *Store) namedDetails(ctx context.Context) (named map[string]bool, whole bool) {
	named, whole = map[string]bool{}, true
	for r, err := range s.Records(ctx) {
		if err != nil {
			whole = false
		} else if r.Details != nil {
			named[s.detailsPath(r.Details.Digest)] = true
		}
	}
	return named, whole
}
