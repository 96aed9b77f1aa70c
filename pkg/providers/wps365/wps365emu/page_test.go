package wps365emu

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
	"pgregory.net/rapid"
)

// manyGroups is a seed with n mail groups, named in their order.
func manyGroups(n int) string {
	var b strings.Builder
	b.WriteString("wps365:\n  users: [{name: Ada, email: ada@corp.example}]\n  mailGroups:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - {address: g%03d@corp.example, name: g%03d, owner: ada@corp.example}\n", i, i)
	}
	return b.String()
}

func wantNames(n int) []string {
	return emutest.Many(n, func(i int) string { return fmt.Sprintf("g%03d", i) })
}

// sweep follows tokens to the end of a list, or for a number of pages.
func sweep(c *client, call string, pages int) (names []string, last reply) {
	c.Helper()
	token := ""
	for range pages {
		last = c.want(0, call+token, nil)
		names = append(names, last.column("name")...)
		next, _ := last.Data["next_page_token"].(string)
		if next == "" {
			return names, last
		}
		token = "&page_token=" + url.QueryEscape(next)
	}
	return names, last
}

func TestPaging(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n, size := rapid.IntRange(0, 30).Draw(r, "groups"), rapid.IntRange(1, 12).Draw(r, "size")
		overlap := rapid.Bool().Draw(r, "overlap")
		c := newClient(t, Options{OverlapPages: overlap}, manyGroups(n))
		names, last := sweep(c, fmt.Sprintf("GET /v7/mail_groups?page_size=%d&with_total=true", size), 100)
		if last.Data["total"] != float64(n) {
			r.Errorf("total is %v", last.Data["total"])
		}
		calls := len(c.Calls()) - 1
		if want := max(1, (n+size-1)/size); !overlap && calls != want {
			r.Errorf("%d calls, want %d", calls, want)
		}
		if overlap && size > 1 {
			if n > size && len(names) == n {
				r.Error("no row came twice")
			}
			names = slices.Compact(names)
		}
		if !slices.Equal(names, wantNames(n)) {
			r.Errorf("got %v", names)
		}
	})
}

func TestBothWaysOfEndingAList(t *testing.T) {
	c := newClient(t, Options{}, manyGroups(1))
	var seen []string
	for range 4 {
		next, there := c.want(0, listGroups, nil).Data["next_page_token"]
		seen = append(seen, fmt.Sprintf("%v %v", next, there))
	}
	emutest.Same(t, "last pages", seen, []string{"<nil> false", " true", "<nil> false", " true"})
	if got := c.do(listGroups, nil); strings.Contains(got.Text, "total") {
		t.Errorf("a total that nobody asked for: %s", got.Text)
	}
}

func TestTokensAreOfTheirList(t *testing.T) {
	c := newClient(t, Options{}, manyGroups(5))
	next := c.want(0, "GET /v7/mail_groups?page_size=2", nil).Data["next_page_token"].(string)
	if !strings.HasSuffix(next, "=") {
		t.Errorf("%s needs no escaping", next)
	}
	token := "page_token=" + url.QueryEscape(next)
	for call, code := range map[string]int{
		"GET /v7/mail_groups?page_size=2&" + token:                 0,
		"GET /v7/mail_groups?" + token + "&page_size=2":            0,
		"GET /v7/mail_groups?page_size=3&" + token:                 badValue,
		"GET /v7/mail_groups?page_size=2&with_total=true&" + token: badValue,
		"GET /v7/public_mailboxes?page_size=2&" + token:            badValue,
		"GET /v7/mail_groups?page_size=2&page_token=2":             badValue,
		"GET /v7/mail_groups?page_size=2&page_token=AAAAAA==":      badValue,
	} {
		c.want(code, call, nil)
	}
	// Rows that go in between move the others up: a sweep may miss some.
	c.want(0, "POST "+c.group("g000@corp.example")+"/delete", nil)
	emutest.Same(t, "page 2", c.want(0, "GET /v7/mail_groups?page_size=2&"+token, nil).column("name"), []string{"g003", "g004"})
	for range 4 {
		rows := c.want(0, listGroups, nil).items()
		c.want(0, "POST /v7/mail_groups/"+rows[0]["id"].(string)+"/delete", nil)
	}
	emutest.Same(t, "a page past the end", len(c.want(0, "GET /v7/mail_groups?page_size=2&"+token, nil).items()), 0)
}

func TestStuckPages(t *testing.T) {
	c := newClient(t, Options{StuckPages: true}, manyGroups(4))
	names, _ := sweep(c, "GET /v7/mail_groups?page_size=2", 5)
	emutest.Same(t, "rows", names, []string{"g000", "g001", "g002", "g003", "g002", "g003", "g002", "g003", "g002", "g003"})
	names, _ = sweep(c, listGroups, 5)
	emutest.Same(t, "one page", names, wantNames(4))
}

func TestListLag(t *testing.T) {
	c := newClient(t, Options{ListLag: 2}, manyGroups(1))
	c.want(0, createGroup, newGroup("new@corp.example"))
	for i, want := range []int{1, 1, 2, 2} {
		c.want(badFormat, "GET /v7/mail_groups", nil) // does not count
		if got := c.want(0, listGroups+"&with_total=true", nil); len(got.items()) != want || got.Data["total"] != float64(want) {
			t.Errorf("list %d: %s", i+1, got.Text)
		}
	}
}

func TestLag(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	cad := c.group("cad@corp.example")
	before := c.want(0, listGroups, nil).column("name")
	c.Spoil(emu.Fault{Match: "POST /v7/mail_groups/**", Kind: emu.FaultLag, For: time.Hour}, emu.Fault{Match: createGroup, Kind: emu.FaultLag, For: time.Hour})
	made := "/v7/mail_groups/" + c.want(0, createGroup, newGroup("new@corp.example")).Data["id"].(string)
	c.want(0, "POST "+cad+"/update", obj{"name": "CAx"})
	c.want(0, "POST "+cad+"/members/batch_delete", obj{"email_addresses": []string{"ada@corp.example"}})
	c.want(0, "POST "+made+"/members/batch_create", batch("members", member("bob@corp.example", "user")))
	emutest.Same(t, "list", c.want(0, listGroups, nil).column("name"), before)
	emutest.Same(t, "members", len(c.roll(cad, "members")), 2)
	c.want(400415009, "GET "+made, nil)
	c.want(400415009, "GET "+made+"/members?page_size=1", nil)
	emutest.Same(t, "get", c.want(0, "GET "+cad, nil).Data["name"], any("CAD"))
	c.want(400415060, createGroup, newGroup("new@corp.example"))
	if !strings.Contains(c.Dump(), "CAx") {
		t.Error("the state is not the truth")
	}

	c.Advance(time.Hour)
	emutest.Same(t, "list", c.want(0, listGroups, nil).column("name"), []string{"CAx", "VIP", "New"})
	emutest.Same(t, "members", c.roll(cad, "members"), []string{"design@corp.example"})
	emutest.Same(t, "new members", c.roll(made, "members"), []string{"Bob@corp.example"})
}
