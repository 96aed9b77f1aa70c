package wps365emu

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestMailGroupsOnTheWire(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	ada := c.user("ada@corp.example")
	made := c.want(0, createGroup, with(newGroup("New@corp.example"), "owner_address", "A.L@corp.example"))
	id := made.Data["id"].(string)
	const common = `"address":"New@corp.example","name":"New","owner":{"avatar":"","email_address":"ada@corp.example","name":"Ada"},"members":[]`
	wantData(t, "create", made, `{"id":"`+id+`","accepted_type":"company",`+common+`}`)
	item := `{"id":"` + id + `","name":"New","email_address":"New@corp.example","owner_id":"` + ada + `","accepted_sender_mode":"organization_members"}`
	wantData(t, "get", c.want(0, "GET /v7/mail_groups/"+id, nil), item)
	wantData(t, "list", reply{Data: c.want(0, listGroups, nil).items()[2]}, item)
	wantData(t, "update", c.want(0, "POST /v7/mail_groups/"+id+"/update", nil), item)
	r := httptest.NewRequest("GET", "/v7/mail_groups/"+id, nil)
	r.Header = c.request("GET /v7/mail_groups/"+id, nil).Header
	r.Header.Set("X-Kso-Id-Type", "external")
	wantData(t, "external", c.serve(r), strings.Replace(item, ada, "e1", 1))

	custom := c.want(0, createGroup, with(newGroup("c@corp.example"), "accepted_type", "custom"))
	if custom.Data["accepted_senders"] == nil {
		t.Errorf("custom without senders: %s", custom.Text)
	}
	for mode, want := range map[string]string{"all": "anyone", "company": "organization_members", "member": "group_members", "custom": "custom"} {
		got := c.want(0, "POST /v7/mail_groups/"+id+"/update", obj{"accepted_type": mode})
		emutest.Same(t, mode, got.Data["accepted_sender_mode"], any(want))
	}
}

func TestUpdate(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	cad := c.group("cad@corp.example")
	c.want(0, "POST "+cad+"/update", obj{"name": "Renamed"})
	c.want(0, "POST "+cad+"/update", obj{"owner_address": "bob@corp.example"})
	got := c.want(0, "POST "+cad+"/update", obj{"accepted_type": "all"})
	if got.Data["name"] != "Renamed" || got.Data["owner_id"] != c.user("bob@corp.example") || got.Data["accepted_sender_mode"] != "anyone" {
		t.Errorf("got %s", got.Text)
	}
	emutest.Same(t, "order", c.want(0, listGroups, nil).column("name"), []string{"Renamed", "VIP"})
	emutest.Same(t, "members", len(c.roll(cad, "members")), 2)
}

func TestDelete(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	cad := c.group("cad@corp.example")
	c.want(0, "POST "+cad+"/delete", nil)
	for _, call := range []string{"POST " + cad + "/delete", "POST " + cad + "/update", "GET " + cad, "GET " + cad + "/members?page_size=1"} {
		c.want(400415009, call, nil)
	}
	emutest.Same(t, "list", c.want(0, listGroups, nil).column("name"), []string{"VIP"})
	made := c.want(0, createGroup, newGroup("cad@corp.example"))
	if "/v7/mail_groups/"+made.Data["id"].(string) == cad {
		t.Error("the id is used again")
	}
	emutest.Same(t, "members", len(c.roll(c.group("cad@corp.example"), "members")), 0)
}
