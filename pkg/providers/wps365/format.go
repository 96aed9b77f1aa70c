package wps365

import (
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

const (
	kindMailGroup spec.Kind = "mail-group"
	roleSender    spec.Role = "sender" // may write to a mail group whose senders are custom
)

// The words of senders: who may write to a mail group.
const (
	sendersAll     = "all"
	sendersCompany = "company"
	sendersMember  = "member"
	sendersCustom  = "custom" // those with roleSender
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
func Format() spec.ProviderSchema {
	const perSecond = 5
	rate := spec.Rate{Calls: perSecond, Per: time.Second}
	return spec.ProviderSchema{
		Provider: "wps365",
		Kinds:    []spec.KindSchema{mailGroups()},
		// With a refresh token, mail groups are written in the name of the user whose it is; without, by the app itself.
		Auth:  []spec.AuthForm{{Keys: []string{"appId", "appKey"}, Optional: []string{"refreshToken"}}},
		Hosts: []string{"openapi.wps.cn"},
		Env:   []string{"WPS_*"},
		// sign: false is for apps whose request signing is switched off at the vendor.
		Keys:     []string{"sign"},
		Booleans: []string{"sign"},
		About: map[string]string{
			"appId": "the app's id", "appKey": "its secret", "refreshToken": "of the user in whose name mail groups are written; without it, by the app itself",
			"sign": "false for apps whose request signing is switched off at the vendor",
		},
		Examples:     map[string]any{"sign": false, "appId": "env:WPS_APP_ID", "appKey": "file:secrets/wps-app-key", "refreshToken": "env:WPS_REFRESH_TOKEN"},
		Identity:     spec.ByEmail,
		Experimental: []string{wordMembers, wordSenders, wordUpdate, wordDelete},
		Rate:         spec.Rates{Read: rate, Write: rate},
	}
}

// mailGroups is what the file may say of mail groups.
func mailGroups() spec.KindSchema {
	takes := []spec.SubjectKind{spec.SubjectUser, spec.SubjectMailbox, spec.SubjectDepartment, spec.SubjectAddress}
	return spec.KindSchema{
		Kind: kindMailGroup, Section: "mailGroups", ID: spec.ByAddress, Ownership: true, Create: true, Delete: true,
		About: "mail groups; one that does not exist is made",
		Settings: []spec.Setting{
			{Key: "name", About: "the name that people see", Example: "CAD engineers"},
			{Key: "owner", User: true, Reach: &spec.Reach{Role: "owner"}, About: "the user who owns it", Example: "alice"},
			{Key: "senders", Words: []string{sendersAll, sendersCompany, sendersMember, sendersCustom},
				Reach: &spec.Reach{Role: roleSender, Words: []string{sendersAll, sendersCompany, sendersMember, sendersCustom},
					Lists:  map[string]spec.Role{sendersMember: spec.RoleMember, sendersCustom: roleSender},
					Within: map[string][]spec.SubjectKind{sendersCompany: {spec.SubjectUser, spec.SubjectMailbox, spec.SubjectDepartment}}},
				About: "who may write to it: all, the company, its members, or custom: those of allowedSenders"},
		},
		Lists: []spec.List{
			{Key: "members", Role: spec.RoleMember, Takes: takes, Plain: true, About: "who gets its mail"},
			{Key: "allowedSenders", Role: roleSender, Takes: takes, Plain: true,
				When: &spec.When{Setting: "senders", Word: sendersCustom}, About: "who may write to it, with senders: custom"},
		},
	}
}
