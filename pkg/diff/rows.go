package diff

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"
)

// headRow is the first row of a result: all but its connections. The run makes rows of two results differ.
type headRow struct {
	Run     string        `json:"run"`
	Format  int           `json:"format"`
	Plan    string        `json:"plan"`
	Summary ResultSummary `json:"summary"`
}

// connectionRow comes before the rows of a connection's changes, which are as in the JSON of a result.
type connectionRow struct {
	Connection PartResult `json:"connection"` // without its changes
}

// connectionKey begins a connectionRow, and no change.
const connectionKey = `{"connection":`

// Short is the result without its connections.
func (r *Result) Short() *Result {
	return &Result{Format: r.Format, Plan: r.Plan, Connections: []PartResult{}, Summary: r.Summary}
}

// Rows yields the result of a run as JSON texts of one line each: a few, and one for each change. They are made one by one, so
// that a large result is not in memory twice, and each is good until the next one.
func (r *Result) Rows(run string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		var quick planWriter
		if !yield(row(headRow{run, r.Format, r.Plan, r.Summary})) {
			return
		}
		for _, part := range r.Connections {
			changes := part.Changes
			part.Changes = []ChangeResult{}
			if !yield(row(connectionRow{part})) {
				return
			}
			for i := range changes {
				if !yield(quick.result(&changes[i])) {
					return
				}
			}
		}
	}
}

// result is the row of a change, good until the next one.
func (w *planWriter) result(r *ChangeResult) (json.RawMessage, error) {
	if !r.plain() || r.Detail != "" || r.Answer != (Answer{}) {
		return row(r.wire())
	}
	text := w.plain(r.Change)
	w.quick = append(appendString(append(text[:len(text)-1], `,"outcome":`...), string(r.Outcome)), '}')
	return w.quick, nil
}

// planPiece is how many bytes of a plan a row has, about.
const planPiece = 1 << 16

// Rows yields the plan of a run as JSON texts of one line each: a head, then the plan's own JSON, cut into texts. It is made piece by
// piece, so that a large plan is not in memory twice.
func (p *Plan) Rows(run string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		out := &planCutter{yield: yield}
		if !yield(row(planHead{run, p.Format, p.ID})) {
			return
		}
		if err := p.Write(out); err != nil && !out.left {
			yield(nil, err)
		} else if err == nil && len(out.rest) > 0 {
			yield(row(string(out.rest)))
		}
	}
}

// planHead is the first row of a plan. The run makes rows of two runs of a plan differ.
type planHead struct {
	Run    string `json:"run"`
	Format int    `json:"format"`
	Plan   string `json:"plan"`
}

// planCutter hands on what is written to it as rows.
type planCutter struct {
	yield func(json.RawMessage, error) bool
	rest  []byte
	left  bool // whoever takes the rows takes no more
}

// Write keeps what is no whole piece yet. No piece ends within a character.
func (w *planCutter) Write(data []byte) (int, error) {
	w.rest = append(w.rest, data...)
	for len(w.rest) > planPiece {
		at := planPiece
		for !utf8.RuneStart(w.rest[at]) {
			at--
		}
		if !w.yield(row(string(w.rest[:at]))) {
			w.left = true
			return 0, io.ErrClosedPipe
		}
		w.rest = append(w.rest[:0], w.rest[at:]...)
	}
	return len(data), nil
}

// WritePlan writes the JSON of the plan that Rows made rows of.
func WritePlan(w io.Writer, rows iter.Seq2[json.RawMessage, error]) error {
	n := 0
	for text, err := range rows {
		var piece string
		if n++; err == nil && n > 1 {
			err = json.Unmarshal(text, &piece)
		}
		if err != nil {
			return fmt.Errorf("row %d of the plan: %w", n, err)
		}
		if _, err := io.WriteString(w, piece); err != nil {
			return err
		}
	}
	return nil
}

// EachResult reads what Result.Rows made rows of, and hands on its changes one by one, until one is not taken: each with the result as
// far as it was read, whose last connection is that of the change. It returns the result without its changes, of which none is kept.
func EachResult(rows iter.Seq2[json.RawMessage, error], take func(*Result, ChangeResult) bool) (*Result, error) {
	var r *Result
	n := 0
	for text, err := range rows {
		if n++; err != nil {
			return nil, err
		}
		more := true
		switch {
		case r == nil:
			var head headRow
			err = json.Unmarshal(text, &head)
			r = &Result{Format: head.Format, Plan: head.Plan, Connections: []PartResult{}, Summary: head.Summary}
		case bytes.HasPrefix(text, []byte(connectionKey)):
			var c connectionRow
			err = json.Unmarshal(text, &c)
			r.Connections = append(r.Connections, c.Connection)
		case len(r.Connections) == 0:
			err = errors.New("a change comes before its connection")
		default:
			var c ChangeResult
			if err = json.Unmarshal(text, &c); err == nil {
				more = take(r, c)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("row %d of the details: %w", n, err)
		}
		if !more {
			return r, nil
		}
	}
	if r == nil {
		return nil, errors.New("the details have no row")
	}
	return r, nil
}

func row(v any) (json.RawMessage, error) {
	text, err := encode(v, "")
	return bytes.TrimSuffix(text, []byte("\n")), err
}
