package alibabacloud_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud/alibabacloudemu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Whatever becomes of a call that mails somebody, nobody gets the same mail twice, and no report says what is not known.
func TestUncertainMails(t *testing.T) {
	type fate struct {
		outcome      diff.Outcome
		calls, mails int
	}
	done := fate{diff.Done, 1, 1}
	silent := fate{diff.Unknown, 1, 0}
	for name, tc := range map[string]struct {
		fault    emu.Fault
		opts     alibabacloudemu.Options
		promoted fate
		resent   fate
	}{
		"no reply":        {emu.Fault{Kind: emu.FaultDropReply}, stays, done, done},
		"done, and 503":   {emu.Fault{Kind: emu.FaultRefuse, Status: 503, Done: true}, stays, done, done},
		"shows late":      {emu.Fault{Kind: emu.FaultLag, For: 6 * time.Second}, stays, done, done},
		"throttled":       {emu.Fault{Kind: emu.FaultThrottle}, stays, fate{diff.Done, 2, 1}, fate{diff.Done, 2, 1}},
		"refused":         {emu.Fault{Kind: emu.FaultRefuse, Status: 400}, stays, fate{diff.Refused, 1, 0}, fate{diff.Refused, 1, 0}},
		"a gateway's 502": {emu.Fault{Kind: emu.FaultRefuse, Status: 502}, stays, silent, silent},
		"a gateway's 503": {emu.Fault{Kind: emu.FaultRefuse, Status: 503, Body: `{"Code":"ServiceUnavailable","Message":"m"}`}, stays, silent, silent},
		"failed":          {emu.Fault{Kind: emu.FaultRefuse, Status: 500, Body: `{"Code":"InternalError","Message":"m"}`}, stays, fate{diff.Done, 2, 1}, silent}, // only the promotion is safe to repeat
		"never an answer": {emu.Fault{Kind: emu.FaultHang}, stays, silent, silent},
		"garbage":         {emu.Fault{Kind: emu.FaultGarbage}, stays, silent, silent},
		"no shape":        {emu.Fault{Kind: emu.FaultRefuse, Status: 200, Body: "{}"}, stays, silent, silent},
		"reads never show it": {emu.Fault{Kind: emu.FaultDropReply}, alibabacloudemu.Options{MailLife: 30 * day, ResendKeepsClock: true},
			done, fate{diff.Unknown, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDirectory(t, tc.opts, bounce)
				try := func(op, path string, expected fate) {
					t.Helper()
					tc.fault.Match, tc.fault.Nth = "POST "+path, 1
					d.Fault(t, tc.fault)
					mails := len(d.vendor.Mails())
					want(t, op, d.run(t, desired("cloud", "bounce"), nil), fmt.Sprint(op, " bounce ", expected.outcome))
					if calls, mails := d.counts()[path], len(d.vendor.Mails())-mails; calls != expected.calls || mails != expected.mails {
						t.Errorf("%s: %d calls, %d mails", op, calls, mails)
					}
					d.Fault(t)
				}
				try("update", promotion, tc.promoted)
				if tc.promoted.mails == 0 {
					want(t, "next run", d.run(t, desired("cloud", "bounce"), nil), "update bounce done")
				}
				time.Sleep(day)
				try("resend", resending, tc.resent)
				again := map[diff.Outcome]string{diff.Refused: "resend bounce done", diff.Unknown: "resend bounce unknown"}[tc.resent.outcome]
				want(t, "next run", d.run(t, desired("cloud", "bounce"), nil), again)
				time.Sleep(day)
				want(t, "next day", d.run(t, desired("cloud", "bounce"), nil), "resend bounce done")
			})
		})
	}
}

// A run that is killed with a mail under way leaves a note, by which the next one does not send it: where reads don't show
// the mail it says that nobody knows.
func TestKilledWithAMailUnderWay(t *testing.T) {
	for name, keepsClock := range map[string]bool{"reads show the mail": false, "reads never show it": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDirectory(t, alibabacloudemu.Options{MailLife: 30 * day, ResendKeepsClock: keepsClock}, bounce)
				for n, expected := range []string{"update bounce done", "resend bounce done", "resend bounce done", ""} {
					want(t, fmt.Sprint("day ", n), d.run(t, desired("cloud", "bounce"), nil), expected)
					d.KV.Values = maps.Clone(d.atMail)
					next := ""
					if keepsClock && expected == "resend bounce done" {
						next = "resend bounce unknown"
					}
					want(t, "next run", d.run(t, desired("cloud", "bounce"), nil), next)
					time.Sleep(day)
				}
			})
		})
	}
}

