package diff

import (
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The formats of a plan's JSON. A reader refuses any other.
const (
	FormatVersion = 1 // changes one by one; also of results and drifts
	FormatGrouped = 2 // changes of one resource together, where a connection has more than MaxListed; see docs/plans.md
)

// MaxListed is how many changes of a connection are written one by one. Plans in which no connection has more are of format 1.
const MaxListed = 2000

// Plan is all that has to change for live state to agree with the files, and what that was computed from. Its JSON is
// the saved plan and the -o json output alike.
type Plan struct {
	Format      int              `json:"format"`
	ID          string           `json:"id"` // digest of the compact JSON of format 1 without the keys id, created, now, base, reviews, and those that explain changes
	Created     time.Time        `json:"created"`
	Spec        string           `json:"spec"` // digest of the files
	Files       []string         `json:"files"`
	Now         time.Time        `json:"now"`            // the moment that starts: and expires: were judged at
	Base        *Base            `json:"base,omitempty"` // nil: the files were held against no others
	Reviews     []DueReview      `json:"reviews,omitempty"`
	Connections []ConnectionPlan `json:"connections"`
	Summary     Summary          `json:"summary"`
}

// ConnectionPlan is the plan of one connection.
type ConnectionPlan struct {
	Name       string        `json:"name"`
	Provider   string        `json:"provider"`
	Endpoints  []string      `json:"endpoints,omitempty"` // where it is reached, as far as that is not the vendor's own
	Account    string        `json:"account,omitempty"`   // what the credentials reached there: a project, a directory
	Basis      string        `json:"basis"`               // digest over Touched
	Touched    []Fingerprint `json:"touched,omitempty"`   // what Basis digests, so that a stale plan can say where
	LiveGrants int           `json:"liveGrants"`          // grants seen on listed resources
	Resources  int           `json:"resources"`           // listed resources that are live
	Unmanaged  int           `json:"unmanaged"`           // live resources that the files do not list
	Outside
	Matching   int         `json:"match,omitempty"`   // grants that the files want and live shows
	Unseen     []Unseen    `json:"unseen,omitempty"`  // what no read shows
	Targets    []string    `json:"targets,omitempty"` // KIND/NAME, where the run was filtered
	Errors     Errors      `json:"error,omitempty"`   // why the connection could not be read; then nothing else is known
	Notes      []string    `json:"notes,omitempty"`   // what the reader must know: a list that could not be read whole
	Changes    []Change    `json:"changes"`
	Calls      []Call      `json:"calls"`
	FromHoles  int         `json:"callsFromHoles"`            // calls that are needed because pairs in between are live already
	LowerBound int         `json:"callsLowerBound,omitempty"` // no packing of these changes has fewer calls; 0: not computed
	Violations []Violation `json:"violations"`
	Overrides  []Override  `json:"overrides,omitempty"` // what of that, and of blocked changes, was allowed when the plan was made

	Open map[spec.Ref]bool `json:"-"` // what was open to everyone when it was read last; whoever applies a saved plan reads again

	LiveNames LiveNames `json:"-"` // as of the last read too

	Kept []Change `json:"-"` // what the files of Base would revoke, and these do not

	NotAsked *NotAsked `json:"-"` // what was not asked; no part of the plan, whose bytes are the same with all asked
}

// Op is what a change does.
type Op string

// The ops, in the order in which they are carried out: nobody loses access before others have gained theirs, and
// nothing is deleted while it may still be needed.
const (
	OpCreate Op = "create"
	OpUpdate Op = "update"
	OpGrant  Op = "grant"
	OpResend Op = "resend"
	OpRevoke Op = "revoke"
	OpDelete Op = "delete"
)

// Ops lists every op in order of execution.
var Ops = []Op{OpCreate, OpUpdate, OpGrant, OpResend, OpRevoke, OpDelete}

// Change is one op on one thing. It is data only: comparable, and without prose. There may be a million, so what few have takes
// little room. Its JSON is that of WireChange.
type Change struct {
	Op       Op
	Kind     spec.Kind
	Resource string
	Role     spec.Role    // grant, revoke
	Subject  spec.Subject // grant, revoke, resend
	Field    string       // update: the setting
	From     string       // update: its live value
	To       string       // update: its desired value
	Resent   Resent       // resend: which mail is sent again
	// Takes is the role that an update takes from some who have it. It is for readers: what judges a change finds out itself.
	Takes spec.Role
	// Settings is what the writer sends beside what the change names: all settings of what is created, and what is sent along
	// with an update, a grant or a resend. A plan holds it, so that nobody can change it after the plan was seen.
	Settings spec.Settings
	Source   string // file:line that asks for it
	Reason   string // the file's reason, or why no line asks for it
	Mails    int    // mails that the vendor will send
	Problem  string // why it can't be sent; then it is in no call

	// The rest explains the change, and is no part of a plan's id. See Explain.

	Person  string   // who the subject is in the files
	Via     spec.Via // the teams between the line and the person; of a loss with Was, those of then
	Because Because  // which side asks for it, where files were held against others
	Was     string   // revoke: file:line that gave it in the other files, and is gone
}

// Ref is the resource that the change is about.
func (c Change) Ref(connection string) spec.Ref {
	return spec.Ref{Connection: connection, Kind: c.Kind, Name: c.Resource}
}

// Grant is the grant that a grant or revoke change is about.
func (c Change) Grant(connection string) spec.Grant {
	return spec.Grant{Resource: c.Ref(connection), Subject: c.Subject, Role: c.Role}
}

// Call is one request that carries changes, by their index in the part's Changes.
type Call struct {
	Name    string   `json:"name"` // the vendor's operation: "app-groups/authorizations"
	Changes []int    `json:"changes"`
	Extra   []Change `json:"extra,omitempty"` // what it also touches, as packing: in the connection allows
}

// Violation is a rule that the plan breaks.
type Violation struct {
	Rule  string `json:"rule"`
	Have  int    `json:"have"` // of shares a percentage; Everybody where nobody can count them
	Limit int    `json:"limit"`
	On    string `json:"on,omitempty"` // the resource or subject, where the rule is about one
}

// Incomplete lists the resources, as KIND/NAME, that could not be read whole.
func (p ConnectionPlan) Incomplete() []string {
	var refs []string
	for _, v := range p.Violations {
		if v.Rule == RuleIncompleteRead {
			refs = append(refs, v.On)
		}
	}
	return refs
}

// Summary counts a plan's changes, blocked ones left out, and what they cost.
type Summary struct {
	Create  int `json:"create"`
	Update  int `json:"update"`
	Grant   int `json:"grant"`
	Revoke  int `json:"revoke"`
	Resend  int `json:"resend"`
	Delete  int `json:"delete"`
	Blocked int `json:"blocked"` // changes with a problem
	Tally
	Calls           int     `json:"calls"`
	Mails           int     `json:"mails"`
	EstimateSeconds float64 `json:"estimateSeconds"` // write calls at the set rates; connections run side by side
}
