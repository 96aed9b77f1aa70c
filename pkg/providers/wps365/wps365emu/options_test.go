package wps365emu

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

// TestSwitches tries each point that the vendor leaves open both ways, and that no switch is left out.
func TestSwitches(t *testing.T) {
	undocumented := func(c *client) any {
		seen := map[string]bool{}
		for _, r := range routes {
			if r.undocumented {
				got := c.do(strings.ReplaceAll(r.name, "{id}", "x"), nil)
				seen[fmt.Sprint(got.Status, " ", got.Code != errUnsupported.Code)] = true
			}
		}
		return fmt.Sprint(seen, c.do(listGroups, nil).Status)
	}
	emutest.Switches(t, []emutest.Switch[*client]{
		{"Unsigned", 401, 200, func(c *client) any {
			r := c.request(listGroups, nil)
			r.Header.Del("X-Kso-Date")
			return c.serve(r).Status
		}},
		{"TextExpiry", false, true, func(c *client) any {
			return strings.Contains(c.oauth("grant_type", "refresh_token", "refresh_token", RefreshToken).Text, `"refresh_expires_in":"2592000"`)
		}},
		{"UserWrites", 200, 403, func(c *client) any { return c.do(createGroup, newGroup("n@corp.example")).Status }},
		{"AppWrites", 200, 403, func(c *client) any {
			c.login("grant_type", "refresh_token", "refresh_token", RefreshToken)
			return c.do(createGroup, newGroup("n@corp.example")).Status
		}},
		{"DocumentedOnly", "map[400 true:true] 200", "map[404 true:true] 200", undocumented},
		{"RefuseUndocumented", "map[400 true:true] 200", "map[400 false:true] 200", undocumented},
		{"StatusAlwaysOK", "400 400415009", "200 400415009", func(c *client) any {
			got := c.do("GET /v7/mail_groups/x", nil)
			return fmt.Sprint(got.Status, " ", got.Code)
		}},
		{"NestErrors", false, true, func(c *client) any { return c.do("GET /v7/mail_groups/x", nil).More != nil }},
		{"OverlapPages", 3, 4, func(c *client) any {
			c.want(0, createGroup, newGroup("n@corp.example"))
			names, _ := sweep(c, "GET /v7/mail_groups?page_size=2", 9)
			return len(names)
		}},
		{"StuckPages", 2, 5, func(c *client) any {
			names, _ := sweep(c, "GET /v7/mail_groups?page_size=1", 5)
			return len(names)
		}},
		{"UniqueNames", "0 0 0", "400415061 400415061 0", func(c *client) any {
			vip := "POST " + c.group("vip@corp.example") + "/update"
			return fmt.Sprint(c.do(createGroup, with(newGroup("n@corp.example"), "name", "VIP")).Code, " ",
				c.do(vip, obj{"name": "CAD"}).Code, " ", c.do(vip, obj{"name": "VIP"}).Code)
		}},
		{"RecycleBin", 0, 400415060, func(c *client) any {
			c.want(0, "POST "+c.group("cad@corp.example")+"/delete", nil)
			return c.do(createGroup, newGroup("CAD@corp.example")).Code
		}},
		{"Verbose", "<nil> <nil> <nil>", "10 10 10", func(c *client) any {
			vip := c.group("vip@corp.example")
			fill(c, vip, 11)
			size := func(v any) any {
				if list, ok := v.([]any); ok {
					return len(list)
				}
				return v
			}
			got := c.want(0, "GET "+vip, nil).Data
			return fmt.Sprint(size(got["members"]), " ", size(got["accepted_senders"]), " ", size(c.want(0, "POST "+vip+"/update", obj{}).Data["members"]))
		}},
		{"PartialMembers", "400415002 2", "0 3", func(c *client) any {
			cad := c.group("cad@corp.example")
			got := c.do("POST "+cad+"/members/batch_create", batch("members", member("x@corp.example", "user"), member("bob@corp.example", "user")))
			return fmt.Sprint(got.Code, " ", len(c.roll(cad, "members")))
		}},
		{"OutsideMembers", "400415002 400415002 400415002 2", "0 400415002 400415002 3", func(c *client) any {
			cad := c.group("cad@corp.example")
			add := func(address, kind string) int {
				return c.do("POST "+cad+"/members/batch_create", batch("members", member(address, kind))).Code
			}
			return fmt.Sprint(add("guest@other.example", "user"), " ", add("guest@corp.example", "user"), " ", add("desk@other.example", "mailbox"), " ", len(c.roll(cad, "members")))
		}},
		{"KeepAcceptedSenders", 0, 1, func(c *client) any {
			vip := c.group("vip@corp.example")
			c.want(0, "POST "+vip+"/update", obj{"accepted_type": "all"})
			c.want(0, "POST "+vip+"/update", obj{"accepted_type": "custom"})
			return len(c.roll(vip, "accepted_senders"))
		}},
	}, func(opts Options, try func(*client)) { try(newClient(t, opts, crowdSeed())) })
}

// crowdSeed is the small seed with users u0 to u10 more.
func crowdSeed() string {
	var b strings.Builder
	before, after, _ := strings.Cut(smallSeed, "  users:\n")
	b.WriteString(before + "  users:\n")
	for i := range 11 {
		fmt.Fprintf(&b, "    - {name: u%d, email: u%d@corp.example}\n", i, i)
	}
	return b.String() + after
}

// fill makes users u0 to u(n-1) members and accepted senders.
func fill(c *client, group string, n int) {
	all := emutest.Many(n, func(i int) any { return member(fmt.Sprintf("u%d@corp.example", i), "user") })
	c.want(0, "POST "+group+"/members/batch_create", batch("members", all...))
	c.want(0, "POST "+group+"/accepted_senders/batch_create", batch("accepted_senders", all...))
	emutest.Same(c, "members", len(c.roll(group, "members")), n)
}
