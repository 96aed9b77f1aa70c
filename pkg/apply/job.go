package apply

import (
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Job is one connection with what should be there.
type Job struct {
	Connection spec.Connection
	Desired    spec.State
	Base       *spec.State           // what other files want, which Desired is held against; nil: none
	Targets    []string              // KIND/NAME, where the run is filtered to these
	People     map[spec.Subject]bool // whom a plan is about; nil: all. What it has of others is left out
	Source     provider.Source       // for Apply it must be a provider.Target
	Err        error                 // why the connection can't be used; then Source is nil
	Listing    *provider.Listing     // for Plan, lists that were read for it already; nil: it reads them
	// Current is what should be there by now: Desired as time goes by. nil: Desired holds for the whole run. It is called
	// before each call, from several goroutines.
	Current func() spec.State
}

// partial says whether the job is about some of the listed resources only: Targets may name people alone.
func (j Job) partial() bool {
	return slices.ContainsFunc(j.Targets, func(target string) bool { return !strings.HasPrefix(target, PersonTarget) })
}

// PersonTarget begins a target that is a person, who is named after it as the files do.
const PersonTarget = "user/"

func (j Job) current() spec.State {
	if j.Current == nil {
		return j.Desired
	}
	return j.Current()
}

// Observer is told what happens, from several goroutines at once. It must not block.
type Observer func(Event)

// Event is one of the types below.
type Event interface{ event() }

// Reading says that a connection's live state is about to be read.
type Reading struct {
	Connection   string
	Lists, Pages int           // about how many lists, and pages of all of them
	Takes        time.Duration // the least that it takes at the set rate
}

// ReadingDone says that it was read.
type ReadingDone struct {
	Connection string
	Spared     int       // resources whose mails were not asked for, since nothing moved there after an earlier look
	Since      time.Time // when the oldest of those looks was; zero where none was spared
}

func reading(job Job, q provider.Query) Reading {
	lists, pages := job.Source.Lists(q)
	return Reading{job.Connection.Name, lists, pages, time.Duration(pages) * job.Connection.Rate.Read.Interval()}
}

// CallStarted says that a write call is about to be sent; Index counts from 1 to Of.
type CallStarted struct {
	Connection string
	Call       string
	Index, Of  int
	Changes    int
}

// CallDone says how the write call ended.
type CallDone struct {
	CallStarted
	Err error
}

// Verifying says that the touched things are read back; Attempt counts from 1.
type Verifying struct {
	Connection string
	Attempt    int
}

// Awaiting says that what an earlier run left in doubt gets some more time to show.
type Awaiting struct {
	Connection string
	Changes    int
	Left       time.Duration
}

func (Awaiting) event()    {}
func (Reading) event()     {}
func (ReadingDone) event() {}
func (CallStarted) event() {}
func (CallDone) event()    {}
func (Verifying) event()   {}
