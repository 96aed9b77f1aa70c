package alibabacloud_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud/alibabacloudemu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

const day = 25 * time.Hour // more than resendAfter, and than the life of a mail

// run plans and applies as a new process would, and returns "op name outcome" of each change.
func (d *directory) run(t *testing.T, want spec.State, set func(*spec.Connection)) string {
	t.Helper()
	job := d.Job(d.Open(t, set), want, set)
	result := providertest.Apply(t, providertest.Plan(t, job, d.Now()), job)
	var done []string
	for _, c := range result.Connections[0].Changes {
		done = append(done, fmt.Sprint(c.Op, " ", c.Resource, " ", c.Outcome))
	}
	return strings.Join(done, ", ")
}

// mailed lists the mails that the vendor sent, as "action to".
func (d *directory) mailed() string {
	var out []string
	for _, m := range d.vendor.Mails() {
		out = append(out, strings.TrimSuffix(strings.TrimSuffix(m.Action, "ResourceAccount"), "PromoteResourceAccountEmail")+" "+m.To)
	}
	return strings.Join(out, ", ")
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

const bounce = `alibabacloud:
  accounts:
    - {name: bounce}
`

// stays makes mails live longer than the days of these tests.
var stays = alibabacloudemu.Options{MailLife: 30 * day}

// A resource account is promoted once; its mail is sent again each day, three times in all, by the record of the latest
// answer, which each mail changes.
func TestPromotionAndItsMails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, stays, bounce)
		for n, expected := range []string{"update bounce done", "resend bounce done", "resend bounce done", ""} {
			want(t, fmt.Sprint("day ", n), d.run(t, desired("cloud", "bounce"), nil), expected)
			time.Sleep(time.Hour)
			want(t, "an hour later", d.run(t, desired("cloud", "bounce"), nil), "")
			time.Sleep(day)
		}
		want(t, "mails", d.mailed(), "Promote bounce@corp.example, Resend bounce@corp.example, Resend bounce@corp.example")
		if d.counts()[records] > 0 {
			t.Errorf("record ids were looked up: %v", d.counts())
		}
	})
}

func TestConfirmedPromotionIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, alibabacloudemu.Options{}, small)
		want(t, "first", d.run(t, desired("cloud", "billing"), nil), "update billing done")
		time.Sleep(day) // the owner confirms
		want(t, "second", d.run(t, desired("cloud", "billing"), nil), "")
		want(t, "mails", d.mailed(), "Promote billing@corp.example")
	})
}

// An unconfirmed promotion is begun anew as long as mails are left.
func TestExpiredPromotions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, alibabacloudemu.Options{}, bounce)
		for n, expected := range []string{"update bounce done", "update bounce done", "update bounce done", "update bounce blocked", "update bounce blocked"} {
			want(t, fmt.Sprint("day ", n), d.run(t, desired("cloud", "bounce"), nil), expected)
			time.Sleep(day)
		}
		plan := providertest.Plan(t, d.Job(d.Open(t), desired("cloud", "bounce")), d.Now())
		if problem := plan.Connections[0].Changes[0].Problem; !strings.Contains(problem, "not tried again after 3 mails") {
			t.Errorf("problem %q", problem)
		}
		off := func(c *spec.Connection) { c.Notices.Off = true }
		clear(d.KV.Values)
		want(t, "mails are left alone", d.run(t, desired("cloud", "bounce"), off), "update bounce blocked")
		want(t, "nothing is remembered, and the vendor shows three promotions", d.run(t, desired("cloud", "bounce"), nil), "update bounce blocked")
	})
}

// Record ids are found wherever they are: here, at the vendor, or at the vendor because somebody else sent the mail.
func TestRecordIDs(t *testing.T) {
	for _, tc := range []struct {
		name     string
		opts     alibabacloudemu.Options
		before   func(*directory) // what happens to our store
		want     string
		lookUps  bool
		refusals int
	}{
		{"remembered", alibabacloudemu.Options{}, func(*directory) {}, "resend bounce done", false, 0},
		{"remembered, and the vendor keeps them", alibabacloudemu.Options{ResendKeepsRecordID: true}, func(*directory) {}, "resend bounce done", false, 0},
		{"forgotten", alibabacloudemu.Options{}, func(d *directory) { clear(d.KV.Values) }, "resend bounce done", true, 0},
		{"damaged", alibabacloudemu.Options{}, func(d *directory) {
			for key := range d.KV.Values {
				d.KV.Values[key] = "{"
			}
		}, "resend bounce done", true, 0},
		{"changed by somebody else", alibabacloudemu.Options{}, func(d *directory) {
			for key, value := range d.KV.Values {
				d.KV.Values[key] = strings.Replace(value, "06950264", "16950264", 1)
			}
		}, "resend bounce done", true, 1},
		{"forgotten, and no list", alibabacloudemu.Options{NoRecordList: true}, func(d *directory) { clear(d.KV.Values) }, "", true, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tc.opts.MailLife = stays.MailLife
				d := newDirectory(t, tc.opts, bounce)
				want(t, "first", d.run(t, desired("cloud", "bounce"), nil), "update bounce done")
				time.Sleep(day)
				tc.before(d)
				want(t, "second", d.run(t, desired("cloud", "bounce"), nil), tc.want)
				want(t, "third", d.run(t, desired("cloud", "bounce"), nil), "")
				refused := 0
				for _, call := range d.Calls() {
					if call.Path == resending && call.Status != 200 {
						refused++
					}
				}
				if lookUps := d.counts()[records] > 0; lookUps != tc.lookUps || refused != tc.refusals {
					t.Errorf("looked up: %v, %d refused", lookUps, refused)
				}
			})
		})
	}
}