// What can't be noted is not sent.
func TestStoreThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, stays, bounce)
		d.KV.Full = true
		want(t, "full", d.run(t, desired("cloud", "bounce"), nil), "update bounce refused")
		if len(d.vendor.Mails()) > 0 || d.counts()[promotion] > 0 {
			t.Errorf("calls %v", d.counts())
		}
	})
}

// A promotion that the vendor took and does not show yet is not begun again by the next run.
func TestPromotionThatShowsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, stays, bounce)
		d.Fault(t, emu.Fault{Match: "POST " + promotion, Kind: emu.FaultLag, For: 10 * time.Minute, Nth: 1})
		want(t, "first", d.run(t, desired("cloud", "bounce"), nil), "update bounce unknown")
		want(t, "second", d.run(t, desired("cloud", "bounce"), nil), "update bounce refused")
		time.Sleep(20 * time.Minute)
		want(t, "when it shows", d.run(t, desired("cloud", "bounce"), nil), "")
		if d.counts()[promotion] != 1 || len(d.vendor.Mails()) != 1 {
			t.Errorf("%d calls, %d mails", d.counts()[promotion], len(d.vendor.Mails()))
		}
	})
}

// A mail that takes two tries, since its record id is no longer the vendor's, is told once.
func TestTwoTriesAreToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, stays, bounce)
		want(t, "first", d.run(t, desired("cloud", "bounce"), nil), "update bounce done")
		for key, value := range d.KV.Values {
			d.KV.Values[key] = strings.Replace(value, "06950264", "16950264", 1)
		}
		w := d.Open(t)
		if _, err := w.Read(t.Context(), providertest.All(desired("cloud", "bounce"))); err != nil {
			t.Fatal(err)
		}
		told := 0
		err := w.Do(t.Context(), "ResendPromoteResourceAccountEmail", []diff.Change{{Op: diff.OpResend, Kind: kindAccount, Resource: "bounce"}},
			func() error { told++; return nil })
		if err != nil || told != 1 || d.counts()[resending] != 2 {
			t.Errorf("told %d times, %d calls, error %v", told, d.counts()[resending], err)
		}
	})
}

// Without a store the vendor's own records are enough.
func TestNoStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, stays, bounce)
		d.KV = nil
		for _, expected := range []string{"update bounce done", "resend bounce done"} {
			want(t, "without a store", d.run(t, desired("cloud", "bounce"), nil), expected)
			time.Sleep(day)
		}
	})
}

// What happened to the account since the plan was made decides: what is done already is not done again, and nothing is done
// that the plan did not mean.
func TestAccountMovedOn(t *testing.T) {
	for name, tc := range map[string]struct {
		moved string
		want  diff.Outcome
	}{
		"promoted":            {"{name: bounce, type: cloud, status: PromoteSuccess}", diff.Done},
		"promotion under way": {"{name: bounce, status: PromoteVerifying}", diff.Done},
		"gone":                {"{name: bounce, status: Removed}", diff.Refused},
		"not promotable":      {"{name: bounce, status: InviteSuccess}", diff.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDirectory(t, stays, bounce)
				job := d.Job(d.Open(t), desired("cloud", "bounce"))
				plan := providertest.Plan(t, job, d.Now())
				if err := d.LoadSeed([]byte("alibabacloud:\n  accounts:\n    - " + tc.moved)); err != nil {
					t.Fatal(err)
				}
				result := providertest.Apply(t, plan, job)
				if result.Connections[0].Changes[0].Outcome != tc.want || d.counts()[promotion] != 1 || len(d.vendor.Mails()) > 0 {
					t.Errorf("result %+v, calls %v", result.Connections[0].Changes, d.counts())
				}
			})
		})
	}
}

// A resend that comes too late is refused, with what the account is by now.
func TestResendThatComesTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, alibabacloudemu.Options{MailLife: day + time.Hour}, bounce)
		want(t, "first", d.run(t, desired("cloud", "bounce"), nil), "update bounce done")
		time.Sleep(day)
		w := d.Open(t)
		live, err := w.Read(t.Context(), providertest.All(desired("cloud", "bounce")))
		if err != nil || len(live.Notices) != 1 {
			t.Fatalf("notices %+v, error %v", live.Notices, err)
		}
		time.Sleep(2 * time.Hour) // the promotion expires
		before := maps.Clone(d.KV.Values)
		err = w.Do(t.Context(), "ResendPromoteResourceAccountEmail", []diff.Change{{Op: diff.OpResend, Kind: kindAccount, Resource: "bounce"}}, nil)
		if !isRefusal(err) || !strings.Contains(err.Error(), "in status PromoteExpired") {
			t.Errorf("error %v", err)
		}
		if diff := cmp.Diff(before, d.KV.Values); diff != "" {
			t.Errorf("kept (-before +after):\n%s", diff)
		}
	})
}

