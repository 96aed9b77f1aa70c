package alibabacloudemu

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestChangesOfEmail(t *testing.T) {
	seed := `alibabacloud: {accounts: [{name: billing},
		{name: late, type: cloud, email: a@corp.example, emailChange: {email: b@corp.example, status: WAIT_MODIFY, sent: 2000-01-01T00:00:00Z}},
		{name: soon, type: cloud, email: c@corp.example, emailChange: {email: d@corp.example, status: WAIT_MODIFY, answer: 2000-01-01T01:00:00Z}}]}`
	inBubble(t, Options{}, seed, func(c client) {
		see := func(name, status, login string) {
			t.Helper()
			got := c.want("", getAccount, "AccountId", c.id(name)).Account
			emutest.Same(t, "EmailStatus", fmt.Sprint(got["EmailStatus"], " ", got["AccountName"]), status+" "+login)
		}
		c.want("InvalidParameter.Email.AlreadyUsed", promote, "AccountId", c.id("billing"), "Email", "B@corp.example")
		c.Advance(time.Hour - 1)
		see("soon", "WAIT_MODIFY", "c@corp.example")
		c.Advance(1)
		see("soon", "", "d@corp.example")
		c.Advance(23*time.Hour - 1)
		see("late", "WAIT_MODIFY", "a@corp.example")
		c.Advance(1)
		see("late", "EXPIRED", "a@corp.example")
		c.want("", promote, "AccountId", c.id("billing"), "Email", "b@corp.example")
	})
}

func TestEndsOfAPromotion(t *testing.T) {
	for _, test := range []struct {
		owner, email string
		after        time.Duration
		want         string
	}{
		{"", "a@corp.example", 0, "PromoteVerifying"},
		{"", "a@corp.example", time.Hour, "PromoteSuccess"},
		{"", "a@corp.example", 30 * day, "PromoteSuccess"},
		{"declines", "a@corp.example", time.Hour - 1, "PromoteVerifying"},
		{"declines", "a@corp.example", time.Hour, "PromoteFailed"},
		{"ignores", "a@corp.example", day - 1, "PromoteVerifying"},
		{"ignores", "a@corp.example", day, "PromoteExpired"},
		{"", "Bounce.a@corp.example", day - 1, "PromoteVerifying"},
		{"", "Bounce.a@corp.example", day, "PromoteExpired"},
		{"declines", "bounce@corp.example", day, "PromoteExpired"},
	} {
		inBubble(t, Options{}, "alibabacloud: {accounts: [{name: it, owner: '"+test.owner+"'}]}", func(c client) {
			c.want("", promote, "AccountId", c.id("it"), "Email", test.email)
			c.Advance(test.after)
			emutest.Same(t, fmt.Sprint(test), strings.Fields(c.status("it"))[0], test.want)
		})
	}
}

func TestSeededMailsAreOverlooked(t *testing.T) {
	seed := `alibabacloud: {accounts: [
		{name: never, status: PromoteVerifying, email: a@corp.example, sent: 2000-01-01T00:00:00Z},
		{name: soon, status: PromoteVerifying, email: b@corp.example, sent: 2000-01-01T00:00:00Z, answer: 2000-01-01T03:00:00Z},
		{name: late, status: PromoteVerifying, email: c@corp.example, answer: 2000-01-02T00:00:00Z},
		{name: half, status: PromoteVerifying, sent: 1999-12-31T12:00:00Z},
		{name: old, status: PromoteVerifying, email: d@corp.example, sent: 1999-12-31T00:00:00Z}]}`
	inBubble(t, Options{}, seed, func(c client) {
		half := c.want("", getAccount, "AccountId", c.id("half")).Account
		emutest.Same(t, "times", fmt.Sprint(half["JoinTime"], half["ModifyTime"]), "1999-12-31T12:00:00Z1999-12-31T12:00:00Z")
		c.Advance(3 * time.Hour)
		var got []string
		for _, name := range []string{"never", "soon", "old"} {
			got = append(got, strings.Fields(c.status(name))[0])
		}
		c.Advance(21 * time.Hour)
		for _, name := range []string{"never", "late"} {
			got = append(got, strings.Fields(c.status(name))[0])
		}
		emutest.Same(t, "statuses", got, []string{"PromoteVerifying", "PromoteSuccess", "PromoteExpired", "PromoteExpired", "PromoteExpired"})
	})
}
