package alibabacloudemu

import (
	"cmp"
	"time"
)

// What an emulator accepts unless its options say otherwise.
const (
	AccessKeyID     = "emulator-key"
	AccessKeySecret = "emulator-secret"
	SecurityToken   = "emulator-token" // with the same key, in place of none
)

// Credential is an access key that may sign requests, a temporary one if it has a token.
type Credential struct {
	AccessKeyID, AccessKeySecret string
	SecurityToken                string
	Expires                      time.Time // of the token; zero: never
}

// Options set up an emulator. The zero value behaves as the vendor does, as far as that is known. Each switch below changes a
// point that no document settles.
type Options struct {
	// Credentials are good for the first world, and with -DIRECTORY behind the id of the key for the world of that directory.
	// nil: AccessKeyID with AccessKeySecret, without and with SecurityToken.
	Credentials      []Credential
	Role             string        // that every access key may take on, and whoever has IDToken; empty: acs:ram::1000000000000000:role/emulator-role
	IdentityProvider string        // empty: acs:ram::1000000000000000:oidc-provider/emulator-idp
	IDToken          string        // that it gives; empty: emulator-id-token
	IDTokenExpires   time.Time     // zero: never
	KeyLife          time.Duration // of temporary access keys, at most; 0: as long as is asked
	ServerRole       string        // of the server that the metadata service is on; empty: emulator-role; none: it has none

	NoDirectory bool // the account has no resource directory: 404 to every call

	Unthrottled bool // no rate limits; ResendLimit stays
	PerSecond   int  // calls of each action and version for which no figure is published; 0: 20

	// IgnoreAdvance judges dates of requests by the host's clock, so that a client that cannot follow an advanced emulator's
	// clock is not refused as 15 minutes late.
	IgnoreAdvance bool

	ConfirmAfter time.Duration // from a mail to its owner's answer; 0: one hour, below 0: no owner answers
	MailLife     time.Duration // how long the link of a mail is valid; 0: 24 hours, as documented
	ResendLimit  int           // resends of one account within ResendWindow, beyond which: 409 LimitExceeded.Frequency; 0: 1
	ResendWindow time.Duration // 0: 5 minutes

	NoMailActions        bool // the "not maintained" actions are gone: 404 InvalidApi.NotFound. Default: they work
	NoRecordList         bool // so is ListAccountRecordsForParent of 2016-11-11. Default: it works
	NoParentMeansAll     bool // a list for no ParentFolderId is of all folders. Default: of the root folder
	ResendKeepsRecordID  bool // resending answers with the same RecordId. Default: a new one, the old is unknown
	ResendKeepsClock     bool // resending extends neither the life of the promotion nor ModifyTime. Default: both begin anew
	ResendRevivesExpired bool // resending works after expiry too. Default: 409
	PromoteAgainReplaces bool // promoting while PromoteVerifying starts over, with a new record. Default: 409
	PendingNameIsEmail   bool // reads show the new address as AccountName before it is confirmed. Default: the old name
	HideSwitched         bool // lists leave out SwitchSuccess. Default: they show it
	SameTypeConflicts    bool // UpdateAccount to the type it has: 409. Default: no change
}

func (o Options) withDefaults() Options {
	if o.Credentials == nil {
		o.Credentials = []Credential{
			{AccessKeyID: AccessKeyID, AccessKeySecret: AccessKeySecret},
			{AccessKeyID: AccessKeyID, AccessKeySecret: AccessKeySecret, SecurityToken: SecurityToken},
		}
	}
	const account = "acs:ram::1000000000000000:"
	o.Role, o.ServerRole = cmp.Or(o.Role, account+"role/emulator-role"), cmp.Or(o.ServerRole, "emulator-role")
	o.IdentityProvider, o.IDToken = cmp.Or(o.IdentityProvider, account+"oidc-provider/emulator-idp"), cmp.Or(o.IDToken, "emulator-id-token")
	o.PerSecond = cmp.Or(o.PerSecond, 20)
	o.ConfirmAfter = cmp.Or(o.ConfirmAfter, time.Hour)
	o.MailLife = cmp.Or(o.MailLife, 24*time.Hour)
	o.ResendLimit = cmp.Or(o.ResendLimit, 1)
	o.ResendWindow = cmp.Or(o.ResendWindow, 5*time.Minute)
	return o
}
