package alibabacloudemu

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"gopkg.in/yaml.v3"
)

// seed is a world in a file.
type seed struct {
	Accounts []seedAccount `yaml:"accounts,omitempty"`
	Mails    []Mail        `yaml:"mails,omitempty"` // in the order they were sent
}

type seedAccount struct {
	Name   string      `yaml:"name"`             // DisplayName
	Type   string      `yaml:"type"`             // resource (if blank) or cloud
	Status string      `yaml:"status"`           // any of the vendor's; blank is CreateSuccess
	Email  string      `yaml:"email,omitempty"`  // of the owner: where mails go
	Phone  string      `yaml:"phone,omitempty"`  // bound as security phone
	Folder string      `yaml:"folder,omitempty"` // id; blank is the root folder
	Owner  string      `yaml:"owner,omitempty"`  // ignores or declines mails; blank confirms them
	Sent   time.Time   `yaml:"sent,omitempty"`   // the mail of a verifying status; blank is when the seed is loaded
	Answer time.Time   `yaml:"answer,omitempty"` // when the owner answers that mail; blank is never
	Change *seedChange `yaml:"emailChange,omitempty"`
}

// seedChange is a change of email that was asked for.
type seedChange struct {
	Email  string    `yaml:"email"`
	Status string    `yaml:"status"` // WAIT_MODIFY, CANCELLED or EXPIRED
	Sent   time.Time `yaml:"sent,omitempty"`
	Answer time.Time `yaml:"answer,omitempty"`
}

// Load makes a world of a seed.
func (v *Vendor) Load(node *yaml.Node) (func(), error) {
	var s seed
	if err := emu.Decode(node, &s); err != nil {
		return nil, err
	}
	w := newWorld(&v.opts)
	w.begin(v.clock.Now(), 0)
	w.mails = s.Mails
	for _, in := range s.Accounts {
		if err := w.sow(in); err != nil {
			return nil, fmt.Errorf("accounts: %q: %w", in.Name, err)
		}
	}
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.world = w
	}, nil
}

// sow adds an account of a seed.
func (w *world) sow(in seedAccount) error {
	a := account{
		display: in.Name, folder: in.Folder, email: in.Email, phone: in.Phone, owner: in.Owner,
		cloud: in.Type == "cloud", status: cmp.Or(in.Status, "CreateSuccess"),
	}
	if err := w.check(in, a); err != nil {
		return err
	}
	w.complete(&a)
	w.folders[a.folder] = true
	if !slices.Contains([]string{"CreateSuccess", inviteSuccess, switchSuccess, removed}, a.status) {
		a.record = w.newRecordID()
	}
	if a.waits() {
		a.mail = w.sent(in.Sent, in.Answer)
		a.changed = a.mail.sent
		if a.joined.After(a.changed) {
			a.joined = a.changed
		}
	}
	if in.Change != nil {
		a.newEmail, a.emailStatus = in.Change.Email, in.Change.Status
		a.emailMail = w.sent(in.Change.Sent, in.Change.Answer)
	}
	w.save(a)
	return nil
}

// sent is a mail of before the seed was loaded.
func (w *world) sent(at, answer time.Time) mailed {
	if at.IsZero() {
		at = w.now
	}
	return mailed{sent: at, expires: at.Add(w.opts.MailLife), answer: answer}
}

// check says what is wrong with an account of a seed.
func (w *world) check(in seedAccount, a account) error {
	f := form{params: map[string][]string{"DisplayName": {in.Name}, "ParentFolderId": {in.Folder}, "Email": {in.Email}}}
	f.displayName("DisplayName")
	f.matching("ParentFolderId", folderIDForm)
	f.matching("Email", emailForm)
	switch {
	case f.err != nil:
		return f.err
	case w.byName[in.Name] != nil:
		return errors.New("comes twice")
	case !slices.Contains([]string{"", "resource", "cloud"}, in.Type):
		return fmt.Errorf("type %q: want resource or cloud", in.Type)
	case !slices.Contains(statuses, a.status):
		return fmt.Errorf("status %q: want one of %v", in.Status, statuses)
	case !slices.Contains([]string{"", ignores, declines}, in.Owner):
		return fmt.Errorf("owner %q: want ignores, declines or nothing", in.Owner)
	case in.Change != nil && !slices.Contains([]string{changeWaits, changeCancelled, changeExpired}, in.Change.Status):
		return fmt.Errorf("emailChange: status %q: want WAIT_MODIFY, CANCELLED or EXPIRED", in.Change.Status)
	case in.Change != nil && !emailForm.MatchString(in.Change.Email):
		return fmt.Errorf("emailChange: email %q is not an address", in.Change.Email)
	}
	return nil
}

// Dump writes the world as a seed: what is true, whether reads show it yet or not. Ids, times of what is over, records that a
// later one followed, and what counts against ResendLimit are left out.
func (v *Vendor) Dump() (any, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.clock.Now()
	s := seed{Mails: slices.Clone(v.world.mails)}
	for r := range v.world.accounts.Current() {
		s.Accounts = append(s.Accounts, reap(r.at(now)))
	}
	slices.SortFunc(s.Accounts, func(a, b seedAccount) int { return cmp.Compare(a.Name, b.Name) })
	return s, nil
}

// reap is the inverse of sow.
func reap(a account) seedAccount {
	out := seedAccount{Name: a.display, Type: "resource", Status: a.status, Email: a.email, Phone: a.phone, Owner: a.owner}
	if a.cloud {
		out.Type = "cloud"
	}
	if a.folder != rootFolderID {
		out.Folder = a.folder
	}
	if a.waits() {
		out.Sent, out.Answer = a.mail.sent, a.mail.answer
	}
	if a.emailStatus != "" {
		out.Change = &seedChange{Email: a.newEmail, Status: a.emailStatus}
	}
	if a.emailStatus == changeWaits {
		out.Change.Sent, out.Change.Answer = a.emailMail.sent, a.emailMail.answer
	}
	return out
}