// A promotion that is meant for another address is not pushed.
func TestPendingForAnotherAddress(t *testing.T) {
	d := newDirectory(t, alibabacloudemu.Options{PendingNameIsEmail: true}, strings.Replace(small, "waiting@corp", "stranger@corp", 1))
	want := desired("cloud", "waiting")
	live, err := d.Open(t).Read(t.Context(), providertest.All(want))
	if err != nil {
		t.Fatal(err)
	}
	changes := diff.Compute(want, live, diff.Resending{Notices: spec.DefaultNotices, Now: d.Now()})
	if len(changes) != 1 || changes[0].Field != "email" || changes[0].From != "stranger@corp.example" || !strings.Contains(changes[0].Problem, "waits for stranger@corp.example, the file says waiting@corp.example") {
		t.Errorf("changes %+v", changes)
	}
}

// A mail that comes too soon for the vendor is asked for once more, and then left to a later run.
func TestFrequencyLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, alibabacloudemu.Options{MailLife: 30 * day, ResendWindow: 7 * time.Minute}, bounce)
		soon := func(c *spec.Connection) { c.Notices.ResendAfter = time.Second }
		want(t, "first", d.run(t, desired("cloud", "bounce"), soon), "update bounce done")
		time.Sleep(10 * time.Second)
		want(t, "second", d.run(t, desired("cloud", "bounce"), soon), "resend bounce done")
		time.Sleep(10 * time.Second)
		start := time.Now()
		calls := d.counts()[resending]
		want(t, "third", d.run(t, desired("cloud", "bounce"), soon), "resend bounce refused")
		if took, sent := time.Since(start), d.counts()[resending]-calls; took > time.Minute || sent != 2 {
			t.Errorf("it took %v and %d calls", took, sent)
		}
		time.Sleep(10 * time.Minute)
		want(t, "fourth", d.run(t, desired("cloud", "bounce"), soon), "resend bounce done")
	})
}

// A promotion whose owner declined it is begun anew when a mail would be sent again, and not before.
func TestDeclinedPromotionsKeepThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, alibabacloudemu.Options{}, "alibabacloud:\n  accounts: [{name: bounce, owner: declines}]\n")
		for _, fresh := range []bool{false, true} {
			slow := func(c *spec.Connection) { c.Notices.ResendAfter = 240 * time.Hour }
			before := len(d.vendor.Mails())
			for range 130 { // more than ten days
				if fresh {
					clear(d.KV.Values)
				}
				d.run(t, desired("cloud", "bounce"), slow)
				time.Sleep(2 * time.Hour)
			}
			if n := len(d.vendor.Mails()) - before; n != map[bool]int{false: 2, true: 1}[fresh] {
				t.Errorf("new state folders: %v: %d mails in eleven days: %s", fresh, n, d.mailed())
			}
		}
	})
}

// With a new state folder for each run mails are counted from what the vendor shows, and what it does not show is said.
func TestNewStateFoldersForEachRun(t *testing.T) {
	for name, tc := range map[string]struct {
		opts  alibabacloudemu.Options
		mails int
		note  string
	}{
		"promotions that expire": {alibabacloudemu.Options{}, 3, ""},
		"no list of promotions":  {alibabacloudemu.Options{NoRecordList: true}, 12, "how often its owner was mailed is not known"},
		"mails sent again":       {stays, 12, "how often its mail was sent again is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDirectory(t, tc.opts, bounce)
				var notes []string
				for range 12 {
					clear(d.KV.Values)
					job := d.Job(d.Open(t), desired("cloud", "bounce"))
					plan := providertest.Plan(t, job, d.Now())
					notes = append(notes, plan.Connections[0].Notes...)
					providertest.Apply(t, plan, job)
					time.Sleep(day)
				}
				if n := len(d.vendor.Mails()); n != tc.mails {
					t.Errorf("%d mails in twelve days, want %d", n, tc.mails)
				}
				if all := strings.Join(notes, "\n"); tc.note != "" && !strings.Contains(all, tc.note) || tc.note == "" && strings.Contains(all, "not known") {
					t.Errorf("notes:\n%s", all)
				}
			})
		})
	}
}

// Records that can't be read hold back the account that they are about, and no other.
func TestUnreadRecordsHoldBackTheirAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, alibabacloudemu.Options{}, "alibabacloud:\n  accounts: [{name: bounce, status: PromoteExpired}, {name: other}]\n")
		d.Fault(t, emu.Fault{Match: "GET /2016-11-11/ListAccountRecordsForParent", Kind: emu.FaultRefuse, Status: 400, Body: `{"Code":"Odd"}`, Count: 100})
		part := providertest.Plan(t, d.Job(d.Open(t), desired("cloud", "bounce", "other")), d.Now()).Connections[0]
		if len(part.Errors) > 0 || len(part.Changes) != 1 || part.Changes[0].Resource != "other" || len(part.Incomplete()) != 1 {
			t.Errorf("errors %v, changes %+v, not whole %v", part.Errors, part.Changes, part.Incomplete())
		}
	})
}
