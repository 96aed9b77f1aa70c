package wps365emu

import (
	"fmt"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// world is all that a vendor knows. The directory is as it was seeded; mail groups come and go. Their list is what reads show,
// the maps are what is true now; the two differ while a write lags. Rows do not change: a changed one replaces the old.
type world struct {
	opts      *Options
	now       time.Time // of the request in hand
	shows     time.Time // when reads see its writes; zero is at once
	lastID    int       // number in the last id
	lastToken int       // number in the last token or code
	lists     int       // calls so far that list mail groups
	lastPages int       // pages so far that ended a list

	tokens, refresh map[string]*token
	codes           map[string]code

	domains    map[string]bool     // folded
	boxes      map[string]*mailbox // by folded address; aliases too
	recycled   map[string]string   // addresses that deleted mail groups hold, by folded address
	users      []*user
	userByID   map[string]*user
	depts      []*dept // the root first
	publics    []*publicMailbox
	publicByID map[string]*publicMailbox

	groups         emu.List[*mailGroup]
	groupByID      map[string]*mailGroup
	groupByAddress map[string]*mailGroup // folded
}

// mailbox is whom mail to an address reaches: all that can be a member or an accepted sender.
type mailbox struct {
	address, name string
	kind          string // see the constants below
	user          *user  // whose it is, if a user's
}

// Kinds of mailboxes. WPS 365 open platform, create mail group, type of a member.
const (
	userKind   = "user"
	deptKind   = "dept"
	publicKind = "mailbox"
)

func newWorld(opts *Options, now time.Time) *world {
	w := &world{
		opts: opts, now: now, tokens: map[string]*token{}, refresh: map[string]*token{}, codes: map[string]code{},
		domains: map[string]bool{}, boxes: map[string]*mailbox{}, recycled: map[string]string{},
		userByID: map[string]*user{}, publicByID: map[string]*publicMailbox{},
		groupByID: map[string]*mailGroup{}, groupByAddress: map[string]*mailGroup{},
	}
	w.addDept(&dept{name: rootName})
	return w
}

// begin sets the time of a request, and how long reads do not see its writes.
func (w *world) begin(now time.Time, lag time.Duration) {
	w.now, w.shows = now, time.Time{}
	if lag > 0 {
		w.shows = now.Add(lag)
	}
}

// newID makes the next id.
func (w *world) newID(prefix string) string {
	w.lastID++
	return fmt.Sprintf("%s%06d", prefix, w.lastID)
}

// fold is an address as it is compared.
func fold(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

func domainOf(address string) string {
	_, domain, _ := strings.Cut(fold(address), "@")
	return domain
}

// taken says whether an address is somebody's.
func (w *world) taken(address string) bool {
	key := fold(address)
	return w.boxes[key] != nil || w.groupByAddress[key] != nil || w.recycled[key] != ""
}

// reach finds the mailbox of an address or alias; nil if nobody has it. An address of another domain is one where the options
// allow that.
func (w *world) reach(address string) *mailbox {
	box := w.boxes[fold(address)]
	if box == nil && w.opts.OutsideMembers && !w.domains[domainOf(address)] {
		return &mailbox{address: address, kind: userKind}
	}
	return box
}
