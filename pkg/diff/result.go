package diff

import (
	"bytes"
	"encoding/json"
	"io"
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
	Outcome Outcome `json:"outcome"`
	Detail  string  `json:"detail,omitempty"` // why, where it is not done
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
	out, head := newPlanWriter(w), *r
	head.Connections = emptied(r.Connections)
	text, err := encode(head, "  ")
	if err != nil {
		return err
	}
	if len(r.Connections) == 0 {
		_, err = w.Write(text)
		return err
	}
	out.around(text, `"connections": []`, func() {
		out.WriteString(`"connections": [`)
		for i, part := range r.Connections {
			if i > 0 {
				out.WriteByte(',')
			}
			changes := part.Changes
			part.Changes = emptied(changes)
			out.WriteString("\n    ")
			out.around(indented(out.encode(part), "    "), `"changes": []`, func() { out.results(changes) })
		}
		out.WriteString("\n  ]")
	})
	return out.end()
}

// results writes the changes of a connection, indented as they stand in a result.
func (w *planWriter) results(changes []ChangeResult) {
	w.wrap = "\n        "
	w.WriteString(`"changes": `)
	w.elements(len(changes), func(i int) []byte { return indented(w.encode(changes[i].wire()), "        ") })
	if len(changes) > 0 {
		w.WriteString("\n      ")
	}
	w.WriteByte(']')
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
