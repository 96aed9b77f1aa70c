package alibabacloudemu

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

// TestSwitches tries each point that the vendor leaves open both ways, and that no switch is left out.
func TestSwitches(t *testing.T) {
	const seed = smallSeed + "    - {name: deep, status: PromoteVerifying, folder: fd-0123456789}\n"
	emutest.Switches(t, []emutest.Switch[client]{
		{"NoMailActions", "", "InvalidApi.NotFound", func(c client) any {
			return c.do(promote, "AccountId", c.id("billing"), "Email", "a@corp.example").Code
		}},
		{"NoRecordList", "", "InvalidApi.NotFound", func(c client) any { return c.do(listRecords).Code }},
		{"NoParentMeansAll", 2, 3, func(c client) any { return c.want("", listRecords).TotalCount }},
		{"ResendKeepsRecordID", false, true, func(c client) any {
			old := c.record("pending")
			return c.want("", resendIt, "RecordId", old).Account["RecordId"] == old
		}},
		{"ResendKeepsClock", "2000-01-01T20:00:00Z PromoteVerifying", "2000-01-01T00:00:00Z PromoteExpired", func(c client) any {
			c.Advance(20 * time.Hour)
			changed := c.want("", resendIt, "RecordId", c.record("lost")).Account["ModifyTime"]
			c.Advance(4 * time.Hour)
			return fmt.Sprint(changed, " ", strings.Fields(c.status("lost"))[0])
		}},
		{"ResendRevivesExpired", "AccountTypeOrStatusMismatch PromoteExpired", " PromoteVerifying", func(c client) any {
			c.Advance(day)
			code := c.do(resendIt, "RecordId", c.record("lost")).Code
			return code + " " + strings.Fields(c.status("lost"))[0]
		}},
		{"PromoteAgainReplaces", "AccountTypeOrStatusMismatch 1", " 1", func(c client) any {
			got := c.do(promote, "AccountId", c.id("pending"), "Email", "a@corp.example")
			return fmt.Sprint(got.Code, " ", c.want("", listRecords, "QueryKeyword", "pending").TotalCount)
		}},
		{"PendingNameIsEmail", false, true, func(c client) any {
			return strings.HasSuffix(c.status("pending"), " pending@corp.example")
		}},
		{"HideSwitched", 5, 4, func(c client) any {
			c.want("", update, "AccountId", c.id("billing"), "NewAccountType", "CloudAccount")
			return c.want("", listAccounts).TotalCount
		}},
		{"SameTypeConflicts", "", "AccountTypeMismatch", func(c client) any {
			return c.do(update, "AccountId", c.id("cloud"), "NewAccountType", "CloudAccount").Code
		}},
		{"NoDirectory", "", "EntityNotExists.ResourceDirectory", func(c client) any { return c.do(listAccounts).Code }},
		{"Unthrottled", "Throttling.User", "", func(c client) any {
			for range 20 {
				c.want("", listAccounts)
			}
			return c.do(listAccounts).Code
		}},
	}, func(opts Options, try func(client)) { inBubble(t, opts, seed, try) }, "IgnoreAdvance") // in TestAdvanceAndSignatures
}

func TestFigures(t *testing.T) {
	opts := Options{ConfirmAfter: -1, MailLife: time.Hour, ResendLimit: 2, ResendWindow: time.Minute}
	inBubble(t, opts, smallSeed, func(c client) {
		for _, want := range []string{"", "", "LimitExceeded.Frequency"} {
			c.want(want, resendIt, "RecordId", c.record("pending"))
		}
		c.Advance(time.Minute)
		c.want("", resendIt, "RecordId", c.record("pending"))
		c.Advance(time.Hour - 1)
		emutest.Same(t, "pending", strings.Fields(c.status("pending"))[0], "PromoteVerifying")
		c.Advance(1)
		emutest.Same(t, "pending", strings.Fields(c.status("pending"))[0], "PromoteExpired")
	})
}
