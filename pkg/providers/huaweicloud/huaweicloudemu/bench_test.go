package huaweicloudemu

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

// bigSeed is 1,000 app groups with 100 of 2,500 users each.
func bigSeed() string {
	var b strings.Builder
	b.WriteString("huaweicloud:\n  users:\n")
	for i := range 2500 {
		fmt.Fprintf(&b, "    - {name: u%d, email: u%d@corp.example}\n", i, i)
	}
	b.WriteString("  appGroups:\n")
	for g := range 1000 {
		fmt.Fprintf(&b, "    - {name: g%d, grants: [u%d", g, g)
		for i := 1; i < 100; i++ {
			fmt.Fprintf(&b, ", u%d", (g+i*7)%2500)
		}
		b.WriteString("]}\n")
	}
	return b.String()
}

func BenchmarkListPage(b *testing.B) {
	c := newClient(b, Options{Unthrottled: true}, bigSeed())
	for i := 0; b.Loop(); i++ {
		c.want(200, fmt.Sprintf("%s?limit=100&offset=%d", listGrants, i%1000*100), nil)
	}
}

// BenchmarkAddAndRemove grants and revokes 500 pairs, reading one page in between, in a world of 100,000.
func BenchmarkAddAndRemove(b *testing.B) {
	c := newClient(b, Options{Unthrottled: true}, bigSeed())
	groups := emutest.Many(10, func(i int) string { return c.appGroup(fmt.Sprint("g", i)) })
	pairs := obj{"app_group_ids": groups, "accounts": userInfo(emutest.Many(50, func(i int) string { return fmt.Sprint("u", 2000+i) })...)}
	for b.Loop() {
		c.want(200, addGrants, pairs)
		c.want(200, removeGrants, pairs)
		c.want(200, listGrants+"?limit=100", nil)
	}
}

func BenchmarkLoadSeed(b *testing.B) {
	c, seed := newClient(b, Options{}, ""), []byte(bigSeed())
	for b.Loop() {
		if err := c.LoadSeed(seed); err != nil {
			b.Fatal(err)
		}
	}
}
