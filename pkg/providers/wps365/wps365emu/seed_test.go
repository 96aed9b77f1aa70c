package wps365emu

import (
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
	"pgregory.net/rapid"
)

const fullState = `wps365:
    domains: [corp.example, spare.example]
    departments:
        - path: Design
          address: design@corp.example
        - path: Design/CAD
          externalId: x1
    users:
        - name: Ada
          email: ada@corp.example
          aliases: [a.l@corp.example]
          externalId: e1
          departments: [Design/CAD, Design]
        - name: Bob
          email: bob@contacts.example
          mailbox: Bob@corp.example
          status: notactive
          hidden: true
        - name: Ed
    publicMailboxes:
        - address: desk@corp.example
          name: Desk
          owner: ada@corp.example
    mailGroups:
        - address: CAD@corp.example
          name: CAD
          owner: Bob@corp.example
          senders: company
          members: [Bob@corp.example, design@corp.example, desk@corp.example]
        - address: vip@corp.example
          name: VIP
          owner: ada@corp.example
          senders: custom
          allowedSenders: [ada@corp.example]
    recycled: [old@corp.example]
`

func TestStateIsTheSeed(t *testing.T) {
	c := newClient(t, Options{}, fullState)
	emutest.Same(t, "state", c.Dump(), fullState)
	c.want(400415060, createGroup, newGroup("OLD@corp.example"))
	c.want(0, createGroup, newGroup("new@spare.example"))
}

// TestDesignedSeed is the smallest form that users write.
func TestDesignedSeed(t *testing.T) {
	c := newClient(t, Options{}, `
wps365:
  users: [{name: Alice, email: alice@corp.example}]
  mailGroups: [{address: cad@corp.example, name: CAD, owner: alice@corp.example, senders: company, members: [alice@corp.example]}]
`)
	emutest.Same(t, "list", c.want(0, listGroups, nil).column("email_address"), []string{"cad@corp.example"})
	c.want(0, "POST "+c.group("cad@corp.example")+"/members/batch_delete", obj{"email_addresses": []string{"alice@corp.example"}})
	emutest.Same(t, "state", c.Dump(), `wps365:
    users:
        - name: Alice
          email: alice@corp.example
    mailGroups:
        - address: cad@corp.example
          name: CAD
          owner: alice@corp.example
          senders: company
`)
	if err := c.Reset(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(c.Dump(), "members: [alice@corp.example]") {
		t.Errorf("a reset left %s", c.Dump())
	}
}

func TestStateIsSorted(t *testing.T) {
	c := newClient(t, Options{}, `
wps365:
  users: [{name: B, email: b@x, departments: [B/A]}, {name: A, email: a@x}]
  publicMailboxes: [{address: z@x, name: A, owner: b@x}, {address: y@x, name: B, owner: a@x}]
  mailGroups: [{address: h@x, name: A, owner: a@x, members: [z@x, b@x, a@x]}, {address: g@x, name: B, owner: a@x}]
  recycled: [s@x, r@x]
`)
	var got []string
	for line := range strings.Lines(c.Dump()) {
		if key, value, _ := strings.Cut(strings.TrimLeft(line, " -"), ": "); strings.Contains("path name address members recycled", key) {
			got = append(got, strings.TrimSpace(value))
		}
	}
	emutest.Same(t, "state", strings.Join(got, " "), "B B/A A B y@x B z@x A g@x B h@x A [a@x, b@x, z@x] [r@x, s@x]")
}

// TestStateRoundTrips makes a world by calls and seeds another with its state.
func TestStateRoundTrips(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		opts := Options{
			RecycleBin: rapid.Bool().Draw(r, "recycle"), KeepAcceptedSenders: rapid.Bool().Draw(r, "keep"), OutsideMembers: rapid.Bool().Draw(r, "outside"),
		}
		c := newClient(t, opts, smallSeed)
		for range rapid.IntRange(0, 15).Draw(r, "steps") {
			groups := c.want(0, listGroups, nil).column("id")
			path := "POST /v7/mail_groups/" + rapid.SampledFrom(append(groups, "x")).Draw(r, "group")
			who := rapid.SampledFrom([]string{"ada@corp.example", "BOB@corp.example", "cy@corp.example", "guest@other.example"}).Draw(r, "who")
			list := rapid.SampledFrom([]string{"members", "accepted_senders"}).Draw(r, "list")
			switch rapid.IntRange(0, 4).Draw(r, "call") {
			case 0:
				c.do(createGroup, with(newGroup(rapid.SampledFrom([]string{"n@corp.example", "CAD@corp.example", "m@Corp.example"}).Draw(r, "address")), "owner_address", who))
			case 1:
				c.do(path+"/delete", nil)
			case 2:
				c.do(path+"/update", obj{"accepted_type": rapid.SampledFrom([]string{"all", "custom"}).Draw(r, "mode"), "owner_address": who})
			case 3:
				c.do(path+"/"+list+"/batch_create", batch(list, member(who, "user")))
			case 4:
				c.do(path+"/"+list+"/batch_delete", obj{"email_addresses": []string{who}})
			}
		}
		state := c.Dump()
		if got := newClient(t, opts, state).Dump(); got != state {
			r.Fatalf("state\n%s\nbecame\n%s", state, got)
		}
	})
}

