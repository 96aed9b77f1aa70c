package wps365

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// tokens is the answer of the token call, which has no envelope.
type tokens struct {
	Access  string      `json:"access_token"`
	Refresh string      `json:"refresh_token"` // of users only
	Expires json.Number `json:"expires_in"`    // seconds; a number or a text
}

func (t tokens) life() time.Duration {
	seconds, err := strconv.Atoi(t.Expires.String())
	if err != nil || seconds <= 0 {
		return tokenLife
	}
	return time.Second * time.Duration(min(seconds, int(tokenLife/time.Second)))
}

// envelope is around every other answer.
type envelope struct {
	Code *json.Number `json:"code"` // 0: success
	Data any          `json:"data"`
}

// failure is every form of error body that was seen: with an envelope, of the token call, and of OAuth2 as such.
type failure struct {
	Code        json.Number     `json:"code"`
	Message     string          `json:"msg"`
	More        json.RawMessage `json:"more"` // its cause, of the same form
	Error       string          `json:"error"`
	Description string          `json:"error_description"`
	Debug       struct {
		Text string `json:"desc"`
	} `json:"debug"`
}

func (f failure) text() string {
	return cmp.Or(f.Message, f.Debug.Text, strings.TrimSuffix(f.Error+": "+f.Description, ": "))
}

// page is one page of a list.
type page[T any] struct {
	Items []T            `json:"items"`
	Next  string         `json:"next_page_token"` // blank or missing: it is the last one
	Total provider.Count `json:"total"`
}

// mailGroup is a mail group in any answer. Two generations of pages name its fields in different ways (WPS 365 open
// platform, list mail groups; create mail group), and no answer is held to one of them. The ten members that some answers
// show are left out: they are a sample.
type mailGroup struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	ListedAs   string `json:"email_address"`
	MadeAs     string `json:"address"`
	OwnerID    string `json:"owner_id"`
	ListedMode string `json:"accepted_sender_mode"`
	MadeMode   string `json:"accepted_type"`
	Owner      struct {
		Address string `json:"email_address"`
	} `json:"owner"`
}

func (g mailGroup) address() string { return fold(cmp.Or(g.ListedAs, g.MadeAs)) }

// modes pairs our words for who may send with those of create and update, and those of lists. That they pair up so is
// unconfirmed: no page shows both.
var modes = []struct {
	senders      string
	made, listed string
}{
	{sendersAll, "all", "anyone"},
	{sendersCompany, "company", "organization_members"},
	{sendersMember, "member", "group_members"},
	{sendersCustom, "custom", "custom"},
}

// settings are those that the list shows, and tells live what it does not show. A mode that nobody knows must not be planned on.
func (g mailGroup) settings(ref spec.Ref, live *diff.Live) spec.Settings {
	mode := g.mode()
	if g.Name == "" {
		live.CantSee(diff.Aspect{Resource: ref, Setting: "name"}, "the vendor does not say it")
	}
	senders, err := g.senders()
	switch {
	case mode == "":
		live.CantSee(diff.Aspect{Resource: ref, Setting: "senders"}, "the vendor does not say it")
		live.CantSee(diff.Aspect{Resource: ref, Role: roleSender}, "the vendor does not say who may send")
	case err != nil:
		senders = mode
		live.CantSet(ref, "senders", err.Error())
	}
	return spec.Settings{}.With("name", g.Name).With("senders", senders)
}

// mode is who may send, in one of the vendor's two vocabularies.
func (g mailGroup) mode() string { return cmp.Or(g.ListedMode, g.MadeMode) }

// senders reads the mode in either vocabulary.
func (g mailGroup) senders() (string, error) {
	for _, m := range modes {
		if word := g.mode(); word != "" && (word == m.listed || word == m.made) {
			return m.senders, nil
		}
	}
	return "", fmt.Errorf("unknown accepted_sender_mode %q", g.mode())
}

// acceptedType is how create and update say who may send.
func acceptedType(s string) string {
	for _, m := range modes {
		if s == m.senders {
			return m.made
		}
	}
	return s
}

// mailGroupBody is what create takes, and what update takes of it: blank is unchanged there.
type mailGroupBody struct {
	AcceptedType string `json:"accepted_type,omitempty"`
	Address      string `json:"address,omitempty"`
	Name         string `json:"name,omitempty"`
	OwnerAddress string `json:"owner_address,omitempty"`
}

// set gives the body a setting by the name that changes use.
func (b *mailGroupBody) set(field, value string) bool {
	switch field {
	case "name":
		b.Name = value
	case "owner":
		b.OwnerAddress = value
	case "senders":
		b.AcceptedType = acceptedType(value)
	default:
		return false
	}
	return true
}

// entry is a member or an accepted sender. It has no id.
type entry struct {
	Address string `json:"email_address"`
	Name    string `json:"name,omitempty"` // in answers
	Type    string `json:"type"`
}

// The types of entries. There is none for addresses outside of the tenant, nor for mail groups.
const (
	typeUser    = "user"
	typeDept    = "dept"
	typeMailbox = "mailbox"
)

var subjectKinds = map[string]spec.SubjectKind{
	typeUser: spec.SubjectUser, typeDept: spec.SubjectDepartment, typeMailbox: spec.SubjectMailbox,
}

// memberList is one of the two lists of a mail group, as paths and bodies name it. No page documents the calls on it.
type memberList struct {
	name string
	role spec.Role
	word string // of experimental
}

var memberLists = []memberList{{"members", spec.RoleMember, wordMembers}, {"accepted_senders", roleSender, wordSenders}}

// words is the list in prose.
func (l memberList) words() string { return strings.ReplaceAll(l.name, "_", " ") }

// path is where the list of a group is read, or with a verb written.
func (l memberList) path(id, verb string) string {
	return strings.TrimSuffix(groupPath(id, l.name)+"/"+verb, "/")
}

// groupPath is where something of one group is found.
func groupPath(id, rest string) string { return groupsPath + "/" + url.PathEscape(id) + "/" + rest }

// user is a user of the address book (WPS 365 open platform, users).
type user struct {
	ID    string `json:"id"`
	Email string `json:"email"` // needs a scope of its own

	Status string `json:"status"`
}

// aliases are the addresses of a mailbox (WPS 365 open platform, mailbox aliases).
type aliases struct {
	Primary string   `json:"primary"`
	Aliases []string `json:"aliases"`
}

// standings are what keeps users from using what is granted, by their status.
var standings = map[string]string{"notactive": "not activated", "disabled": "disabled", "dimission": "leaving"}

// publicMailbox is a row of the list of public mailboxes.
type publicMailbox struct {
	ID      string `json:"id"`
	Address string `json:"email_address"`
}

// fold is an address as it is compared.
func fold(address string) string { return strings.ToLower(strings.TrimSpace(address)) }
