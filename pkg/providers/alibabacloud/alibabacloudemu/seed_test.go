package alibabacloudemu

import (
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
	"pgregory.net/rapid"
)

const fullState = `alibabacloud:
    accounts:
        - name: billing
          type: resource
          status: PromoteVerifying
          email: billing@corp.example
          sent: 2000-01-01T00:00:00Z
          answer: 2000-01-01T10:00:00.5Z
        - name: cloud
          type: cloud
          status: SwitchSuccess
          email: cloud@corp.example
          phone: 86-13800000000
          folder: fd-0123456789
          owner: ignores
          emailChange:
            email: new@corp.example
            status: WAIT_MODIFY
            sent: 2000-01-01T00:00:00Z
        - name: deep 设计
          type: resource
          status: CreateSuccess
          emailChange:
            email: old@corp.example
            status: CANCELLED
        - name: gone
          type: cloud
          status: Removed
          owner: declines
    mails:
        - action: PromoteResourceAccount
          account: billing
          to: billing@corp.example
          sent: 2000-01-01T00:00:00Z
`

func TestStateIsTheSeed(t *testing.T) {
	inBubble(t, Options{}, fullState, func(c client) {
		emutest.Same(t, "state", c.Dump(), fullState)
		c.Advance(10*time.Hour + 500*time.Millisecond)
		emutest.Same(t, "status", c.status("billing"), "PromoteSuccess CloudAccount billing@corp.example")
		if got := c.Dump(); !strings.Contains(got, "status: PromoteSuccess") || strings.Contains(got, "answer:") {
			t.Errorf("the state does not follow the clock:\n%s", got)
		}
	})
}

func TestShortSeed(t *testing.T) {
	inBubble(t, Options{}, "alibabacloud:\n  accounts: [{name: bb, type: resource, status: PromoteVerifying, email: b@corp.example}, {name: aa}]", func(c client) {
		emutest.Same(t, "state", c.Dump(), `alibabacloud:
    accounts:
        - name: aa
          type: resource
          status: CreateSuccess
        - name: bb
          type: resource
          status: PromoteVerifying
          email: b@corp.example
          sent: 2000-01-01T00:00:00Z
`)
	})
}

// TestStateRoundTrips makes a world by calls and seeds another with its state, which then behaves alike.
func TestStateRoundTrips(t *testing.T) {
	type step struct {
		call, name, email string
		then              time.Duration
	}
	steps := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) step {
		return step{
			rapid.SampledFrom([]string{promote, resendIt, update}).Draw(r, "call"),
			rapid.SampledFrom([]string{"billing", "lost", "pending", "cloud", "changing"}).Draw(r, "name"),
			rapid.SampledFrom([]string{"a@corp.example", "bounce@corp.example"}).Draw(r, "email"),
			rapid.SampledFrom([]time.Duration{0, time.Minute, time.Hour, 20 * time.Hour}).Draw(r, "then"),
		}
	}), 0, 12)
	rapid.Check(t, func(r *rapid.T) {
		todo := steps.Draw(r, "steps")
		const changing = "    - {name: changing, type: cloud, email: c@corp.example, emailChange: {email: d@corp.example, status: WAIT_MODIFY, answer: 2000-01-01T02:00:00Z}}\n"
		inBubble(t, Options{Unthrottled: true}, smallSeed+changing, func(c client) {
			for _, s := range todo {
				c.do(s.call, "AccountId", c.id(s.name), "RecordId", c.record(s.name), "Email", s.email, "NewAccountType", "ResourceAccount")
				c.Advance(s.then)
			}
			again := newClient(c, Options{Unthrottled: true}, "")
			again.Advance(c.Now().Sub(again.Now()))
			if err := again.LoadSeed([]byte(c.Dump())); err != nil {
				c.Fatalf("%v\n%s", err, c.Dump())
			}
			for _, later := range []time.Duration{0, time.Hour, 30 * day} {
				c.Advance(later)
				again.Advance(later)
				emutest.Same(c, later.String()+" later", again.Dump(), c.Dump())
			}
		})
		if t.Failed() {
			r.Fatal("after these steps")
		}
	})
}

func TestResetIsTheSeedAgain(t *testing.T) {
	inBubble(t, Options{PerSecond: 3}, smallSeed, func(c client) {
		state, id, record := c.Dump(), c.id("pending"), c.record("pending")
		r := c.request(resendIt, "RecordId", record)
		for range 2 {
			if got := c.serve(r.Clone(t.Context())); got.Status != 200 {
				t.Fatal(got.Text)
			}
			c.want("", promote, "AccountId", c.id("billing"), "Email", "a@corp.example")
			if err := c.Reset(); err != nil {
				t.Fatal(err)
			}
			emutest.Same(t, "state", c.Dump(), state)
			emutest.Same(t, "ids", c.id("pending")+c.record("pending"), id+record)
		}
	})
}

func vendor() emu.Vendor { return New(Options{}) }

func TestBadSeedsSayWhere(t *testing.T) {
	emutest.BadSeeds(t, vendor, fullState, []emutest.BadSeed{
		{"accounts: [{nmae: a}]", `line 2: unknown key "nmae"`},
		{"accounts: [~]", "line 2: an item is missing"},
		{"accounts: [{}]", `accounts: "": MissingParameter.Account.DisplayName`},
		{"accounts: [{name: a}]", `accounts: "a": InvalidParameter.Account.DisplayName`},
		{"accounts: [{name: aa}, {name: aa}]", `accounts: "aa": comes twice`},
		{"accounts: [{name: aa, type: CloudAccount}]", `type "CloudAccount": want resource or cloud`},
		{"accounts: [{name: aa, status: promoteverifying}]", `status "promoteverifying": want one of [CreateSuccess `},
		{"accounts: [{name: aa, owner: waits}]", `owner "waits": want`},
		{"accounts: [{name: aa, email: nobody}]", "InvalidParameter.Email"},
		{"accounts: [{name: aa, folder: fd-1}]", "InvalidParameter.ParentFolderId"},
		{"accounts: [{name: aa, sent: yesterday}]", "yesterday"},
		{"accounts: [{name: aa, emailChange: {email: a@b.example}}]", `emailChange: status ""`},
		{"accounts: [{name: aa, emailChange: {status: EXPIRED}}]", `emailChange: email ""`},
		{"accounts: [{name: aa, emailChange: {state: EXPIRED}}]", `line 2: unknown key "state"`},
		{"account: []", `line 2: unknown key "account"`},
	})
}

func FuzzSeed(f *testing.F) {
	emutest.FuzzSeed(f, vendor, smallSeed, "alibabacloud: [{}, {directory: rd-two}]", fullState)
}
