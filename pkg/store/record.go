package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrLost says that a lease was lost: somebody broke the lock, or removed what it is kept in.
var ErrLost = errors.New("the lock was broken by somebody else, or its file was removed")

// Owner is who holds a lock or ran an apply.
type Owner struct {
	Run   string    `json:"run"`             // the run's id
	User  string    `json:"user"`            // of the operating system
	Actor string    `json:"actor,omitempty"` // who started the CI job
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
}

// Name is the actor, or the user where there is none.
func (o Owner) Name() string { return cmp.Or(o.Actor, o.User) }

// String is "alice (pid 123 on ci-7) since 2026-11-05T12:00:00Z", with the actor in place of the user where there is one, and
// "pid 123 on ci-7 since …" where neither is known.
func (o Owner) String() string {
	if o == (Owner{}) {
		return "somebody unknown" // who it was can't be read any more
	}
	if o.Name() == "" {
		return fmt.Sprintf("pid %d on %s since %s", o.PID, o.Host, o.Since.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("%s (pid %d on %s) since %s", o.Name(), o.PID, o.Host, o.Since.UTC().Format(time.RFC3339))
}

// Holder is a lock and its owner.
type Holder struct {
	Scope string `json:"scope"`
	Owner
	Dead bool `json:"dead"` // the owner is gone; the next apply takes the lock over
}

// State is how far a call has come.
type State string

// The states of a call. It is in doubt in all of them but Settled.
const (
	Begun      State = "begun"      // about to be sent
	Answered   State = "answered"   // accepted by the vendor, but not read back yet
	Unanswered State = "unanswered" // sent, and no answer said whether it was done
	Unknown    State = "unknown"    // not shown by reads either, and reported as unknown
	Settled    State = "settled"    // refused, or read back
	Lost       State = "lost"       // not one call: a part of the journal can't be read
)

// Entry is one record of a journal.
type Entry struct {
	Run     string          `json:"run"`
	Plan    string          `json:"plan"` // id of the plan that the call belongs to
	Call    int             `json:"call"` // number in the run and scope, from 1
	State   State           `json:"state"`
	At      time.Time       `json:"at"`
	Name    string          `json:"name,omitempty"`    // the vendor's operation
	Changes json.RawMessage `json:"changes,omitempty"` // what the call changes, or what of it is unknown; the store does not look into it
	Detail  string          `json:"detail,omitempty"`
}

// Kind is what a record of the history is about.
type Kind string

// The kinds of records.
const (
	RunStarted Kind = "started"
	RunEnded   Kind = "ended" // missing where a run was killed
	LockBroken Kind = "lock-broken"
	Pruned     Kind = "pruned" // what was before the record that Outcome is the digest of was removed, and that one too
)

// Record is one record of the history.
type Record struct {
	Kind      Kind            `json:"kind"`
	At        time.Time       `json:"at"`
	Who       Owner           `json:"who"`
	Plan      string          `json:"plan,omitempty"`
	Spec      string          `json:"spec,omitempty"`    // digest of the files
	Commit    string          `json:"commit,omitempty"`  // of the repository that holds the files
	Scopes    []string        `json:"scopes,omitempty"`  // connections
	Outcome   string          `json:"outcome,omitempty"` // of a broken lock, whom it was taken from
	Calls     int             `json:"calls,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Overrides []Override      `json:"overrides,omitempty"` // of a run that started: the rules that it broke, since it was allowed to
	Claims    Claims          `json:"claims,omitzero"`     // of a run that started: who is said to have asked for it and approved it
	Result    json.RawMessage `json:"result,omitempty"`    // what a run did, in short; earlier versions wrote all of it here. The store does not look into it
	Details   *Details        `json:"details,omitempty"`   // kept apart: of a run that started its plan, of one that ended what became of each change
}

// Override is a rule that a run was allowed to break, and how far.
type Override struct {
	Scope  string `json:"scope"`
	Rule   string `json:"rule"`
	On     string `json:"on,omitempty"` // the resource or subject, where the rule is about one
	Have   int    `json:"have"`
	Limit  int    `json:"limit"`
	By     By     `json:"by"`
	Reason string `json:"reason,omitempty"`
}

// By is who or what an override came by.
type By string

// The ways of overrides.
const (
	ByPlan        By = "plan"         // allowed when the plan was made
	ByRequirePlan By = "require-plan" // the same, where that counts only because whoever applied named the very plan
	ByApply       By = "apply"        // allowed by whoever applied
)

// Digest is the digest of a record in the history: "sha256:" and, in hex, the SHA-256 of the text of prev with the record's
// JSON right behind it. prev is the digest of the record before, "" for the first. All stores chain alike, so a history that
// is copied to another keeps its digests.
func Digest(prev string, record []byte) string {
	return fmt.Sprintf("sha256:%x", sha256.Sum256(append([]byte(prev), record...)))
}

// Chain is a history that was checked.
type Chain struct {
	Records int      `json:"records"`
	Digests []string `json:"-"`               // of each record, oldest first
	Begin   string   `json:"begin,omitempty"` // of the last one that was pruned; "" where none was
	Head    string   `json:"head"`            // of the newest; "" where there is none
}

// Contains says whether the chain has a record with the digest, of which the first characters are enough.
func (c Chain) Contains(digest string) bool {
	return digest != "" && slices.ContainsFunc(c.Digests, func(d string) bool { return strings.HasPrefix(d, digest) })
}