func vendor() emu.Vendor { return New(Options{}) }

func TestBadSeedsSayWhere(t *testing.T) {
	const users = "users: [{name: A, email: a@x}]\n"
	emutest.BadSeeds(t, vendor, smallSeed, []emutest.BadSeed{
		{"group: []", `line 2: unknown key "group"`},
		{"users: [{nmae: a}]", `line 2: unknown key "nmae"`},
		{"users: [{}]", `users: "": `},
		{"users: [a]", `line 2`},
		{"users: [{name: A, email: a}]", `no mail address`},
		{"users: [{name: A, email: a@x, mailbox: b}]", `no mail address`},
		{"users: [{name: A, aliases: [a@x]}]", `aliases need a mailbox`},
		{"users: [{name: A, status: gone}]", `status`},
		{"users: [{name: A, email: a@x}, {name: B, email: A@x}]", `users: "B": 400000003: A@x comes twice`},
		{"users: [{name: A, email: a@x, aliases: [a@x]}]", `comes twice`},
		{"users: [{name: A,\n  departments: ['a//b']}]", `line 3: a department has no name`},
		{"departments: [{path: A}, {path: A}]", `departments: "A": comes twice`},
		{"departments: [{path: ''}]", `no name`},
		{"departments: [{path: A, address: a}]", `no mail address`},
		{"publicMailboxes: [{address: d@x, name: D, owner: a@x}]", `line 2: no user has the address "a@x"`},
		{users + "publicMailboxes: [{address: a@x, name: D, owner: a@x}]", `comes twice`},
		{users + "mailGroups: [{address: g@x, name: G, owner: b@x}]", `mailGroups: "g@x": line 3: no user has the address "b@x"`},
		{users + "mailGroups: [{address: g@x, name: G, owner: a@x, members: [a@x,\n  b@x]}]", `line 4: nobody has the address "b@x"`},
		{users + "mailGroups: [{address: g@x, name: G, owner: a@x, members: [~]}]", `line 3: an item is missing`},
		{users + "mailGroups: [{address: g@x, name: G, owner: a@x, members: [[a]]}]", `line 3`},
		{users + "mailGroups: [{address: g@x, name: G, owner: a@x, senders: anyone}]", `accepted_type`},
		{users + "mailGroups: [{address: g@x, name: G, owner: a@x, allowedSenders: [a@x]}]", `allowedSenders are only of`},
		{users + "mailGroups: [{address: g@x, name: '', owner: a@x}]", `name: is empty`},
		{users + "mailGroups: [{address: a@x, name: G, owner: a@x}]", `comes twice`},
		{users + "mailGroups: [{address: g@y, name: G, owner: a@x}]\ndomains: [x]", `domain`},
		{"domains: [a b]", `"a b" is no domain`},
		{"recycled: [a@x, a@x]", `comes twice`},
	})
}

func TestOutsideMembersInSeeds(t *testing.T) {
	for member, ok := range map[string]bool{"guest@y": true, "guest@x": false, "guest": false} {
		s := emu.New(emu.Options{}, New(Options{OutsideMembers: true}))
		err := s.LoadSeed([]byte("wps365: {users: [{name: A, email: a@x}], mailGroups: [{address: g@x, name: G, owner: a@x, members: [" + member + "]}]}"))
		if (err == nil) != ok {
			t.Errorf("%s: %v", member, err)
		}
	}
}

func FuzzSeed(f *testing.F) {
	emutest.FuzzSeed(f, vendor, smallSeed, "wps365: [{}, {company: two}]", fullState, directorySeed)
}
