package wps365emu

import (
	"strings"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// companyID is the id of a company that a seed does not name.
const companyID = "company"

// world is everything that the vendor knows. The directory is as it was seeded; mail groups come and go.
type world struct {
	emu.World
	opts      *Options
	lastToken int // number in the last token or code
	lists     int // calls so far that list mail groups
	lastPages int // pages so far that ended a list

	tokens, refresh map[string]*token
	codes           map[string]code

	domains  map[string]bool     // folded
	boxes    map[string]*mailbox // by folded address; aliases too
	recycled map[string]string   // addresses that deleted mail groups hold, by folded address
	users    []*user
	depts    []*dept // the root first
	publics  []*publicMailbox

	groups         emu.Table[*mailGroup]
	groupByAddress map[string]string // ids, by folded address
}

func newWorld(opts *Options) *world {
	w := &world{
		World: emu.World{ID: companyID}, opts: opts, tokens: map[string]*token{}, refresh: map[string]*token{}, codes: map[string]code{},
		domains: map[string]bool{}, boxes: map[string]*mailbox{}, recycled: map[string]string{}, groupByAddress: map[string]string{},
	}
	w.addDept(&dept{name: rootName})
	return w
}

// idOr is the id that a seed gives, or the next one.
func (w *world) idOr(given, prefix string) string { return w.NewID(given, prefix+"%06d") }

// mailbox is who gets the mail to an address. Only mailboxes can be members and accepted senders.
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

// primary is the address of a mailbox; blank if there is none.
func (b *mailbox) primary() string {
	if b == nil {
		return ""
	}
	return b.address
}

// fold is an address as it is compared.
func fold(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

func domainOf(address string) string {
	_, domain, _ := strings.Cut(fold(address), "@")
	return domain
}

// taken reports whether somebody has an address.
func (w *world) taken(address string) bool {
	key := fold(address)
	return w.boxes[key] != nil || w.groupByAddress[key] != "" || w.recycled[key] != ""
}

// reach returns the mailbox of an address or alias; nil if nobody has it. Where the options allow it, every address of another
// domain has one.
func (w *world) reach(address string) *mailbox {
	box := w.boxes[fold(address)]
	if box == nil && w.opts.OutsideMembers && !w.domains[domainOf(address)] {
		return &mailbox{address: address, kind: userKind}
	}
	return box
}

// ownerAt returns the user who has an address or alias; nil if no user has it.
func (w *world) ownerAt(address string) *user {
	if box := w.boxes[fold(address)]; box != nil {
		return box.user
	}
	return nil
}
