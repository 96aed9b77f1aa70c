package diff

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

// ChangeResult is a change and what became of it.
type ChangeResult struct {
	Change
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
		for _, c := range part.Changes {
			*count[c.Outcome]++
			if !c.Outcome.Clean() {
				left++
			}
		}
		r.Summary.add(part.Matching, left, part.Unseen)
	}
}
