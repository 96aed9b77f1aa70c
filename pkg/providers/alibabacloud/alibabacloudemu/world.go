package alibabacloudemu

import (
	"fmt"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// Ids of the one directory that there is.
const (
	directoryID  = "rd-Em1ato"
	rootFolderID = "r-Em1ato"
)

// world is all that a vendor knows. Its lists are what reads show, its maps what is true now; the two differ while a write
// lags. Rows do not change: a changed one replaces the old.
type world struct {
	opts  *Options
	now   time.Time // of the request in hand
	shows time.Time // when reads see its writes; zero is at once
	last  int64     // number in the last id

	nonces  nonces
	windows windows
	resends map[string][]time.Time // by account, those of the last window

	accounts emu.List[*row]
	byID     map[string]*row
	byName   map[string]*row
	records  emu.List[*row] // of promotions and creations: the account as it is, or was when its next promotion began
	byRecord map[string]*row
	folders  map[string]bool
	mails    []Mail
}

// row is a version of an account in a list.
type row struct {
	emu.Life
	account
}

func newWorld(opts *Options) *world {
	return &world{
		opts: opts, nonces: nonces{}, windows: windows{}, resends: map[string][]time.Time{},
		byID: map[string]*row{}, byName: map[string]*row{}, byRecord: map[string]*row{}, folders: map[string]bool{rootFolderID: true},
	}
}

// begin sets the time of a request, and how long reads do not see its writes.
func (w *world) begin(now time.Time, lag time.Duration) {
	w.now, w.shows = now, time.Time{}
	if lag > 0 {
		w.shows = now.Add(lag)
	}
}

func (w *world) number() int64 {
	w.last++
	return w.last
}

func (w *world) newAccountID() string { return fmt.Sprintf("1%015d", w.number()) }
func (w *world) newRecordID() string  { return fmt.Sprintf("06950264-3f0d-4ca9-82dd-%012x", w.number()) }

// memberOf returns the member that a call names, as it is.
func (w *world) memberOf(c *call, id string) (account, error) {
	if err := c.done(w); err != nil {
		return account{}, err
	}
	if r := w.byID[id]; r != nil {
		if a := r.at(w.now); a.member() {
			return a, nil
		}
	}
	return account{}, errNoAccount
}

// shown returns an account as reads see it.
func (w *world) shown(id string) (a account, ok bool) {
	r := w.byID[id]
	if r != nil && !r.Visible(w.now) {
		r = nil
		if old, _ := w.accounts.Page(w.now, 0, 1, func(r *row) bool { return r.id == id }); len(old) > 0 {
			r = old[0]
		}
	}
	if r == nil {
		return a, false
	}
	a = r.at(w.now)
	return a, a.member()
}

// save stores a new account or the next state of one, and of its record if it has one.
func (w *world) save(a account) {
	old := w.byID[a.id]
	if old != nil {
		delete(w.byName, old.display)
	}
	r := w.store(&w.accounts, old, a)
	w.byID[a.id], w.byName[a.display] = r, r
	if a.record != "" {
		w.byRecord[a.record] = w.store(&w.records, w.byRecord[a.record], a)
	}
}

func (w *world) store(list *emu.List[*row], old *row, a account) *row {
	r := &row{account: a}
	if old == nil {
		list.Add(r, w.shows)
	} else {
		list.Replace(old, r, w.shows)
	}
	return r
}

// drop removes an account, but not what is on record of it.
func (w *world) drop(r *row) {
	w.accounts.Remove(r, w.shows)
	delete(w.byID, r.id)
	delete(w.byName, r.display)
}

// emailUsed says whether another account signs in with an address, or is about to.
func (w *world) emailUsed(email, but string) bool {
	for r := range w.accounts.Current() {
		if r.id == but {
			continue
		}
		a := r.at(w.now)
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

// Mail is one that went to an owner.
type Mail struct {
	Action  string    `yaml:"action"`  // that sent it
	Account string    `yaml:"account"` // display name of the account that it is about
	To      string    `yaml:"to"`
	Sent    time.Time `yaml:"sent"`
}

// send mails somebody about an account.
func (w *world) send(action string, a *account, to string) mailed {
	w.mails = append(w.mails, Mail{action, a.display, to, w.now})
	m := mailed{sent: w.now, expires: w.now.Add(w.opts.MailLife)}
	if w.opts.ConfirmAfter > 0 && a.owner != ignores && !strings.HasPrefix(strings.ToLower(to), "bounce") {
		m.answer = w.now.Add(w.opts.ConfirmAfter)
	}
	return m
}
