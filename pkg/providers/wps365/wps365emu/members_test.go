package wps365emu

import (
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestMembers(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	cad := c.group("cad@corp.example")
	add, remove := "POST "+cad+"/members/batch_create", "POST "+cad+"/members/batch_delete"
	c.want(0, add, batch("members", member("A.L@corp.example", "user"), member("BOB@corp.example", "user"), member("desk@corp.example", "mailbox"), member("di@corp.example", "user")))
	emutest.Same(t, "an alias is its user, who is there", c.roll(cad, "members"),
		[]string{"ada@corp.example", "design@corp.example", "Bob@corp.example", "desk@corp.example", "di@corp.example"})
	got := c.want(0, "GET "+cad+"/members?page_size=2&with_total=true", nil)
	delete(got.Data, "next_page_token")
	wantData(t, "members", got, `{"total":5,"items":[
		{"avatar":"","email_address":"ada@corp.example","name":"Ada","type":"user"},
		{"avatar":"","email_address":"design@corp.example","name":"Design","type":"dept"}]}`)

	c.want(400415002, add, batch("members", member("cy@corp.example", "user"), member("nobody@corp.example", "user")))
	emutest.Same(t, "all or nothing", len(c.roll(cad, "members")), 5)
	for range 2 {
		c.want(0, remove, obj{"email_addresses": []string{"a.l@corp.example", "BOB@CORP.EXAMPLE", "nobody@corp.example", "?"}})
		emutest.Same(t, "removed", c.roll(cad, "members"), []string{"design@corp.example", "desk@corp.example", "di@corp.example"})
	}
	c.want(0, add, batch("members", member("bob@corp.example", "user")))
	emutest.Same(t, "back at the end", c.roll(cad, "members")[3], "Bob@corp.example")
	emutest.Same(t, "members are not senders", c.roll(c.group("vip@corp.example"), "accepted_senders"), []string{"desk@corp.example"})
}
