package wps365emu

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

const directorySeed = `
wps365:
  departments:
    - {path: Design/CAD, externalId: x1}
    - {path: Design, address: design@corp.example}
    - {path: Sales}
  users:
    - {name: Ada, email: ada@corp.example, externalId: e1, departments: [Design/CAD, Sales], aliases: [a.l@corp.example]}
    - {name: Bob, email: bob@corp.example, departments: [Design]}
    - {name: Cy, email: cy@contacts.example, mailbox: cy@corp.example, status: notactive}
    - {name: Di, email: di@corp.example, departments: [Design], hidden: true, externalId: e4}
    - {name: Ed, status: disabled, departments: [Design]}
    - {name: Fay, email: fay@corp.example, status: dimission}
  publicMailboxes:
    - {address: desk@corp.example, name: Desk, owner: ada@corp.example}
    - {address: news@corp.example, name: News, owner: bob@corp.example}
`

func TestUsers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{}, directorySeed)
		for _, test := range []struct {
			call string
			body any
			want string
		}{
			{"POST /v7/users/by_emails", obj{"emails": []string{"BOB@corp.example", "ada@corp.example", "di@corp.example", "x@x", "cy@corp.example"}, "status": []string{"active", "notactive"}}, "Ada Bob"},
			{"POST /v7/users/by_emails", obj{"emails": []string{"cy@contacts.example"}, "status": []string{"active"}}, ""},
			{"POST /v7/users/by_emails", obj{"emails": []string{"cy@contacts.example"}, "status": []string{"notactive"}}, "Cy"},
			{"POST /v7/users/by_emails", obj{"emails": []string{""}, "status": []string{"disabled"}}, ""},
			{"POST /v7/users/by_emails", obj{"emails": []string{"a.l@corp.example"}, "status": []string{"active"}}, ""},
			{"POST /v7/users/batch_read", obj{"user_ids": []string{c.user("bob@corp.example"), "x"}, "status": []string{"active"}}, "Bob"},
		} {
			got := c.want(0, test.call, test.body)
			emutest.Same(t, test.call, strings.Join(got.column("user_name"), " "), test.want)
		}
		c.want(badFormat, "POST /v7/users/by_emails", obj{"emails": []string{"x@x"}})
		c.want(badFormat, "POST /v7/users/by_emails", obj{"status": []string{"active"}})
		c.want(badFormat, "POST /v7/users/by_emails", obj{"emails": []string{}, "status": []string{"active"}})

		ada := c.user("ada@corp.example")
		got := c.want(0, "POST /v7/users/batch_read", obj{"user_ids": []string{ada}, "status": []string{"active"}, "with_dept": true}).items()[0]
		depts := got["depts"].([]any)
		emutest.Same(t, "departments", []any{depts[0].(obj)["abs_path"], depts[1].(obj)["name"], got["def_dept_id"] == depts[0].(obj)["id"]}, []any{"Company/Design/CAD", "Sales", true})
		delete(got, "depts")
		delete(got, "def_dept_id")
		wantData(t, "user", reply{Data: got}, `{"id":"`+ada+`","user_name":"Ada","avatar":"","email":"ada@corp.example","ex_user_id":"e1","status":"active","role":"normal","ctime":946684800}`)
	})
}

// TestHiddenUsers looks at one whose id the app knows, though not from contacts.
func TestHiddenUsers(t *testing.T) {
	c := newClient(t, Options{}, directorySeed)
	group := c.want(0, createGroup, with(newGroup("new@corp.example"), "owner_address", "di@corp.example")).Data["id"].(string)
	di := c.want(0, "GET /v7/mail_groups/"+group, nil).Data["owner_id"].(string)
	emutest.Same(t, "batch", len(c.want(0, "POST /v7/users/batch_read", obj{"user_ids": []string{di}, "status": []string{"active"}}).items()), 0)
}

func TestEmailsNeedTheirScope(t *testing.T) {
	c := newClient(t, Options{Scopes: []string{usersRead}}, directorySeed)
	got := c.want(0, "POST /v7/users/by_emails", obj{"emails": []string{"ada@corp.example"}, "status": []string{"active"}})
	if len(got.items()) != 1 || strings.Contains(got.Text, "email") {
		t.Errorf("got %s", got.Text)
	}
}
