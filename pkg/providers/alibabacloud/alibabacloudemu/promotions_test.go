package alibabacloudemu

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestPromotion(t *testing.T) {
	inBubble(t, Options{}, smallSeed, func(c client) {
		emutest.Same(t, "before", c.status("billing"), "CreateSuccess ResourceAccount m1000000000000001@rd-em1ato.aliyunid.com")
		c.Advance(day)
		got := c.want("", promote, "AccountId", c.id("billing"), "Email", "new@corp.example").Account
		emutest.Same(t, "answer", got, map[string]any{
			"AccountId": "1000000000000001", "AccountName": "new@corp.example", "DisplayName": "billing", "FolderId": "r-Em1ato",
			"JoinMethod": "created", "JoinTime": "2000-01-01T00:00:00Z", "ModifyTime": "2000-01-02T00:00:00Z",
			"RecordId": "06950264-3f0d-4ca9-82dd-000000000007", "ResourceDirectoryId": "rd-Em1ato",
			"Status": "PromoteVerifying", "Type": "ResourceAccount",
		})
		emutest.Same(t, "mails", c.mailed(), []string{"PromoteResourceAccount billing>new@corp.example"})
		emutest.Same(t, "pending", c.status("billing"), "PromoteVerifying ResourceAccount m1000000000000001@rd-em1ato.aliyunid.com")
		emutest.Same(t, "RecordId", c.record("billing"), got["RecordId"].(string))
		c.Advance(time.Hour - 1)
		emutest.Same(t, "still pending", c.status("billing"), "PromoteVerifying ResourceAccount m1000000000000001@rd-em1ato.aliyunid.com")
		c.Advance(1)
		emutest.Same(t, "confirmed", c.status("billing"), "PromoteSuccess CloudAccount new@corp.example")
		after := c.want("", getAccount, "AccountId", c.id("billing")).Account
		emutest.Same(t, "ModifyTime", after["ModifyTime"], any("2000-01-02T01:00:00Z"))
		c.want("AccountTypeOrStatusMismatch", promote, "AccountId", c.id("billing"), "Email", "new@corp.example")
	})
}

// TestResending follows the loop: a pending promotion that somebody else began is found by its record and mailed again.
func TestResending(t *testing.T) {
	inBubble(t, Options{}, smallSeed, func(c client) {
		first := c.record("pending")
		c.Advance(20 * time.Hour)
		got := c.want("", resendIt, "RecordId", first)
		second := got.Account["RecordId"].(string)
		if second == first || second != c.record("pending") {
			t.Errorf("RecordId %s after %s, listed as %s", second, first, c.record("pending"))
		}
		emutest.Same(t, "answer", []any{got.Account["Status"], got.Account["AccountName"], got.Account["ModifyTime"]},
			[]any{"PromoteVerifying", "pending@corp.example", "2000-01-01T20:00:00Z"})
		c.want("EntityNotExists.AccountRecord", resendIt, "RecordId", first)
		c.want("LimitExceeded.Frequency", resendIt, "RecordId", second)
		emutest.Same(t, "mails", c.mailed(), []string{"ResendPromoteResourceAccountEmail pending>pending@corp.example"})
		c.want("", resendIt, "RecordId", c.record("lost")) // accounts are limited one by one
		c.Advance(5*time.Minute - 1)
		c.want("LimitExceeded.Frequency", resendIt, "RecordId", second)
		c.Advance(1)
		third := c.want("", resendIt, "RecordId", second).Account["RecordId"].(string)
		c.Advance(time.Hour)
		emutest.Same(t, "confirmed", c.status("pending"), "PromoteSuccess CloudAccount pending@corp.example")
		c.want("AccountTypeOrStatusMismatch", resendIt, "RecordId", third)
		c.Advance(day) // the mail to lost went 20 hours after the first, and began its own 24
		emutest.Same(t, "lost", c.status("lost"), "PromoteExpired ResourceAccount m1000000000000002@rd-em1ato.aliyunid.com")
		c.want("AccountTypeOrStatusMismatch", resendIt, "RecordId", c.record("lost"))
	})
}

// TestStatuses tries each action on each status: section 5 of the API notes.
func TestStatuses(t *testing.T) {
	const refused = "AccountTypeOrStatusMismatch"
	allowed := map[string]string{ // action: statuses
		promote:  "CreateSuccess PromoteFailed PromoteExpired PromoteCancelled SwitchSuccess",
		resendIt: "PromoteVerifying",
	}
	for _, status := range statuses {
		for action, from := range allowed {
			inBubble(t, Options{}, fmt.Sprintf("alibabacloud: {accounts: [{name: it, status: %s, email: a@corp.example}]}", status), func(c client) {
				params := []string{"AccountId", c.id("it"), "Email", "b@corp.example"}
				want, before := refused, c.Dump()
				hidden := slices.Contains([]string{"CreateVerifying", "CreateFailed", "CreateExpired", "CreateCancelled", "Removed"}, status)
				if action != promote {
					params = []string{"RecordId", c.record("it")}
				}
				switch {
				case slices.Contains(strings.Fields(from), status):
					want = ""
				case action == promote && hidden:
					want = "EntityNotExists.Account"
				case action != promote && params[1] == "":
					want = "MissingParameter.RecordId" // nothing about it is on record
				}
				c.want(want, action, params...)
				if want != "" {
					emutest.Same(t, status+" after "+action, c.Dump(), before)
				}
			})
		}
	}
}

// TestRecordsStay lists what became of each promotion, whoever began it.
func TestRecordsStay(t *testing.T) {
	inBubble(t, Options{}, smallSeed, func(c client) {
		id, first := c.id("lost"), c.record("lost")
		c.Advance(day + time.Minute)
		second := c.want("", promote, "AccountId", id, "Email", "found@corp.example").Account["RecordId"].(string)
		var got []string
		for _, r := range c.want("", listRecords, "QueryKeyword", "lost").Records.Record {
			got = append(got, fmt.Sprint(r["RecordId"], r["AccountId"], r["Status"], r["ModifyTime"]))
		}
		emutest.Same(t, "records", got, []string{
			first + id + "PromoteExpired2000-01-02T00:00:00Z", second + id + "PromoteVerifying2000-01-02T00:01:00Z",
		})
		c.want("AccountTypeOrStatusMismatch", resendIt, "RecordId", first)
		c.Advance(time.Hour)
		emutest.Same(t, "status", c.status("lost"), "PromoteSuccess CloudAccount found@corp.example")
		emutest.Same(t, "first", c.want("", listRecords, "QueryKeyword", "lost").Records.Record[0]["Status"], any("PromoteExpired"))
	})
}
