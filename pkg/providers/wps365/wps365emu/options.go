package wps365emu

import (
	"cmp"
	"time"
)

// What an emulator accepts unless its options say otherwise.
const (
	AppID        = "emulator-app"
	AppKey       = "emulator-secret"
	RefreshToken = "emulator-refresh" // of the first user, with all scopes; it is spent by its first use
)

// Options set up an emulator. The zero value behaves as the vendor does, as far as that is known. Each switch below changes a
// point that no document settles. "Undocumented" are the calls on one mail group: get, update, delete, members
// and accepted senders.
type Options struct {
	AppID, AppKey string   // of the first company; each has an app AppID-COMPANY with the same key; empty: the constants
	RefreshToken  string   // a user's, good once; empty: the constant
	Scopes        []string // that the app was granted; nil: all. Without kso.user_email.read users have no email
	Prefix        string   // of all paths, and not signed, as "/openapi" on private deployments

	Unsigned        bool          // the app has request signing switched off: X-Kso-* headers are ignored
	SignatureCode   int           // of a bad signature or date; 0: 401000001
	MaxSkew         time.Duration // how far X-Kso-Date may be from the emulator's time; 0: any date
	RefreshLifetime time.Duration // of refresh tokens; 0: 30 days (a page says 365)
	TextExpiry      bool          // refresh_expires_in is a string. Default: a number

	UserWrites bool // mail groups are written in the name of a user only. Default: or of the app
	AppWrites  bool // mail groups are written in the name of the app only. Default: or of a user

	DocumentedOnly      bool // undocumented calls: 404. Default: served
	RefuseUndocumented  bool // undocumented calls: 400415008. Default: served
	StatusAlwaysOK      bool // errors come with HTTP 200. Default: with the first three digits of their code
	NestErrors          bool // errors of class 400 are 400000007, with the cause in more. Default: as they are
	OverlapPages        bool // a page begins with the last row of the one before. Default: each row comes once
	StuckPages          bool // a page that has a token names it again as the next. Default: lists end
	ListLag             int  // list calls that do not show a new mail group; 0: none
	NameLimit           int  // characters of a mail group's name, above 400000106; 0: no limit (public mailboxes have 50)
	UniqueNames         bool // create and update with a name that is taken: 400415061. Default: names may repeat
	RecycleBin          bool // a deleted mail group keeps its address. Default: the address is free
	Verbose             bool // get and update show owner, and ten members and senders. Default: a list item
	PartialMembers      bool // an unknown address in a batch is skipped. Default: 400415002, nothing added
	OutsideMembers      bool // addresses in other domains may be members and senders, as users. Default: 400415002
	KeepAcceptedSenders bool // they outlast a change from custom to another mode. Default: they are dropped
}

func (o Options) withDefaults() Options {
	o.AppID = cmp.Or(o.AppID, AppID)
	o.AppKey = cmp.Or(o.AppKey, AppKey)
	o.RefreshToken = cmp.Or(o.RefreshToken, RefreshToken)
	o.SignatureCode = cmp.Or(o.SignatureCode, 401000001)
	o.RefreshLifetime = cmp.Or(o.RefreshLifetime, 30*24*time.Hour)
	if o.Scopes == nil {
		o.Scopes = []string{mailGroupsWrite, usersRead, userEmailsRead, userMailboxesRead, publicMailboxesRead, identityRead}
	}
	return o
}
