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
