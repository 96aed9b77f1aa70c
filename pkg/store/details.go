package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"iter"
)

// Rows are details of a record, a JSON text each, or an error in the place of what follows.
type Rows = iter.Seq2[json.RawMessage, error]

// Details say which rows belong to a record. They are in the record, so that its digest vouches for the rows.
type Details struct {
	Digest string `json:"digest"` // "sha256:" and, in hex, the SHA-256 of the rows with a line feed behind each
	Rows   int    `json:"rows"`
	Bytes  int64  `json:"bytes"` // with the line feeds
}

// Summer makes Details of rows. All stores sum alike, so details that are copied to another keep their digests.
type Summer struct {
	hash hash.Hash
	rows int
	size int64
}

// NewSummer begins with no rows.
func NewSummer() *Summer { return &Summer{hash: sha256.New()} }

// Add counts a row in. One that is empty, or not in one line, is an error.
func (s *Summer) Add(row json.RawMessage) error {
	if len(row) == 0 || bytes.IndexByte(row, '\n') >= 0 {
		return errors.New("a row of details is not in one line")
	}
	s.hash.Write(row)
	s.hash.Write([]byte("\n"))
	s.rows++
	s.size += int64(len(row)) + 1
	return nil
}

// Details are those of the rows so far.
func (s *Summer) Details() Details {
	return Details{fmt.Sprintf("sha256:%x", s.hash.Sum(nil)), s.rows, s.size}
}

// CheckDetails reads the details of all records that can be read. The error says of the first that is not whole what is wrong.
func CheckDetails(ctx context.Context, h History) error {
	for r, err := range h.Records(ctx) {
		if err != nil || r.Details == nil {
			continue // what can't be read is for Verify to say
		}
		for _, err := range h.Details(ctx, *r.Details) {
			if err != nil {
				return fmt.Errorf("the run %s: %w", r.Who.Run, err)
			}
		}
	}
	return ctx.Err()
}
