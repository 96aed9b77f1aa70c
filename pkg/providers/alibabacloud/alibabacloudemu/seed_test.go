package alibabacloudemu

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
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
		wantSame(t, "state", c.state(), fullState)
		c.Advance(10*time.Hour + 500*time.Millisecond)
		wantSame(t, "status", c.status("billing"), "PromoteSuccess CloudAccount billing@corp.example")
		if got := c.state(); !strings.Contains(got, "status: PromoteSuccess") || strings.Contains(got, "answer:") {
			t.Errorf("the state does not follow the clock:\n%s", got)
		}
	})
}

func TestShortSeed(t *testing.T) {
	inBubble(t, Options{}, "alibabacloud:\n  accounts: [{name: bb, type: resource, status: PromoteVerifying, email: b@corp.example}, {name: aa}]", func(c client) {
		wantSame(t, "state", c.state(), `alibabacloud:
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
			if err := again.LoadSeed([]byte(c.state())); err != nil {
				c.Fatalf("%v\n%s", err, c.state())
			}
			for _, later := range []time.Duration{0, time.Hour, 30 * day} {
				c.Advance(later)
				again.Advance(later)
				wantSame(c, later.String()+" later", again.state(), c.state())
			}
		})
		if t.Failed() {
			r.Fatal("after these steps")
		}
	})
}

func TestResetIsTheSeedAgain(t *testing.T) {
	inBubble(t, Options{PerSecond: 3}, smallSeed, func(c client) {
		state, id, record := c.state(), c.id("pending"), c.record("pending")
		r := c.request(resendIt, "RecordId", record)
		for range 2 {
			if got := c.serve(r.Clone(t.Context())); got.status != 200 {
				t.Fatal(got.text)
			}
			c.want("", promote, "AccountId", c.id("billing"), "Email", "a@corp.example")
			if err := c.Reset(); err != nil {
				t.Fatal(err)
			}
			wantSame(t, "state", c.state(), state)
			wantSame(t, "ids", c.id("pending")+c.record("pending"), id+record)
		}
	})
}

func TestBadSeedsSayWhere(t *testing.T) {
	for _, test := range []struct{ seed, says string }{
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
	} {
		c := newClient(t, Options{}, fullState)
		before := c.state()
		err := c.LoadSeed([]byte("alibabacloud:\n  " + test.seed))
		if err == nil || !strings.HasPrefix(err.Error(), "alibabacloud: ") || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want %q", test.seed, err, test.says)
		}
		wantSame(t, "state after "+test.seed, c.state(), before)
	}
}

func TestConcurrentUse(t *testing.T) {
	c := newClient(t, Options{Unthrottled: true}, manyAccounts(3))
	record := c.record("account 000")
	var group sync.WaitGroup
	for range 8 {
		var requests []*http.Request
		for range 20 {
			requests = append(requests, c.request(listAccounts), c.request(resendIt, "RecordId", record))
		}
		group.Go(func() {
			for _, r := range requests {
				c.ServeHTTP(httptest.NewRecorder(), r)
				_, _ = c.State()
				c.vendor.Mails()
			}
		})
	}
	group.Wait()
	wantSame(t, "mails", len(c.mailed()), 1)
}

func FuzzSeed(f *testing.F) {
	f.Add([]byte(smallSeed))
	f.Add([]byte(fullState))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := newClient(t, Options{}, "")
		if c.LoadSeed(data) != nil {
			return
		}
		state := c.state()
		if err := c.LoadSeed([]byte(state)); err != nil {
			t.Fatalf("the state does not load: %v\n%s", err, state)
		}
		if again := c.state(); again != state {
			t.Fatalf("state\n%s\nbecame\n%s", state, again)
		}
	})
}

// FuzzRequests sends any query and body, rightly signed or not: there must be an answer of a kind that the vendor documents.
func FuzzRequests(f *testing.F) {
	f.Add("ListAccounts", v2022, "MaxResults=3&NextToken=Mw&Tag.1.Key=a", "", true)
	f.Add("PromoteResourceAccount", v2020, "AccountId=1000000000000001", "Email=a%40b.example", true)
	f.Add("ListAccountRecordsForParent", v2016, "PageNumber=2147483647&PageSize=100", "", true)
	f.Add("", "", "Action=ListAccounts&Version=2022-04-19&Signature=x&AccessKeyId=emulator-key&SignatureNonce=1", "", false)
	f.Add("UpdateAccount", v2022, "", "AccountId=1000000000000001&NewDisplayName=x%20y&DryRun=true", true)
	f.Fuzz(func(t *testing.T, action, version, query, body string, sign bool) {
		c := newClient(t, Options{}, fullState)
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", formType)
		r.Header.Set("X-Acs-Action", action)
		r.Header.Set("X-Acs-Version", version)
		r.Header.Set("X-Acs-Date", c.Now().Format(dateForm))
		r.Header.Set("X-Acs-Signature-Nonce", "1")
		r.Header.Set("X-Acs-Content-Sha256", hash([]byte(body)))
		if sign {
			signAs(r, AccessKeyID, AccessKeySecret)
		}
		switch got := c.serve(r); got.status {
		case 200, 400, 404, 409:
			if sign && got.Code == "SignatureDoesNotMatch" {
				t.Errorf("%s", got.text)
			}
		default:
			t.Errorf("%d %s", got.status, got.text)
		}
		state := c.state()
		if err := emu.New(emu.Options{}, New(Options{})).LoadSeed([]byte(state)); err != nil {
			t.Errorf("it leaves a state that does not load: %v\n%s", err, state)
		}
	})
}
