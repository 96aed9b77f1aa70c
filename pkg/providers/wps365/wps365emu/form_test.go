package wps365emu

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

// TestLimits tries each limit at its edge and beyond, and each refusal.
func TestLimits(t *testing.T) {
	c := newClient(t, Options{NameLimit: 50}, smallSeed)
	cad, vip := c.group("cad@corp.example"), c.group("vip@corp.example")
	serial := 0
	fresh := func() obj {
		serial++
		return newGroup(fmt.Sprintf("new%d@corp.example", serial))
	}
	word := func(n int) string { return strings.Repeat("a", n) }
	adds := func(n int) obj {
		return batch("members", emutest.Many(n, func(i int) any { return member(fmt.Sprintf("u%d@corp.example", i), "user") })...)
	}
	removes := func(n int) obj {
		return obj{"email_addresses": emutest.Many(n, func(i int) string { return fmt.Sprintf("u%d@corp.example", i) })}
	}
	update, add, remove := "POST "+cad+"/update", "POST "+cad+"/members/batch_create", "POST "+cad+"/members/batch_delete"
	addSender := "POST " + vip + "/accepted_senders/batch_create"
	const domain = "@corp.example" // 13 characters
	for _, test := range []struct {
		reason, call string
		body         any
		code         int
	}{
		{"all is well", createGroup, fresh(), 0},
		{"no address", createGroup, with(fresh(), "address", nil), badFormat},
		{"no name", createGroup, with(fresh(), "name", nil), badFormat},
		{"no mode", createGroup, with(fresh(), "accepted_type", nil), badFormat},
		{"no owner", createGroup, with(fresh(), "owner_address", nil), badFormat},
		{"an empty name", createGroup, with(fresh(), "name", ""), badValue},
		{"the longest name", createGroup, with(fresh(), "name", strings.Repeat("组", 50)), 0},
		{"a longer name", createGroup, with(fresh(), "name", strings.Repeat("组", 51)), tooLong},
		{"a mode of the list", createGroup, with(fresh(), "accepted_type", "anyone"), badValue},
		{"the longest address", createGroup, newGroup(word(256-13) + domain), 0},
		{"a longer address", createGroup, newGroup(word(257-13) + domain), tooLong},
		{"no domain", createGroup, newGroup("cad"), badValue},
		{"two @", createGroup, newGroup("a@b@corp.example"), badValue},
		{"a space", createGroup, newGroup("a b@corp.example"), badValue},
		{"a newline", createGroup, newGroup("ab@corp.example\n"), badValue},
		{"another domain", createGroup, newGroup("new@other.example"), 400415006},
		{"a domain below", createGroup, newGroup("new@sub.corp.example"), 400415006},
		{"an owner who is not there", createGroup, with(fresh(), "owner_address", "nobody@corp.example"), 400415007},
		{"an owner by contact email", createGroup, with(fresh(), "owner_address", "cy@contacts.example"), 400415007},
		{"an owner out of contacts", createGroup, with(fresh(), "owner_address", "di@corp.example"), 0},
		{"a public mailbox for owner", createGroup, with(fresh(), "owner_address", "desk@corp.example"), 400415007},
		{"a mail group for owner", createGroup, with(fresh(), "owner_address", "cad@corp.example"), 400415007},
		{"an owner of wrong form", createGroup, with(fresh(), "owner_address", "nobody"), badValue},
		{"a user's address", createGroup, newGroup("ADA@corp.example"), 400415060},
		{"an alias", createGroup, newGroup("a.l@corp.example"), 400415060},
		{"a department's address", createGroup, newGroup("design@corp.example"), 400415060},
		{"a public mailbox", createGroup, newGroup("desk@corp.example"), 400415060},
		{"a mail group", createGroup, newGroup("Cad@corp.example"), 400415060},
		{"a name that is there", createGroup, with(fresh(), "name", "CAD"), 0},

		{"nothing to change", update, nil, 0},
		{"nothing to change", update, obj{}, 0},
		{"an empty name", update, obj{"name": ""}, badValue},
		{"a longer name", update, obj{"name": word(51)}, tooLong},
		{"a wrong mode", update, obj{"accepted_type": "anyone"}, badValue},
		{"nobody", update, obj{"owner_address": "nobody@corp.example"}, 400415007},
		{"another address", update, obj{"address": "new@corp.example"}, unsupported},
		{"nothing there", "POST /v7/mail_groups/x/update", obj{"name": "x"}, 400415009},
		{"parameters come first", "POST /v7/mail_groups/x/update", obj{"name": ""}, badValue},

		{"no members", add, obj{}, badFormat},
		{"members of another list", add, batch("accepted_senders", member("bob@corp.example", "user")), badFormat},
		{"no member", add, obj{"members": []any{}}, badValue},
		{"a null member", add, obj{"members": []any{nil}}, badFormat},
		{"a member without type", add, batch("members", obj{"email_address": "bob@corp.example"}), badFormat},
		{"a member without address", add, batch("members", obj{"type": "user"}), badFormat},
		{"a member of a newer type", add, batch("members", member("design@corp.example", "department")), badValue},
		{"a member twice", add, batch("members", member("BOB@corp.example", "user"), member("bob@corp.example", "user")), badValue},
		{"the most members, none of them there", add, adds(100), 400415002},
		{"more members", add, adds(101), tooMany},
		{"a mail group", add, batch("members", member("vip@corp.example", "user")), 400415002},
		{"a member of the wrong type", add, batch("members", member("bob@corp.example", "mailbox")), 400415002},
		{"a member by contact email", add, batch("members", member("cy@contacts.example", "user")), 400415002},
		{"nothing there", "POST /v7/mail_groups/x/members/batch_create", batch("members", member("bob@corp.example", "user")), 400415009},
		{"no addresses", remove, obj{}, badFormat},
		{"no address", remove, removes(0), badValue},
		{"the most addresses", remove, removes(100), 0},
		{"more addresses", remove, removes(101), tooMany},
		{"the longest address", remove, obj{"email_addresses": []string{word(256)}}, 0},
		{"a longer address", remove, obj{"email_addresses": []string{word(257)}}, tooLong},
		{"nothing there", "POST /v7/mail_groups/x/members/batch_delete", removes(1), 400415009},

		{"senders of another mode", "GET " + cad + "/accepted_senders?page_size=1", nil, 400000007},
		{"senders of another mode", "POST " + cad + "/accepted_senders/batch_create", batch("accepted_senders", member("bob@corp.example", "user")), 400000007},
		{"senders of another mode", "POST " + cad + "/accepted_senders/batch_delete", removes(1), 400000007},
		{"a sender", addSender, batch("accepted_senders", member("bob@corp.example", "user")), 0},
		{"senders under another name", addSender, batch("members", member("bob@corp.example", "user")), badFormat},
		{"nobody", addSender, batch("accepted_senders", member("nobody@corp.example", "user")), 400415002},

		{"no page size", "GET /v7/mail_groups", nil, badFormat},
		{"no page", "GET /v7/mail_groups?page_size=0", nil, badValue},
		{"the smallest page", "GET /v7/mail_groups?page_size=1", nil, 0},
		{"the largest page", "GET /v7/mail_groups?page_size=100", nil, 0},
		{"a larger page", "GET /v7/mail_groups?page_size=101", nil, badValue},
		{"a wordy page", "GET /v7/mail_groups?page_size=ten", nil, badFormat},
		{"a wordy total", listGroups + "&with_total=maybe", nil, badFormat},
		{"a filter", listGroups + "&filter=%7B%7D", nil, unsupported},
		{"no page size", "GET " + cad + "/members", nil, badFormat},
		{"a larger page", "GET " + cad + "/members?page_size=101", nil, badValue},
		{"no page size", "GET /v7/public_mailboxes", nil, badFormat},
		{"parameters come first", "GET /v7/mail_groups/x/members", nil, badFormat},
		{"a status that cannot be asked for", "POST /v7/users/by_emails", obj{"emails": []string{"x@x"}, "status": []string{"dimission"}}, badValue},
	} {
		got := c.do(test.call, test.body)
		if status := max((&problem{Code: test.code}).status(), 200); got.Code != test.code || got.Status != status {
			t.Errorf("%s, %s: %d %s, want %d", test.call, test.reason, got.Status, got.Text, test.code)
		}
	}
}
