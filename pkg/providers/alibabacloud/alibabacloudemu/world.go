package alibabacloudemu

import (
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// Ids of a directory that a seed does not name, and of the root folder of any.
const (
	directoryID  = "rd-Em1ato"
	rootFolderID = "r-Em1ato"
)

// world is everything that the vendor knows.
type world struct {
	emu.World
	opts *Options

	nonces  nonces
	windows windows
	resends map[string][]time.Time // by account, those of the last window

	accounts emu.Table[*row]
	idByName map[string]string
	records  emu.Table[*row] // of promotions and creations, by RecordId: the account as it is, or was when the next one began
	folders  map[string]bool
	mails    []Mail

	credentials []seedCredential
	issued      []seedCredential     // temporary access keys
	serverKey   seedCredential       // of the role of the server that the metadata service is on
	sessions    map[string]time.Time // tokens of the metadata service, until when
}

// row is a version of an account in a list.
type row struct {
	emu.Life
	account
}

func newWorld(opts *Options) *world {
	return &world{
		World: emu.World{ID: directoryID}, opts: opts, nonces: nonces{}, sessions: map[string]time.Time{}, windows: windows{}, resends: map[string][]time.Time{},
		idByName: map[string]string{}, folders: map[string]bool{rootFolderID: true},
	}
}

func (w *world) newRecordID() string { return w.recordID("") }

// recordID is the one that a seed gives, or the next.
func (w *world) recordID(given string) string { return w.NewID(given, "06950264-3f0d-4ca9-82dd-%012x") }

// memberOf returns the member with an id, as it is now. If there is none, the call is refused.
func (w *world) memberOf(c *call, id string) (account, error) {
	if err := c.done(w); err != nil {
		return account{}, err
	}
	if r := w.accounts.Get(id); r != nil {
		if a := r.at(w.Now); a.member() {
			return a, nil
		}
	}
	return account{}, errNoAccount
}

// named returns the account with a DisplayName, dead or alive; nil if there is none.
func (w *world) named(display string) *row { return w.accounts.Get(w.idByName[display]) }

// save stores a new account or the next state of one, and of its record if it has one.
func (w *world) save(a account) {
	if old := w.accounts.Get(a.id); old != nil {
		delete(w.idByName, old.display)
	}
	w.idByName[a.display] = a.id
	w.accounts.Put(a.id, &row{account: a}, w.Shows)
	if a.record != "" {
		w.records.Put(a.record, &row{account: a}, w.Shows)
	}
}

// emailUsed reports whether another account signs in with an address, or waits for leave to do so.
func (w *world) emailUsed(email, but string) bool {
	for r := range w.accounts.Current() {
		if r.id == but {
			continue
		}
		a := r.at(w.Now)
		owned := a.cloud || a.waits()
		switch {
		case a.dead():
		case strings.EqualFold(a.login, email), owned && strings.EqualFold(a.email, email),
			a.emailStatus == changeWaits && strings.EqualFold(a.newEmail, email):
			return true
		}
	}
	return false
}
