package wps365emu

import (
	"strings"
	"testing"
	"testing/synctest"
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
		c := newTenant(t, Options{}, directorySeed)
		for _, test := range []struct {
			call string
			body any
			want string
		}{
			{"GET /v7/users?status=active", nil, "Ada Bob"},
			{"GET /v7/users?status=notactive&status=disabled", nil, "Cy Ed"},
			{"GET /v7/users?status=active&page_size=1", nil, "Ada"},
			{"POST /v7/users/by_emails", obj{"emails": []string{"BOB@corp.example", "ada@corp.example", "di@corp.example", "x@x", "cy@corp.example"}, "status": []string{"active", "notactive"}}, "Ada Bob"},
			{"POST /v7/users/by_emails", obj{"emails": []string{"cy@contacts.example"}, "status": []string{"active"}}, ""},
			{"POST /v7/users/by_emails", obj{"emails": []string{"cy@contacts.example"}, "status": []string{"notactive"}}, "Cy"},
			{"POST /v7/users/by_emails", obj{"emails": []string{""}, "status": []string{"disabled"}}, ""},
			{"POST /v7/users/by_emails", obj{"emails": []string{"a.l@corp.example"}, "status": []string{"active"}}, ""},
			{"POST /v7/users/by_ex_user_ids", obj{"ex_user_ids": []string{"e4", "e1", "e1", ""}, "status": []string{"active", "disabled"}}, "Ada"},
			{"POST /v7/users/batch_read", obj{"user_ids": []string{c.user("Bob"), "x"}, "status": []string{"active"}}, "Bob"},
		} {
			got := c.want(0, test.call, test.body)
			wantSame(t, test.call, strings.Join(got.column("user_name"), " "), test.want)
		}
		c.want(badFormat, "POST /v7/users/by_emails", obj{"emails": []string{"x@x"}})
		c.want(badFormat, "POST /v7/users/by_emails", obj{"status": []string{"active"}})
		c.want(badFormat, "POST /v7/users/by_emails", obj{"emails": []string{}, "status": []string{"active"}})

		ada := c.user("Ada")
		got := c.want(0, "GET /v7/users/"+ada+"?with_dept=true", nil)
		depts := got.Data["depts"].([]any)
		wantSame(t, "departments", []any{depts[0].(obj)["abs_path"], depts[1].(obj)["name"], got.Data["def_dept_id"] == depts[0].(obj)["id"]}, []any{"Company/Design/CAD", "Sales", true})
		delete(got.Data, "depts")
		delete(got.Data, "def_dept_id")
		wantData(t, "user", got, `{"id":"`+ada+`","user_name":"Ada","avatar":"","email":"ada@corp.example","ex_user_id":"e1","status":"active","role":"normal","ctime":946684800}`)
		wantSame(t, "departments", c.want(0, "GET /v7/users/"+ada+"/depts", nil).column("name"), []string{"CAD", "Sales"})
		c.want(400002125, "GET /v7/users/x", nil)
		c.want(400002125, "GET /v7/users/x/depts", nil)
	})
}

// TestHiddenUsers looks at one whose id the app knows, though not from contacts.
func TestHiddenUsers(t *testing.T) {
	c := newTenant(t, Options{}, directorySeed)
	group := c.want(0, createGroup, with(newGroup("new@corp.example"), "owner_address", "di@corp.example")).Data["id"].(string)
	di := c.want(0, "GET /v7/mail_groups/"+group, nil).Data["owner_id"].(string)
	c.want(400002125, "GET /v7/users/"+di, nil)
	wantSame(t, "batch", len(c.want(0, "POST /v7/users/batch_read", obj{"user_ids": []string{di}, "status": []string{"active"}}).items()), 0)
	wantSame(t, "mailbox", c.want(0, "GET /v7/user_mailboxes/"+di, nil).Data["email_address"], any("di@corp.example"))
}

func TestEmailsNeedTheirScope(t *testing.T) {
	c := newTenant(t, Options{Scopes: []string{usersRead}}, directorySeed)
	got := c.want(0, "POST /v7/users/by_emails", obj{"emails": []string{"ada@corp.example"}, "status": []string{"active"}})
	if len(got.items()) != 1 || strings.Contains(got.text, "email") {
		t.Errorf("got %s", got.text)
	}
}

