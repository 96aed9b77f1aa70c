package wps365emu

import (
	"net/http"
	"net/url"
	"strings"
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
	path    string   // escaped, without the prefix
	vars    []string // what the path has in place of {…}
	query   url.Values
	body    []byte
	token   *token
	request *http.Request
	header  http.Header // of the reply
}

// route is one API call.
type route struct {
	call         string // method and pattern; {…} stands for one segment
	scope        string
	do           func(*world, *call) (any, error) // a nil result has no data
	asUser       bool                             // it needs a user's token
	undocumented bool                             // no public page documents it
}

// routes are in order of precedence: literal segments before variables. WPS 365 open platform v7.
var routes = []route{
	{call: "GET /oauth2/auth", do: (*world).authorize},
	{call: "POST /oauth2/token", do: (*world).issue},

	{call: "GET /v7/mail_groups", scope: mailGroupsRead, do: (*world).listMailGroups},
	{call: "POST /v7/mail_groups", scope: mailGroupsWrite, do: (*world).createMailGroup},
	{call: "GET /v7/mail_groups/{id}", scope: mailGroupsRead, do: (*world).getMailGroup, undocumented: true},
	{call: "POST /v7/mail_groups/{id}/update", scope: mailGroupsWrite, do: (*world).updateMailGroup, undocumented: true},
	{call: "POST /v7/mail_groups/{id}/delete", scope: mailGroupsWrite, do: (*world).deleteMailGroup, undocumented: true},
	{call: "GET /v7/mail_groups/{id}/members", scope: mailGroupsRead, do: members.list, undocumented: true},
	{call: "POST /v7/mail_groups/{id}/members/batch_create", scope: mailGroupsWrite, do: members.add, undocumented: true},
	{call: "POST /v7/mail_groups/{id}/members/batch_delete", scope: mailGroupsWrite, do: members.remove, undocumented: true},
	{call: "GET /v7/mail_groups/{id}/accepted_senders", scope: mailGroupsRead, do: senders.list, undocumented: true},
	{call: "POST /v7/mail_groups/{id}/accepted_senders/batch_create", scope: mailGroupsWrite, do: senders.add, undocumented: true},
	{call: "POST /v7/mail_groups/{id}/accepted_senders/batch_delete", scope: mailGroupsWrite, do: senders.remove, undocumented: true},

	{call: "GET /v7/users/current", scope: identityRead, do: (*world).currentUser, asUser: true},
	{call: "POST /v7/users/by_emails", scope: usersRead, do: (*world).usersByEmail},
	{call: "POST /v7/users/batch_read", scope: usersRead, do: (*world).usersByID},
	{call: "GET /v7/public_mailboxes", scope: publicMailboxesRead, do: (*world).listPublicMailboxes},
}

// find returns the route of a method and an escaped path, and what stands for its variables. It is nil for an unknown path as
// for an unknown method.
func find(method, path string) (*route, []string) {
	have := strings.Split(method+" "+path, "/")
next:
	for i := range routes {
		want := strings.Split(routes[i].call, "/")
		if len(want) != len(have) {
			continue
		}
		var vars []string
		for j, segment := range want {
			switch {
			case strings.HasPrefix(segment, "{"):
				text, err := url.PathUnescape(have[j])
				if err != nil || text == "" {
					continue next
				}
				vars = append(vars, text)
			case segment != have[j]:
				continue next
			}
		}
		return &routes[i], vars
	}
	return nil, nil
}
