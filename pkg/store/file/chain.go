package file

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// partFormat makes the name of a part of the history that is done, from its number.
const partFormat = "history-%06d.jsonl"

// part is a part of the history that is done.
type part struct {
	number int
	path   string
}

// parts lists the parts that are done, oldest first.
func (s *Store) parts() ([]part, error) {
	files, err := os.ReadDir(s.folder)
	if err != nil {
		return nil, absentIsFine(err)
	}
	var parts []part
	for _, file := range files {
		n := 0
		if _, err := fmt.Sscanf(file.Name(), partFormat, &n); err == nil && file.Name() == fmt.Sprintf(partFormat, n) {
			parts = append(parts, part{n, s.path(file.Name())})
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return a.number - b.number })
	return parts, nil
}

// Records locks nothing while it yields.
func (s *Store) Records(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for link, err := range s.links(ctx) {
			if !yield(link.record, err) {
				return
			}
		}
	}
}

// Verify checks each record, that it follows the one before, and that the one that was noted as the newest is there.
func (s *Store) Verify(ctx context.Context) (store.Chain, error) { return s.VerifyEach(ctx, nil) }

// VerifyEach is Verify that hands on each record that can be read, also those behind a break, unless each is nil. So who wants
// both reads the history once.
func (s *Store) VerifyEach(ctx context.Context, each func(store.Record)) (_ store.Chain, broken error) {
	var c store.Checker
	head, err := s.head() // before the records: what is noted is there by now
	if err != nil {
		broken = fmt.Errorf("read the history: %w", err)
	}
	for link, err := range s.links(ctx) {
		if err == nil && each != nil {
			each(link.record)
		}
		if err == nil && broken == nil && !c.Add(link.Prev, link.Digest, link.record) {
			err = fmt.Errorf("%s: the record does not follow the one before it: what was between them was taken out or altered", link.where)
		}
		if broken = cmp.Or(broken, err); broken != nil && each == nil {
			return c.Chain, broken
		}
	}
	if broken != nil {
		return c.Chain, broken
	}
	if err := c.End(); err != nil {
		return c.Chain, fmt.Errorf("%s: %w", s.path(historyName), err)
	}
	if err = s.checkHead(head, c.Contains(head)); err != nil {
		if now, unread := s.head(); unread == nil && now != head { // what was the newest is no longer, and may have been pruned meanwhile
			return s.Verify(ctx)
		}
	}
	return c.Chain, err
}

// parsedLink is a link that can be read.
type parsedLink struct {
	link
	record store.Record
	where  string
}

// links yields the lines of all parts, and an error for each that can't be read.
func (s *Store) links(ctx context.Context) iter.Seq2[parsedLink, error] {
	return func(yield func(parsedLink, error) bool) {
		parts, err := s.openParts(ctx)
		defer func() {
			for _, p := range parts {
				_ = p.Close() // it was only read
			}
		}()
		if err != nil && !yield(parsedLink{}, fmt.Errorf("read the history: %w", err)) {
			return
		}
		for _, p := range parts {
			if !linksOf(ctx, p.File, p.size, yield) {
				return
			}
		}
	}
}

// openPart is a part of the history, as far as it was written.
type openPart struct {
	*os.File
	size int64
}

// openParts opens the parts, oldest first, between two writes: none is rotated or pruned away before all are open. Where a writer
// is stuck they are as they are.
func (s *Store) openParts(ctx context.Context) (parts []openPart, err error) {
	path := s.path(historyName)
	in, err := s.locked(ctx, path, os.O_RDONLY, shared)
	if in != nil {
		defer in.Close()
	}
	if stuck := (*stuckError)(nil); err != nil && !errors.As(err, &stuck) && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	err = absentIsFine(err)
	newest, openErr := s.openPart(path)
	if absentIsFine(openErr) != nil {
		return nil, errors.Join(err, openErr)
	}
	done, listErr := s.parts()
	err = errors.Join(err, listErr)
	for _, p := range done {
		if openErr == nil && isAt(newest.File, p.path) {
			break // it became one of them meanwhile
		}
		f, partErr := s.openPart(p.path)
		if partErr != nil {
			err = errors.Join(err, partErr)
			continue
		}
		parts = append(parts, f)
	}
	if openErr == nil {
		parts = append(parts, newest)
	}
	return parts, err
}

