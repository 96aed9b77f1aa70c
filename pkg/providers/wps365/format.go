package wps365

import (
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The words of experimental: what is done through calls that no public page documents. Their shapes are inferred from
// public mailboxes, mail contacts and user groups.
const (
	wordMembers = "members" // read, add and remove members
	wordSenders = "senders" // the same for accepted senders
	wordUpdate  = "update"  // change name, owner and who may send
	wordDelete  = "delete"
)

// Format says what a connection of this provider may hold in the file. The vendor publishes no rates (its
// pages say "rate policy: none", and its error codes that there is one), nor what they would count by; five calls a second,
// reads and writes apart, is what a single client can ask for without being noticed.
func Format() spec.Format {
	const perSecond = 5
	rate := spec.Rate{Calls: perSecond, Per: time.Second}
	return spec.Format{
		Provider: "wps365",
		Kinds:    []spec.Kind{spec.KindMailGroup},
		// With a refresh token, mail groups are written in the name of the user whose it is; without, by the app itself.
		Auth:  []spec.AuthForm{{Keys: []string{"appId", "appKey"}, Optional: []string{"refreshToken"}}},
		Hosts: []string{"openapi.wps.cn"},
		Env:   []string{"WPS_*"},
		// sign: false is for apps whose request signing is switched off at the vendor.
		Keys:         []string{"sign"},
		Booleans:     []string{"sign"},
		Experimental: []string{wordMembers, wordSenders, wordUpdate, wordDelete},
		Rate:         spec.Rates{Read: rate, Write: rate},
	}
}