// A saved plan is carried out by a process that reads only what the plan touches.
func TestSavedPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, stays, bounce)
		want(t, "first", d.run(t, desired("cloud", "bounce"), nil), "update bounce done")
		time.Sleep(day)
		jobs := []apply.Job{d.Job(d.Open(t), desired("cloud", "bounce"))}
		plan := providertest.Plan(t, jobs[0], d.Now())
		for _, expected := range []diff.Outcome{diff.Done, diff.Already} {
			jobs[0].Source = d.Open(t)
			result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: plan, Jobs: jobs, Reread: true, Rules: spec.DefaultRules})
			if err != nil || result.Connections[0].Changes[0].Outcome != expected {
				t.Errorf("error %v, result %+v, want %s", err, result.Connections[0].Changes, expected)
			}
		}
		want(t, "mails", d.mailed(), "Promote bounce@corp.example, Resend bounce@corp.example")
	})
}

// Whom a promotion mails is in the change, and nowhere else: a read of what it touches needs to say nothing.
func TestPromotionMailsWhomTheChangeNames(t *testing.T) {
	for email, refused := range map[string]bool{"": true, "billing@corp.example": false} {
		update := []diff.Change{{Op: diff.OpUpdate, Kind: kindAccount, Resource: "billing", Field: "type", From: "resource", To: "cloud",
			Settings: spec.Settings{}.With("email", email)}}
		d := newDirectory(t, alibabacloudemu.Options{}, small)
		w := d.Open(t)
		wanted := spec.NewState()
		wanted.Resources[ref("billing")] = spec.Resource{}
		if _, err := w.Read(t.Context(), provider.ReadBack(conn, wanted, update)); err != nil {
			t.Fatal(err)
		}
		if err := w.Do(t.Context(), "PromoteResourceAccount", update, nil); isRefusal(err) != refused || len(d.vendor.Mails()) > 0 == refused {
			t.Errorf("email %q: error %v, mails %v", email, err, d.vendor.Mails())
		}
	}
}

// Calls that Pack does not make are not sent.
func TestStrangeCalls(t *testing.T) {
	d := newDirectory(t, alibabacloudemu.Options{}, small)
	w := d.Open(t)
	if _, err := w.Read(t.Context(), providertest.All(desired("cloud", "billing", "audit"))); err != nil {
		t.Fatal(err)
	}
	update := diff.Change{Op: diff.OpUpdate, Kind: kindAccount, Resource: "billing", Field: "type", From: "resource", To: "cloud"}
	with := func(set func(*diff.Change)) []diff.Change {
		c := update
		set(&c)
		return []diff.Change{c}
	}
	for name, tc := range map[string]struct {
		call    string
		changes []diff.Change
	}{
		"none":             {"PromoteResourceAccount", nil},
		"two":              {"PromoteResourceAccount", []diff.Change{update, update}},
		"an unknown call":  {"DeleteAccount", []diff.Change{update}},
		"the wrong call":   {"ResendPromoteResourceAccountEmail", []diff.Change{update}},
		"the other way":    {"PromoteResourceAccount", with(func(c *diff.Change) { c.To = "resource" })},
		"an unknown name":  {"PromoteResourceAccount", with(func(c *diff.Change) { c.Resource = "nobody" })},
		"promoted already": {"PromoteResourceAccount", with(func(c *diff.Change) { c.Resource = "audit" })},
		"nothing to mail":  {"ResendPromoteResourceAccountEmail", with(func(c *diff.Change) { c.Op = diff.OpResend })},
	} {
		t.Run(name, func(t *testing.T) {
			if err := w.Do(t.Context(), tc.call, tc.changes, nil); !isRefusal(err) || len(d.vendor.Mails()) > 0 {
				t.Errorf("error %v", err)
			}
		})
	}
}

func isRefusal(err error) bool { return provider.FailureOf(err).Fate == provider.NotDone }
