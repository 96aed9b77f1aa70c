package diff

// Drift is how live state differs from the files, sorted by cause.
type Drift struct {
	Format      int          `json:"format"`
	Spec        string       `json:"spec"`
	Connections []DriftPart  `json:"connections"`
	Summary     DriftSummary `json:"summary"`
}

// DriftPart is the drift of one connection.
type DriftPart struct {
	Name        string       `json:"name"`
	Provider    string       `json:"provider"`
	Error       string       `json:"error,omitempty"`
	LiveGrants  int          `json:"liveGrants"`
	Resources   int          `json:"resources"`
	Unmanaged   int          `json:"unmanaged"`
	Notes       []string     `json:"notes,omitempty"`
	Differences []Difference `json:"differences"`
}

// Difference is one thing in which live state and files differ: the change that would end it, and its cause.
type Difference struct {
	Cause Cause `json:"cause"`
	Change
}

// Cause says which way live state differs.
type Cause string

// The causes. Without a record of what was last confirmed they tell the direction only, not who moved.
const (
	Missing Cause = "missing" // the files have it, live has not
	Extra   Cause = "extra"   // live has it, the files have not
	Changed Cause = "changed" // a setting differs
	Pending Cause = "pending" // a mail failed and waits to be sent again
)

// Causes lists every cause in the order in which totals name them.
var Causes = []Cause{Missing, Extra, Changed, Pending}

// DriftSummary counts differences by cause.
type DriftSummary struct {
	Missing int `json:"missing"`
	Extra   int `json:"extra"`
	Changed int `json:"changed"`
	Pending int `json:"pending"`
}

// DriftOf reads a plan as drift: what would have to change is what differs.
func DriftOf(plan *Plan) *Drift {
	drift := &Drift{Format: FormatVersion, Spec: plan.Spec, Connections: []DriftPart{}}
	count := map[Cause]*int{Missing: &drift.Summary.Missing, Extra: &drift.Summary.Extra,
		Changed: &drift.Summary.Changed, Pending: &drift.Summary.Pending}
	for _, p := range plan.Connections {
		part := DriftPart{Name: p.Name, Provider: p.Provider, Error: p.Error, LiveGrants: p.LiveGrants,
			Resources: p.Resources, Unmanaged: p.Unmanaged, Notes: p.Notes, Differences: []Difference{}}
		for _, c := range p.Changes {
			cause := causes[c.Op]
			part.Differences = append(part.Differences, Difference{cause, c})
			*count[cause]++
		}
		drift.Connections = append(drift.Connections, part)
	}
	return drift
}

var causes = map[Op]Cause{OpCreate: Missing, OpGrant: Missing, OpRevoke: Extra, OpDelete: Extra,
	OpUpdate: Changed, OpResend: Pending}

// Any says whether anything differs.
func (s DriftSummary) Any() bool { return s.Missing+s.Extra+s.Changed+s.Pending > 0 }
