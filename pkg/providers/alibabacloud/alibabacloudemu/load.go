package alibabacloudemu

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// Load fills an empty world.
func (w *world) Load(s seed) error {
	w.ID = cmp.Or(s.Directory, w.ID)
	w.mails, w.credentials, w.issued = s.Mails, s.Credentials, s.Issued
	w.Resume(s.LastID)
	err := emu.LoadEach("accounts", s.Accounts, seedAccount.key, w.loadAccount)
	w.accounts.Sort(func(a, b *row) int { return strings.Compare(a.id, b.id) })
	return err
}

func (w *world) loadAccount(in seedAccount) error {
	a := account{
		id: in.ID, login: in.Login, display: in.Name, folder: in.Folder, email: in.Email, phone: in.Phone, owner: in.Owner,
		cloud: in.Type == "cloud", status: cmp.Or(in.Status, "CreateSuccess"),
	}
	if err := w.check(in, a); err != nil {
		return err
	}
	w.complete(&a)
	w.folders[a.folder] = true
	if in.Record != "" || in.ID == "" && !slices.Contains([]string{"CreateSuccess", inviteSuccess, switchSuccess, removed}, a.status) {
		a.record = w.recordID(in.Record)
	}
	if a.waits() {
		a.mail = w.sent(in.Sent, in.Answer)
		a.changed = a.mail.sent
		if a.joined.After(a.changed) {
			a.joined = a.changed
		}
	}
	if !in.Joined.IsZero() {
		a.joined = in.Joined
	}
	if !in.Modified.IsZero() {
		a.changed = in.Modified
	}
	if in.Change != nil {
		a.newEmail, a.emailStatus = in.Change.Email, in.Change.Status
		a.emailMail = w.sent(in.Change.Sent, in.Change.Answer)
	}
	w.save(a)
	return nil
}

// check returns what is wrong with an account of a seed.
func (w *world) check(in seedAccount, a account) error {
	f := newForm(url.Values{"DisplayName": {in.Name}, "ParentFolderId": {in.Folder}, "Email": {in.Email}})
	f.displayName("DisplayName")
	f.matching("ParentFolderId", folderIDForm)
	f.matching("Email", emailForm())
	switch {
	case f.Err != nil:
		return f.Err
	case w.named(in.Name) != nil:
		return errors.New("comes twice")
	case !slices.Contains([]string{"", "resource", "cloud"}, in.Type):
		return fmt.Errorf("type %q: want resource or cloud", in.Type)
	case !slices.Contains(statuses, a.status):
		return fmt.Errorf("status %q: want one of %v", in.Status, statuses)
	case !slices.Contains([]string{"", ignores, declines}, in.Owner):
		return fmt.Errorf("owner %q: want ignores, declines or nothing", in.Owner)
	case in.Change != nil && !slices.Contains([]string{changeWaits, changeCancelled, changeExpired}, in.Change.Status):
		return fmt.Errorf("emailChange: status %q: want WAIT_MODIFY, CANCELLED or EXPIRED", in.Change.Status)
	case in.Change != nil && !emailForm().MatchString(in.Change.Email):
		return fmt.Errorf("emailChange: email %q is not an address", in.Change.Email)
	}
	return nil
}
