package wps365emu

import (
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestPublicMailboxes(t *testing.T) {
	c := newClient(t, Options{}, directorySeed)
	got := c.want(0, "GET /v7/public_mailboxes?page_size=1&with_total=true", nil)
	desk := got.items()[0]
	emutest.Same(t, "public", []any{desk["name"], desk["email_address"], desk["owner_id"], got.Data["total"]}, []any{"Desk", "desk@corp.example", any(c.user("ada@corp.example")), 2.0})
}

func TestAliases(t *testing.T) {
	c := newClient(t, Options{}, `wps365:
  users: [{name: Ada, email: ada@corp.example, mailbox: ada.l@corp.example, aliases: [al@corp.example]}, {name: Bo}]
  publicMailboxes: [{address: desk@corp.example, aliases: [help@corp.example], name: Desk, owner: ada.l@corp.example}]
`)
	ada := c.user("ada@corp.example")
	got := c.want(0, "GET /v7/user_mailboxes/"+ada+"/aliases", nil)
	emutest.Same(t, "a user's", []any{got.Data["primary"], got.Data["aliases"]}, []any{"ada.l@corp.example", []any{"al@corp.example"}})
	got = c.want(0, "GET /v7/user_mailboxes/"+ada, nil)
	emutest.Same(t, "a user's mailbox", got.Data, map[string]any{"email_address": "ada.l@corp.example", "email_type": "user", "is_primary": true})
	desk := c.want(0, "GET /v7/public_mailboxes?page_size=1", nil).items()[0]["id"].(string)
	got = c.want(0, "GET /v7/public_mailboxes/"+desk+"/aliases", nil)
	emutest.Same(t, "a public mailbox's", []any{got.Data["primary"], got.Data["aliases"]}, []any{"desk@corp.example", []any{"help@corp.example"}})
	for _, path := range []string{"/v7/user_mailboxes/none", "/v7/user_mailboxes/none/aliases", "/v7/public_mailboxes/none/aliases"} {
		c.want(400415002, "GET "+path, nil)
	}
}
