package diff

import (
	"slices"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Drift is how live state differs from the files, sorted by cause.
type Drift struct {
	Format      int          `json:"format"`
	Spec        string       `json:"spec"`
	Base        *Base        `json:"base,omitempty"`
	Reviews     []DueReview  `json:"reviews,omitempty"`
	Connections []DriftPart  `json:"connections"`
	Summary     DriftSummary `json:"summary"`
}

// DriftPart is the drift of one connection.
type DriftPart struct {
	Name       string `json:"name"`
	Provider   string `json:"provider"`
	Errors     Errors `json:"error,omitempty"`
	LiveGrants int    `json:"liveGrants"`
	Resources  int    `json:"resources"`
	Unmanaged  int    `json:"unmanaged"`
	Outside
	Matching    int          `json:"match"`
	Unseen      []Unseen     `json:"unseen,omitempty"`
	Incomplete  []string     `json:"incomplete,omitempty"` // KIND/NAME: where more may differ, since it could not be read whole
	NotAsked    *NotAsked    `json:"notAsked,omitempty"`
	Notes       []string     `json:"notes,omitempty"`
	Differences []Difference `json:"differences"`
}

// NotAsked says of how many resources the mails were not asked, since all of them had been delivered by an earlier look, and nothing
// moved there since. Since is when the oldest of those looks was.
type NotAsked struct {
	Resources int       `json:"mailsOfResources"`
	Since     time.Time `json:"since"`
}

// Difference is one thing in which live state and files differ: the change that would end it, its cause, and which side
// changed. Its JSON has the keys cause and moved before those of the change.
type Difference struct {
	Cause     Cause
	ChangedBy ChangedBy
	Change
}

// Cause says which way live state differs.
type Cause string

// The causes.
const (
	Missing Cause = "missing" // the files have it, live has not
	Extra   Cause = "extra"   // live has it, the files have not
	Changed Cause = "changed" // a setting differs
	Pending Cause = "pending" // a mail failed and waits to be sent again
)

// Causes lists every cause in the order in which totals name them.
var Causes = []Cause{Missing, Extra, Changed, Pending}

// ChangedBy says which side is no longer as it was last confirmed; "" where nothing was confirmed.
type ChangedBy string

// The sides.
const (
	ChangedLive  ChangedBy = "live"  // the files want what was confirmed: somebody changed it by hand
	ChangedFiles ChangedBy = "files" // live is as confirmed: an apply is due
	ChangedBoth  ChangedBy = "both"  // a setting that is neither
)

// AllChangedBy lists both sides, and both of them at once.
var AllChangedBy = []ChangedBy{ChangedLive, ChangedFiles, ChangedBoth}

// DriftSummary counts differences by cause, and again by which side changed; one of ChangedBoth is in both Live and Files.
type DriftSummary struct {
	Missing int `json:"missing"`
	Extra   int `json:"extra"`
	Changed int `json:"changed"`
	Pending int `json:"pending"`
	Live    int `json:"live"`
	Files   int `json:"files"`
	Tally
}

// DriftOf reads a plan as drift: what would have to change is what differs. last looks up what was last confirmed of a
// resource; nil stands for nothing.
func DriftOf(plan *Plan, last func(spec.Ref) (Confirmed, bool)) *Drift {
	drift := &Drift{Format: FormatVersion, Spec: plan.Spec, Base: plan.Base, Reviews: plan.Reviews, Connections: []DriftPart{}}
	confirmed := remembered(last)
	for _, p := range plan.Connections {
		part := DriftPart{Name: p.Name, Provider: p.Provider, Errors: p.Errors, LiveGrants: p.LiveGrants, Resources: p.Resources,
			Unmanaged: p.Unmanaged, Outside: p.Outside, Matching: p.Matching, Unseen: p.Unseen, Incomplete: p.Incomplete(), NotAsked: p.NotAsked, Notes: p.Notes, Differences: []Difference{}}
		for _, c := range p.Changes {
			d := Difference{Cause: causes[c.Op], Change: c}
			if last := confirmed(c.Ref(p.Name)); last != nil {
				d.ChangedBy = changedBy(c, *last)
			}
			part.Differences = append(part.Differences, d)
			drift.Summary.count(d)
		}
		drift.Summary.add(part.Matching, len(part.Differences), part.Unseen)
		drift.Connections = append(drift.Connections, part)
	}
	return drift
}

var causes = map[Op]Cause{OpCreate: Missing, OpGrant: Missing, OpRevoke: Extra, OpDelete: Extra,
	OpUpdate: Changed, OpResend: Pending}

// remembered looks up each resource once, however many of its grants differ. It returns nil where nothing was confirmed.
func remembered(last func(spec.Ref) (Confirmed, bool)) func(spec.Ref) *Confirmed {
	seen := map[spec.Ref]*Confirmed{}
	return func(ref spec.Ref) *Confirmed {
		c, known := seen[ref]
		if !known && last != nil {
			if confirmed, ok := last(ref); ok {
				c = &confirmed
			}
			seen[ref] = c
		}
		return c
	}
}

// changedBy compares what was last confirmed with both sides of a change: live as it is, and what the files want.
func changedBy(c Change, last Confirmed) ChangedBy {
	asFiles := func(same bool) ChangedBy {
		if same {
			return ChangedLive
		}
		return ChangedFiles
	}
	held := last.holds(Holding{c.Role, c.Subject})
	switch c.Op {
	case OpCreate:
		return asFiles(!last.Absent)
	case OpDelete:
		return asFiles(last.Absent)
	case OpGrant, OpRevoke:
		if slices.Contains(last.Unseen, c.Role) {
			return ""
		}
		if c.Op == OpGrant {
			return asFiles(held)
		}
		if last.Partly && !held {
			return ""
		}
		return asFiles(!held)
	case OpUpdate:
		switch value, known := last.Settings[c.Field]; {
		case !known:
			return ""
		case value != c.From && value != c.To:
			return ChangedBoth
		default:
			return asFiles(value == c.To)
		}
	}
	return ""
}

func (s *DriftSummary) count(d Difference) {
	switch d.Cause {
	case Missing:
		s.Missing++
	case Extra:
		s.Extra++
	case Changed:
		s.Changed++
	case Pending:
		s.Pending++
	}
	if d.ChangedBy == ChangedLive || d.ChangedBy == ChangedBoth {
		s.Live++
	}
	if d.ChangedBy == ChangedFiles || d.ChangedBy == ChangedBoth {
		s.Files++
	}
}

// Any says whether anything differs.
func (s DriftSummary) Any() bool { return s.Missing+s.Extra+s.Changed+s.Pending > 0 }
