package wps365emu

import (
	"net/http"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// Scopes that calls need. One that ends in read is also satisfied by the same with write after it.
const (
	mailGroupsRead      = "kso.mail_group.read"
	mailGroupsWrite     = "kso.mail_group.readwrite"
	usersRead           = "kso.contact.read"
	userEmailsRead      = "kso.user_email.read"
	userMailboxesRead   = "kso.user_mailbox.read"
	publicMailboxesRead = "kso.public_mailbox.read"
	identityRead        = "kso.user_base.read"
)

// oauthPath is where tokens come from. Replies there have no envelope, and errors there codes of eight digits.
const oauthPath = "/oauth2/"

// call is an admitted request.
type call struct {
	form
	path    string // escaped, without the prefix
	id      string // what the path has in place of {id}
	token   *token
	request *http.Request
	header  http.Header // of the reply
}

// route is one API call.
type route struct {
	name         string // method and pattern
	scope        string
	do           func(*world, *call) (any, error) // a nil result has no data
	asUser       bool                             // it needs a user's token
	undocumented bool                             // no public page documents it
}

// routes are in order of precedence: literal segments before variables. WPS 365 open platform v7.
var routes = []route{
	{name: "GET /oauth2/auth", do: (*world).authorize},
	{name: "POST /oauth2/token", do: (*world).issue},

	{name: "GET /v7/mail_groups", scope: mailGroupsRead, do: (*world).listMailGroups},
	{name: "POST /v7/mail_groups", scope: mailGroupsWrite, do: (*world).createMailGroup},
	{name: "GET /v7/mail_groups/{id}", scope: mailGroupsRead, do: (*world).getMailGroup, undocumented: true},
	{name: "POST /v7/mail_groups/{id}/update", scope: mailGroupsWrite, do: (*world).updateMailGroup, undocumented: true},
	{name: "POST /v7/mail_groups/{id}/delete", scope: mailGroupsWrite, do: (*world).deleteMailGroup, undocumented: true},
	{name: "GET /v7/mail_groups/{id}/members", scope: mailGroupsRead, do: members.list, undocumented: true},
	{name: "POST /v7/mail_groups/{id}/members/batch_create", scope: mailGroupsWrite, do: members.add, undocumented: true},
	{name: "POST /v7/mail_groups/{id}/members/batch_delete", scope: mailGroupsWrite, do: members.remove, undocumented: true},
	{name: "GET /v7/mail_groups/{id}/accepted_senders", scope: mailGroupsRead, do: senders.list, undocumented: true},
	{name: "POST /v7/mail_groups/{id}/accepted_senders/batch_create", scope: mailGroupsWrite, do: senders.add, undocumented: true},
	{name: "POST /v7/mail_groups/{id}/accepted_senders/batch_delete", scope: mailGroupsWrite, do: senders.remove, undocumented: true},

	{name: "GET /v7/users/current", scope: identityRead, do: (*world).currentUser, asUser: true},
	{name: "POST /v7/users/by_emails", scope: usersRead, do: (*world).usersByEmail},
	{name: "POST /v7/users/batch_read", scope: usersRead, do: (*world).usersByID},
	{name: "GET /v7/user_mailboxes/{id}", scope: userMailboxesRead, do: (*world).getUserMailbox},
	{name: "GET /v7/user_mailboxes/{id}/aliases", scope: userMailboxesRead, do: (*world).userAliases},
	{name: "GET /v7/public_mailboxes/{id}/aliases", scope: publicMailboxesRead, do: (*world).publicAliases},
	{name: "GET /v7/public_mailboxes", scope: publicMailboxesRead, do: (*world).listPublicMailboxes},
}

var router = emu.NewRouter(routes, func(r route) string { return r.name })
