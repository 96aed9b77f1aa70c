package alibabacloud

import (
	"testing"
	"time"
)

// Mails of a promotion that was confirmed count for nothing once the account is a resource account again.
func TestMailsOfAnEarlierPromotion(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC) }
	row := func(id, status, typ string, days int) account {
		return account{ID: "1", RecordID: id, Status: status, Type: typ, ModifyTime: day(days).Format(time.RFC3339)}
	}
	cloudly := row("r2", "PromoteSuccess", "CloudAccount", 2)
	now := row("r3", "PromoteVerifying", "ResourceAccount", 9)
	earlier := []account{row("r0", "PromoteExpired", "ResourceAccount", 0), row("r1", "PromoteExpired", "ResourceAccount", 1)}
	for name, tc := range map[string]struct {
		noted mailed
		rows  []account
		want  int
	}{
		"nothing is noted, three promotions":  {mailed{}, append(earlier, now), 3},
		"nothing is noted, one was confirmed": {mailed{}, append(earlier, cloudly, now), 1},
		"what is noted was confirmed":         {mailed{Record: "r2", Tries: 3, Sent: day(2)}, append(earlier, cloudly, now), 1},
		"others mailed since":                 {mailed{Record: "r1", Tries: 2, Sent: day(1)}, append(earlier, now), 3},
		"its record has another id by now":    {mailed{Record: "gone", Tries: 2, Sent: day(1)}, []account{now}, 3},
		"it is the newest":                    {mailed{Record: "r3", Tries: 2, Sent: day(9)}, []account{now}, 2},
		"accounts of others":                  {mailed{}, []account{now, {ID: "2", RecordID: "x", Status: "PromoteExpired", Type: "ResourceAccount"}}, 1},
	} {
		if got := tc.noted.triesBy(tc.rows, now); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}
