package alibabacloudemu

import (
	"slices"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// Dump leaves out records of earlier promotions, what counts against ResendLimit, and, unless the world is saved, ids and times of what
// is over.
func (w *world) Dump() seed {
	return seed{
		Directory: w.SeedID(directoryID),
		Accounts:  emu.DumpEach(w.accounts.Current(), func(r *row) seedAccount { return w.dumpAccount(r.at(w.Now)) }, seedAccount.key),
		Mails:     slices.Clone(w.mails),

		Credentials: w.credentials, Issued: emu.Saved(&w.World, w.issued), LastID: w.Last(),
	}
}

func (w *world) dumpAccount(a account) seedAccount {
	out := seedAccount{Name: a.display, Type: "resource", Status: a.status, Email: a.email, Phone: a.phone, Owner: a.owner}
	out.ID, out.Record, out.Login = emu.Saved(&w.World, a.id), emu.Saved(&w.World, a.record), emu.Saved(&w.World, a.login)
	out.Joined, out.Modified = emu.Saved(&w.World, a.joined), emu.Saved(&w.World, a.changed)
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