func TestDepartments(t *testing.T) {
	c := newTenant(t, Options{}, directorySeed)
	root := c.want(0, "GET /v7/depts/root", nil).Data
	wantSame(t, "root", []any{root["parent_id"], root["abs_path"]}, []any{"0", "Company"})
	top := c.want(0, "GET /v7/depts/"+root["id"].(string)+"/children", nil)
	wantSame(t, "top", top.column("name"), []string{"Design", "Sales"})
	if strings.Contains(top.text, "@") {
		t.Errorf("departments tell addresses: %s", top.text)
	}
	design := top.items()[0]["id"].(string)
	below := c.want(0, "GET /v7/depts/"+design+"/children?page_size=1", nil)
	wantSame(t, "below", below.column("abs_path"), []string{"Company/Design/CAD"})
	wantSame(t, "parent", below.column("parent_id"), []string{design})
	wantSame(t, "by id", c.want(0, "POST /v7/depts/batch_read", obj{"dept_ids": []string{design, "x"}}).column("name"), []string{"Design"})
	wantSame(t, "by external id", c.want(0, "POST /v7/depts/by_ex_dept_ids", obj{"ex_dept_ids": []string{"x1", ""}}).column("name"), []string{"CAD"})
	c.want(badFormat, "POST /v7/depts/batch_read", obj{})
	c.want(400002113, "GET /v7/depts/x/children", nil)
	c.want(400002113, "GET /v7/depts/x/members?status=active", nil)
	c.want(badFormat, "GET /v7/depts/"+design+"/members", nil)

	path := "GET /v7/depts/" + design + "/members?status=active"
	wantSame(t, "members", c.want(0, path, nil).column("user_id"), []string{c.user("Bob")})
	got := c.want(0, path+"&status=disabled&recursive=true&with_user_detail=true", nil)
	var names []string
	for _, item := range got.items() {
		names = append(names, item["user_info"].(obj)["user_name"].(string))
	}
	wantSame(t, "recursive", names, []string{"Ada", "Bob", "Ed"})
	wantSame(t, "in the root itself", len(c.want(0, "GET /v7/depts/"+root["id"].(string)+"/members?status=notactive", nil).items()), 1)
}

func TestMailboxes(t *testing.T) {
	c := newTenant(t, Options{}, directorySeed)
	got := c.want(0, "GET /v7/public_mailboxes?page_size=1&with_total=true", nil)
	desk := got.items()[0]
	wantSame(t, "public", []any{desk["name"], desk["email_address"], desk["owner_id"], got.Data["total"]}, []any{"Desk", "desk@corp.example", any(c.user("Ada")), 2.0})
	wantSame(t, "one", c.want(0, "GET /v7/public_mailboxes/"+desk["id"].(string), nil).Data, desk)
	c.want(400415002, "GET /v7/public_mailboxes/x", nil)

	ada, cy := c.user("Ada"), c.user("Cy")
	wantData(t, "mailbox", c.want(0, "GET /v7/user_mailboxes/"+cy, nil), `{"email_address":"cy@corp.example","email_type":"user","is_primary":true}`)
	wantData(t, "aliases", c.want(0, "GET /v7/user_mailboxes/"+ada+"/aliases", nil), `{"primary":"ada@corp.example","aliases":["a.l@corp.example"]}`)
	wantData(t, "no aliases", c.want(0, "GET /v7/user_mailboxes/"+cy+"/aliases", nil), `{"primary":"cy@corp.example","aliases":[]}`)
	c.want(400002125, "GET /v7/user_mailboxes/x", nil)
	c.want(400002125, "GET /v7/user_mailboxes/e1", nil)
	ed := c.want(0, "GET /v7/users?status=disabled", nil).items()[0]["id"].(string)
	c.want(400415002, "GET /v7/user_mailboxes/"+ed, nil)
	r := c.request("GET /v7/user_mailboxes/e1", nil)
	r.Header.Set("X-Kso-Id-Type", "external")
	if got := c.serve(r); got.Data["email_address"] != "ada@corp.example" {
		t.Errorf("external: %s", got.text)
	}
}
