package alibabacloudemu

import (
	"slices"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// Dump leaves out ids, times of what is over, records of earlier promotions, and what counts against ResendLimit.
func (w *world) Dump() seed {
	return seed{
		Directory: w.SeedID(directoryID),
		Accounts:  emu.DumpEach(w.accounts.Current(), func(r *row) seedAccount { return dumpAccount(r.at(w.Now)) }, seedAccount.key),
		Mails:     slices.Clone(w.mails),
	}
}

func dumpAccount(a account) seedAccount {
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
