package huaweicloudemu

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, Options{ReadsPerMinute: 4, WritesPerMinute: 2}, smallSeed)
		burst := func(call string, body any) (n int) {
			for range 10 {
				if c.do(call, body).Status != 429 {
					n++
				}
			}
			return n
		}
		none := obj{"app_group_ids": []string{"1"}, "accounts": userInfo("alice")}
		for _, test := range []struct {
			reason, call string
			body         any
			want         int
		}{
			{"reads", "GET /v1/app-groups", nil, 4},
			{"each call has its own bucket", "GET /v1/app-center/apps", nil, 4},
			{"writes", "POST /v1/app-groups", obj{}, 2},
			{"adding", addGrants, none, 2},
			{"removing draws from the same bucket", removeGrants, none, 0},
		} {
			if got := burst(test.call, test.body); got != test.want {
				t.Errorf("%s: %d calls passed, want %d", test.reason, got, test.want)
			}
		}
		got := c.do("GET /v1/app-groups", nil)
		if got.Status != 429 || got.Code != "APIGW.0308" || !strings.HasSuffix(got.Msg, "limit:4,time:1 minute") {
			t.Errorf("%d %s", got.Status, got.Text)
		}
		time.Sleep(15 * time.Second)
		if got := burst("GET /v1/app-groups", nil); got != 1 {
			t.Errorf("a quarter of a minute later %d calls passed, want 1", got)
		}
		c.Advance(time.Hour)
		if got := burst("GET /v1/app-groups", nil); got != 4 {
			t.Errorf("an hour later %d calls passed, want 4", got)
		}
		c.Advance(time.Hour)
		for range 10 {
			c.serve(signed(AccessKey, "wrong", c.Now()))
		}
		if got := burst("GET /v1/app-groups", nil); got != 4 {
			t.Errorf("what the gateway refuses counts: %d calls passed, want 4", got)
		}
	})
}

func TestUnthrottledAndDefaultRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			opts Options
			call string
			want int
		}{{Options{}, "GET /v1/app-groups", 200}, {Options{}, "POST /v1/app-groups", 100}, {Options{Unthrottled: true}, "GET /v1/app-groups", 300}} {
			c, passed := newClient(t, test.opts, ""), 0
			for range 300 {
				if c.do(test.call, obj{}).Status != 429 {
					passed++
				}
			}
			if passed != test.want {
				t.Errorf("%+v %s: %d passed, want %d", test.opts, test.call, passed, test.want)
			}
		}
	})
}

func TestThrottleFaultSpeaksAsTheVendor(t *testing.T) {
	c := newClient(t, Options{}, smallSeed)
	c.Spoil(emu.Fault{Match: "POST /v1/*/app-groups/authorizations", Kind: emu.FaultThrottle})
	got := c.do(addGrants, obj{"app_group_ids": []string{c.appGroup("CAD")}, "accounts": userInfo("alice")})
	if got.Status != 429 || got.Code != "APIGW.0308" || !strings.HasSuffix(got.Msg, "limit:100,time:1 minute") || c.grants(c.appGroup("CAD")) != nil {
		t.Errorf("%d %s", got.Status, got.Text)
	}
}