func (s *Store) openPart(path string) (openPart, error) {
	f, err := s.open(path, os.O_RDONLY)
	if err != nil {
		return openPart{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return openPart{}, errors.Join(err, f.Close())
	}
	return openPart{f, info.Size()}, nil
}

func (s *Store) linksOfPart(ctx context.Context, path string, yield func(parsedLink, error) bool) {
	f, err := s.openPart(path)
	if err != nil {
		yield(parsedLink{}, err)
		return
	}
	linksOf(ctx, f.File, f.size, yield)
	_ = f.Close() // it was only read
}

// linksOf yields the lines of an open file up to a size. It returns false where nothing more is asked for.
func linksOf(ctx context.Context, f *os.File, size int64, yield func(parsedLink, error) bool) bool {
	lines := bufio.NewReader(io.NewSectionReader(f, 0, size))
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return true
		}
		p := parsedLink{where: fmt.Sprintf("%s:%d", f.Name(), n)}
		ok := false
		switch {
		case errors.Is(err, io.EOF):
			err = fmt.Errorf("%s: the record was cut off, as by a crash; the next one sets it aside", p.where)
		case err == nil:
			err = ctx.Err()
			if p.link, p.record, ok = readLink(line[:len(line)-1]); !ok {
				err = fmt.Errorf("%s: the record was altered or damaged", p.where)
			}
		}
		if err != nil {
			p = parsedLink{}
		}
		if !yield(p, err) || ctx.Err() != nil {
			return false
		}
	}
}

// backwards yields the lines of all parts that can be read, newest first. The newest part is open.
func (s *Store) backwards(newest *inner) iter.Seq2[link, error] {
	return func(yield func(link, error) bool) {
		if !linksBackwards(newest.File, yield) {
			return
		}
		parts, err := s.parts()
		if err != nil {
			yield(link{}, err)
			return
		}
		for _, p := range slices.Backward(parts) {
			f, err := s.open(p.path, os.O_RDONLY)
			if err != nil {
				yield(link{}, err)
				return
			}
			more := linksBackwards(f, yield)
			if f.Close() != nil || !more { // it was only read
				return
			}
		}
	}
}

func linksBackwards(f *os.File, yield func(link, error) bool) bool {
	info, err := f.Stat()
	if err != nil {
		return yield(link{}, err)
	}
	for end := info.Size(); end > 0; {
		line, begin, err := lineBefore(f, end)
		if err != nil {
			return yield(link{}, err)
		}
		if l, _, ok := readLink(bytes.TrimSuffix(line, []byte("\n"))); ok && !yield(l, nil) {
			return false
		}
		end = begin
	}
	return true
}

// lineBefore returns the line that ends at end, which must be more than 0, with its end of line, and where it begins.
func lineBefore(f io.ReaderAt, end int64) (line []byte, begin int64, err error) {
	for size := int64(1 << 12); ; size *= 4 {
		line = make([]byte, min(size, end))
		begin = end - int64(len(line))
		if _, err := f.ReadAt(line, begin); err != nil {
			return nil, 0, err
		}
		if i := bytes.LastIndexByte(line[:len(line)-1], '\n') + 1; i > 0 || begin == 0 {
			return line[i:], begin + int64(i), nil
		}
	}
}

// countLines counts the lines before a place.
func countLines(f io.ReaderAt, end int64) (n int, err error) {
	block := make([]byte, 1<<16)
	for r := io.NewSectionReader(f, 0, end); ; {
		k, err := r.Read(block)
		n += bytes.Count(block[:k], []byte("\n"))
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}
