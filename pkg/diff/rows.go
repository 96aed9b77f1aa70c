package diff

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
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

func row(v any) (json.RawMessage, error) {
	text, err := encode(v, "")
	return bytes.TrimSuffix(text, []byte("\n")), err
}

// ReadRows returns the result that Rows made rows of.
func ReadRows(rows iter.Seq2[json.RawMessage, error]) (*Result, error) {
	var r *Result
	n := 0
	for text, err := range rows {
		if n++; err != nil {
			return nil, err
		}
		if r == nil {
			var head headRow
			err = json.Unmarshal(text, &head)
			r = &Result{Format: head.Format, Plan: head.Plan, Connections: []PartResult{}, Summary: head.Summary}
		} else {
			err = r.addRow(text)
		}
		if err != nil {
			return nil, fmt.Errorf("row %d of the details: %w", n, err)
		}
	}
	if r == nil {
		return nil, errors.New("the details have no row")
	}
	return r, nil
}

func (r *Result) addRow(text json.RawMessage) error {
	if bytes.HasPrefix(text, []byte(connectionKey)) {
		var c connectionRow
		err := json.Unmarshal(text, &c)
		r.Connections = append(r.Connections, c.Connection)
		return err
	}
	if len(r.Connections) == 0 {
		return errors.New("a change comes before its connection")
	}
	var c ChangeResult
	err := json.Unmarshal(text, &c)
	part := &r.Connections[len(r.Connections)-1]
	part.Changes = append(part.Changes, c)
	return err
}
