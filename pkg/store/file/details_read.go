package file

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// Details reads the file that the digest names.
func (s *Store) Details(ctx context.Context, d store.Details) store.Rows {
	return func(yield func(json.RawMessage, error) bool) {
		if err := s.readDetails(ctx, d, yield); err != nil {
			yield(nil, err)
		}
	}
}

func (s *Store) readDetails(ctx context.Context, d store.Details, yield func(json.RawMessage, error) bool) error {
	if !digestPattern().MatchString(d.Digest) {
		return fmt.Errorf("the record names details by %q, which is no digest", d.Digest)
	}
	f, err := s.openDetails(d)
	if err != nil {
		return err
	}
	defer f.Close()
	sum, lines := store.NewSummer(), bufio.NewReaderSize(io.LimitReader(f, d.Bytes), 1<<16)
	for ctx.Err() == nil {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			if sum.Details() != d {
				return alteredDetails(f.Name())
			}
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		row := line[:max(0, len(line)-1)]
		if err != nil || sum.Add(row) != nil {
			return alteredDetails(f.Name())
		}
		if !yield(row, nil) {
			return nil
		}
	}
	return context.Cause(ctx)
}

// openDetails opens the file if it is as long as it should be.
func (s *Store) openDetails(d store.Details) (*os.File, error) {
	if err := s.trustDetails(); err != nil {
		return nil, err
	}
	path := s.detailsPath(d.Digest)
	f, err := s.open(path, os.O_RDONLY)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing, which has the details of the run: it was removed, or not copied with the history", path)
	}
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.Size() != d.Bytes {
		return nil, errors.Join(err, alteredDetails(path), f.Close())
	}
	return f, nil
}

func alteredDetails(path string) error {
	return fmt.Errorf("%s was altered, damaged or replaced: its content is not what the record of the run was made with", path)
}
