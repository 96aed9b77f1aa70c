package alibabacloudemu

import (
	"fmt"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestRates(t *testing.T) {
	for call, perSecond := range map[string]int{
		promote: 10, update: 20, createIt: 20, listAccounts: 3, getAccount: 3,
	} {
		inBubble(t, Options{PerSecond: 3}, "", func(c client) {
			for i := range perSecond {
				if got := c.do(call); got.Code == "Throttling.User" {
					t.Fatalf("%s: call %d: %s", call, i+1, got.Text)
				}
			}
			c.Advance(400 * time.Millisecond)
			got := c.want("Throttling.User", call)
			emutest.Same(t, call, got.Status, 400)
			emutest.Same(t, call, got.Header.Get("x-ratelimit-user-api"), fmt.Sprintf("Limit:%d,Remain:0,TimeLeft:600,Reset:600", perSecond))
			c.want("EntityNotExists.AccountRecord", resendIt, "RecordId", "x") // each action has its own
			c.Advance(600 * time.Millisecond)
			if got := c.do(call); got.Code == "Throttling.User" {
				t.Errorf("%s: a second later: %s", call, got.Text)
			}
		})
	}
}
