package alibabacloudemu

import (
	"slices"
	"strings"
	"time"
)

// Statuses that the emulator looks for. The flows "Create" and "Promote" have five each; see [statuses].
const (
	verifying = "Verifying" // flow + verifying: a mail awaits its answer
	success   = "Success"
	failed    = "Failed"
	expired   = "Expired"
	cancelled = "Cancelled"

	inviteSuccess = "InviteSuccess"
	switchSuccess = "SwitchSuccess"
	removed       = "Removed"
)

// statuses are all the statuses of accounts.
var statuses = []string{
	"CreateSuccess", "CreateVerifying", "CreateFailed", "CreateExpired", "CreateCancelled",
	"PromoteVerifying", "PromoteFailed", "PromoteExpired", "PromoteCancelled", "PromoteSuccess",
	inviteSuccess, switchSuccess, removed,
}

// The statuses of a change of an account's email; blank is no change.
const (
	changeWaits     = "WAIT_MODIFY"
	changeCancelled = "CANCELLED"
	changeExpired   = "EXPIRED"
)

// What owners do with a mail; blank is that they confirm it.
const (
	ignores  = "ignores"
	declines = "declines"
)

// account is the state of a member account, or of one that is yet to become a member. It is a value: see [account.at].
type account struct {
	id      string
	record  string // RecordId of its promotion or creation; blank if none
	display string
	folder  string
	login   string // AccountName while it is a resource account
	email   string // of the owner; AccountName once it is a cloud account
	phone   string
	owner   string // ignores, declines or blank
	cloud   bool
	status  string
	joined  time.Time
	changed time.Time // ModifyTime
	mail    mailed    // while the status is a verifying one

	newEmail    string
	emailStatus string
	emailMail   mailed // while emailStatus is WAIT_MODIFY
}

// at is the account at a time: mails that were answered or have expired by then have had their effect.
func (a account) at(now time.Time) account {
	if flow, waits := strings.CutSuffix(a.status, verifying); waits {
		a.endFlow(flow, now)
	}
	if a.emailStatus != changeWaits {
		return a
	}
	switch when, answered, ended := a.emailMail.end(now); {
	case !ended:
	case answered:
		a.email, a.newEmail, a.emailStatus, a.changed = a.newEmail, "", "", when
	default:
		a.emailStatus, a.changed = changeExpired, when
	}
	return a
}

func (a *account) endFlow(flow string, now time.Time) {
	when, answered, ended := a.mail.end(now)
	if !ended {
		return
	}
	a.changed = when
	switch {
	case !answered:
		a.status = flow + expired
	case a.owner == declines:
		a.status = flow + failed
	default:
		a.status, a.cloud = flow+success, true
	}
}

func (a *account) waits() bool { return strings.HasSuffix(a.status, verifying) }

// dead reports whether the account never became a member, or has stopped being one.
func (a *account) dead() bool {
	return slices.Contains([]string{"CreateFailed", "CreateExpired", "CreateCancelled", removed}, a.status)
}

// member reports whether reads show the account.
func (a *account) member() bool { return !a.dead() && a.status != "CreateVerifying" }

// promotable reports whether a promotion may begin.
func (a *account) promotable() bool {
	return !a.cloud && slices.Contains([]string{"CreateSuccess", "PromoteFailed", "PromoteExpired", "PromoteCancelled", switchSuccess}, a.status)
}

// kind is the account's Type.
func (a *account) kind() string {
	if a.cloud {
		return "CloudAccount"
	}
	return "ResourceAccount"
}

// name is the AccountName: from promotion on the address of the owner.
func (a *account) name() string {
	if a.cloud && a.email != "" {
		return a.email
	}
	return a.login
}
