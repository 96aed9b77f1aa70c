package huaweicloudemu

import (
	"cmp"
	"time"
)

// What an emulator accepts unless its options say otherwise.
const (
	AccessKey = "emulator-key"
	SecretKey = "emulator-secret"
	Project   = "0123456789abcdef0123456789abcdef"
	Token     = "emulator-token"

	SecurityToken = "emulator-token" // with the same key, in place of none
)

// Credential is an access key that may sign requests, a temporary one if it has a token.
type Credential struct {
	AccessKey, SecretKey string
	SecurityToken        string
	Expires              time.Time // of the token; zero: never
}

// Login is an IAM user who may fetch tokens with a password.
type Login struct{ Domain, User, Password string }

// Agency is one that the account of every access key may assume.
type Agency struct{ Account, Name string }

// Options set up an emulator. The zero value behaves as the vendor does, as far as that is known. Each switch below changes a
// point that no document settles.
type Options struct {
	Credentials []Credential        // nil: AccessKey with SecretKey, without and with SecurityToken
	Login       Login               // zero: user AccessKey of domain "emulator", with password SecretKey
	Token       string              // accepted as X-Auth-Token for ever; empty: Token
	Project     string              // 32 hex digits, of a world that names no other; empty: Project
	Projects    map[string][]string // ids that IAM lists under a name; nil: that of the first world, under every name

	Agency           Agency        // zero: emulator-agency of account emulator
	IdentityProvider string        // empty: emulator-idp
	IDToken          string        // that it gives; empty: emulator-id-token
	KeyLife          time.Duration // of temporary access keys, at most; 0: as long as is asked

	NoServerAgency     bool // the metadata service has no access keys: 401
	NoMetadataTokens   bool // it knows no tokens: 404. Most regions have none
	MetadataNeedsToken bool // it refuses whoever sends none

	Unthrottled     bool // no rate limits
	ReadsPerMinute  int  // of each GET call, a token bucket; 0: 200
	WritesPerMinute int  // of each other call, b2 and b3 together; 0: 100

	// IgnoreAdvance judges X-Sdk-Date by the host's clock, so that a client that cannot follow an advanced emulator's clock is
	// not refused as 15 minutes late.
	IgnoreAdvance bool

	MailDelay   time.Duration // until a mail record can be read (the vendor's is about 20 s)
	ResendLimit int           // elements of one c2 or c3; 0: 100

	RepeatedGrantConflicts bool // b2 with a pair that exists: 409, nothing granted. Default: no change, no mail
	SkipUnknownAppGroups   bool // b2 with an unknown group: the rest is granted. Default: 404, nothing granted
	UserGroupsByName       bool // b2 for a user group without id: found by name. Default: 400
	SkipContradictions     bool // b2 with an id and an account of different things: skipped. Default: the id wins
	RevokeByNameOnly       bool // b3 ignores id, domain and platform. Default: they must match where given
	NoRevokeMails          bool // b3 sends no mail. Default: as an authorization does
	OneMailPerUserGroup    bool // one record, to the group itself. Default: one per member with an address
	FailWithoutAddress     bool // FAIL record for a user without email. Default: no record
	DeletionMails          bool // deleting an app group mails as b3 does. Default: no mail
	OrphanGrants           bool // grants stay when their user or user group is deleted. Default: they go too
	NewestFirst            bool // lists are in falling order. Default: rising by time, then by id
	FoldNames              bool // f1 user_names and g1 keyword go by names in any letter case. Default: as written
	ExactFilters           bool // a1 name and b1 account match whole. Default: contains
	EveryoneListsAssigned  bool // d2 lists accounts while the app is ALL_USER. Default: none
	SkipUnknownApps        bool // d3 with an unknown app: the rest is done. Default: 404, nothing done
	RefuseUnknownAccounts  bool // d3 with an unknown account: 404, nothing done. Default: skipped
	AssignWins             bool // d3 with an account in both lists: it is added. Default: it is removed
	RepeatedAssignRefused  bool // d3 adding a present or removing an absent account: 400. Default: no change
	RepeatedMemberRefused  bool // g7 adding a present or removing an absent member: 400. Default: no change
	SkipUnknownMails       bool // c2 and c3 with an unknown id: the rest is sent. Default: 404, nothing sent
	DuplicateNameConflicts bool // a2 with a name that is taken: 409. Default: 400
}

func (o Options) withDefaults() Options {
	if o.Credentials == nil {
		o.Credentials = []Credential{
			{AccessKey: AccessKey, SecretKey: SecretKey},
			{AccessKey: AccessKey, SecretKey: SecretKey, SecurityToken: SecurityToken},
		}
	}
	if o.Login == (Login{}) {
		o.Login = Login{Domain: "emulator", User: AccessKey, Password: SecretKey}
	}
	if o.Agency == (Agency{}) {
		o.Agency = Agency{Account: "emulator", Name: "emulator-agency"}
	}
	o.IdentityProvider, o.IDToken = cmp.Or(o.IdentityProvider, "emulator-idp"), cmp.Or(o.IDToken, "emulator-id-token")
	o.Token = cmp.Or(o.Token, Token)
	o.Project = cmp.Or(o.Project, Project)
	o.ReadsPerMinute = cmp.Or(o.ReadsPerMinute, 200)
	o.WritesPerMinute = cmp.Or(o.WritesPerMinute, 100)
	o.ResendLimit = cmp.Or(o.ResendLimit, 100)
	return o
}
