package diff

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"iter"
)

// Result is what an apply did, change by change, as live state showed it afterwards.
type Result struct {
	Format      int           `json:"format"`
	Plan        string        `json:"plan"` // the plan's id
	Connections []PartResult  `json:"connections"`
	Summary     ResultSummary `json:"summary"`
}

// PartResult is what an apply did on one connection.
type PartResult struct {
	Name     string         `json:"name"`
	Provider string         `json:"provider"`
	Errors   Errors         `json:"error,omitempty"` // why the connection was given up
	Notes    []string       `json:"notes,omitempty"`
	Calls    int            `json:"calls"` // write calls sent, repeats left out
	Matching int            `json:"match"` // wanted grants that live shows, what was done included
	Unseen   []Unseen       `json:"unseen,omitempty"`
	Changes  []ChangeResult `json:"changes"`
}

// ChangeResult is a change and what became of it. The change is that of the plan itself: of a million no copies are made.
type ChangeResult struct {
	*Change
	Outcome Outcome
	Detail  string // why, where it is not done
	Answer
}

// Answer is how the vendor answered the call that carried a change last, in its own terms. What it did not say is blank.
type Answer struct {
	Status    int    `json:"status,omitempty"` // of HTTP
	Code      string `json:"code,omitempty"`
	RequestID string `json:"requestId,omitempty"`
}

// Outcome is what became of a change.
type Outcome string

// The outcomes.
const (
	Done     Outcome = "done"      // sent, and seen in live state (with --no-verify: sent, and accepted)
	Already  Outcome = "already"   // live state had it before anything was sent
	Refused  Outcome = "refused"   // the vendor refused it, or accepted it and did nothing
	Unknown  Outcome = "unknown"   // sent, and no read could tell
	NotTried Outcome = "not-tried" // not sent: the run ended before, or what it needs failed
	Blocked  Outcome = "blocked"   // not sent: the plan names the problem
)

// Clean says whether nothing is left to do.
func (o Outcome) Clean() bool { return o == Done || o == Already }

// Outcomes lists every outcome in the order in which totals name them.
var Outcomes = []Outcome{Done, Already, Refused, Unknown, NotTried, Blocked}

// ResultSummary counts changes by outcome, and write calls.
type ResultSummary struct {
	Done     int `json:"done"`
	Already  int `json:"already"`
	Refused  int `json:"refused"`
	Unknown  int `json:"unknown"`
	NotTried int `json:"notTried"`
	Blocked  int `json:"blocked"`
	Calls    int `json:"calls"`
	Tally
}

// Clean says whether nothing is left to do.
func (s ResultSummary) Clean() bool { return s.Refused+s.Unknown+s.NotTried+s.Blocked == 0 }

// Write writes the result's JSON, indented, as a stream: of its changes one at a time is in memory as text.
func (r *Result) Write(w io.Writer) error {
	out := newResultWriter(w, r, "")
	for _, part := range r.Connections {
		out.part(part)
		for i := range part.Changes {
			out.change(&part.Changes[i])
		}
	}
	out.close()
	out.WriteByte('\n')
	return out.end()
}

// WriteRows writes the same of a result without its changes, as EachResult returns it, and of the rows that it was read from, behind
// so many blanks and without a line feed at its end.
func (r *Result) WriteRows(w io.Writer, before string, rows iter.Seq2[json.RawMessage, error]) error {
	out := newResultWriter(w, r, before)
	_, err := EachResult(rows, func(so *Result, c ChangeResult) bool {
		out.upTo(r.Connections[:min(len(so.Connections), len(r.Connections))])
		out.change(&c)
		return out.err == nil
	})
	out.upTo(r.Connections)
	out.close()
	return cmp.Or(err, out.end())
}

// resultWriter writes the JSON of a result piece by piece.
type resultWriter struct {
	*planWriter
	before         string // each line but the first
	tail, partTail []byte // what comes behind the lists that are open
	parts, changes int    // in these so far
}

func newResultWriter(w io.Writer, r *Result, before string) *resultWriter {
	out, head := &resultWriter{planWriter: newPlanWriter(w), before: before}, *r
	head.Connections = emptied(r.Connections)
	out.tail = out.open(head, "", "connections")
	return out
}

// open writes the JSON of a value up to the inside of an empty list that it has under a key, and returns the rest; none where there
// is no list.
func (w *resultWriter) open(v any, deeper, key string) (tail []byte) {
	marker := `"` + key + `": [`
	head, tail, found := bytes.Cut(indented(w.encode(v), w.before+deeper), []byte(marker+"]"))
	_, _ = w.Write(head)
	if found {
		w.WriteString(marker)
	}
	return tail
}

// next begins an element of a list that has n.
func (w *resultWriter) next(n *int, deeper string) {
	if *n++; *n > 1 {
		w.WriteByte(',')
	}
	w.WriteString("\n" + w.before + deeper)
}

// shut ends a list of n elements, and what it is in.
func (w *resultWriter) shut(tail []byte, n int, deeper string) {
	if tail != nil {
		if n > 0 {
			w.WriteString("\n" + w.before + deeper)
		}
		w.WriteByte(']')
		_, _ = w.Write(tail)
	}
}

// part begins a connection.
func (w *resultWriter) part(part PartResult) {
	w.shut(w.partTail, w.changes, "      ")
	part.Changes, w.changes = emptied(part.Changes), 0
	w.next(&w.parts, "    ")
	w.partTail = w.open(part, "    ", "changes")
}

// upTo begins the connections that were not.
func (w *resultWriter) upTo(parts []PartResult) {
	for w.parts < len(parts) {
		w.part(parts[w.parts])
	}
}

func (w *resultWriter) change(c *ChangeResult) {
	w.next(&w.changes, "        ")
	_, _ = w.Write(indented(w.encode(c.wire()), w.before+"        "))
}

// close ends what is open.
func (w *resultWriter) close() {
	w.shut(w.partTail, w.changes, "      ")
	w.shut(w.tail, w.parts, "  ")
}

// indented is a JSON text with two blanks for each level, below a line with so many in front of it.
func indented(text []byte, before string) []byte {
	var out bytes.Buffer
	_ = json.Indent(&out, text, before, "  ") // it was made by package json
	return out.Bytes()
}

// Summarize counts the outcomes of all parts.
func (r *Result) Summarize() {
	r.Summary = ResultSummary{}
	count := map[Outcome]*int{
		Done: &r.Summary.Done, Already: &r.Summary.Already, Refused: &r.Summary.Refused,
		Unknown: &r.Summary.Unknown, NotTried: &r.Summary.NotTried, Blocked: &r.Summary.Blocked,
	}
	for _, part := range r.Connections {
		r.Summary.Calls += part.Calls
		left := 0
		for i := range part.Changes {
			c := &part.Changes[i]
			*count[c.Outcome]++
			if !c.Outcome.Clean() {
				left++
			}
		}
		r.Summary.add(part.Matching, left, part.Unseen)
	}
}
