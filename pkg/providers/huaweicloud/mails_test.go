package huaweicloud_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud/huaweicloudemu"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
)

// notify plans and applies at the emulator's time, and returns the changes as words and how many mails were planned.
func notify(t *testing.T, c *cloud, w provider.Target, want spec.State) (changes []string, mails int) {
	t.Helper()
	c.Connection.Notices = spec.DefaultNotices
	job := c.Job(w, want)
	plan := providertest.Plan(t, job, c.Now())
	if result := providertest.Apply(t, plan, job); !result.Summary.Clean() {
		t.Fatalf("result %+v", result)
	}
	for _, change := range plan.Connections[0].Changes {
		changes = append(changes, fmt.Sprint(change.Op, " ", change.Subject, " ", change.Mailing().Recipient))
	}
	return changes, plan.Summary.Mails
}

const bouncing = `huaweicloud:
  users: [{name: alice, email: a@corp.example}, {name: bob, email: bounce@corp.example}]
  userGroups: [{name: Staff, members: [alice, bob]}]
  appGroups: [{name: CAD}]
`

// A mail that fails is sent again after a day, three times in all, and never twice for one plan.
func TestFailedMailsAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, huaweicloudemu.Options{Unthrottled: true, MailDelay: 20 * time.Second}, bouncing)
		want := desired(ref(kindAppGroup, "CAD"), user("alice"), user("bob"))
		w := c.Open(t)
		for day, expected := range []struct {
			changes []string
			mails   int
		}{
			{[]string{"grant alice@local.com ", "grant bob@local.com "}, 2},
			{[]string{"resend bob@local.com "}, 1},
			{[]string{"resend bob@local.com "}, 1},
			{nil, 0}, // three tries are enough
		} {
			got, mails := notify(t, c, w, want)
			if d := cmp.Diff(expected.changes, got); d != "" || mails != expected.mails {
				t.Errorf("day %d: %d mails, want %d (-want +got):\n%s", day, mails, expected.mails, d)
			}
			time.Sleep(time.Hour)
			if again, _ := notify(t, c, w, want); len(again) > 0 {
				t.Errorf("day %d, an hour later: %v", day, again)
			}
			time.Sleep(24 * time.Hour)
		}
		if sent := len(c.Bodies("/mails/actions/send")); sent != 2 {
			t.Errorf("%d resend calls", sent)
		}
	})
}

// The vendor's words about a failed mail are shown in plans; what they show of secrets is not.
func TestWordsAboutMailsHideSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, free, bouncing)
		want := desired(ref(kindAppGroup, "CAD"), user("bob"))
		notify(t, c, c.Open(t), want)
		time.Sleep(time.Minute)
		vendor := c.Via
		c.Via = roundTrip(func(r *http.Request) (*http.Response, error) {
			answer, err := vendor.RoundTrip(r)
			if err == nil {
				body, _ := io.ReadAll(answer.Body)
				answer.Body = io.NopCloser(strings.NewReader(strings.Replace(string(body), `"error_msg":"`, `"error_msg":"sent with emulator-secret `, 1)))
			}
			return answer, err
		})
		live, err := c.Open(t).Read(t.Context(), providertest.All(want))
		if err != nil || len(live.Notices) != 1 || !strings.Contains(live.Notices[0].Result, "sent with [redacted] ") {
			t.Errorf("error %v, notices %+v", err, live.Notices)
		}
	})
}

// A run that judges at a later moment than the present mails once for it: what it sends is not overdue by its own clock,
// although the vendor stamps it with an earlier time.
func TestOneMailForOneMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, free, bouncing)
		c.Connection.Notices = spec.DefaultNotices
		kept, start := file.Open(t.TempDir()), c.Now()
		for n, want := range []struct {
			ahead time.Duration
			calls int
		}{{0, 1}, {25 * time.Hour, 1}, {25 * time.Hour, 0}, {30 * time.Hour, 0}, {50 * time.Hour, 1}, {50 * time.Hour, 0}} {
			time.Sleep(time.Minute)
			now := start.Add(want.ahead)
			jobs := []apply.Job{c.Job(c.Open(t), desired(ref(kindAppGroup, "CAD"), user("bob")))}
			session, err := apply.AcquireLocks(t.Context(), kept, store.Owner{Run: fmt.Sprint(n)}, "", []string{jobs[0].Connection.Name}, 0, nil)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: jobs, Now: now, Store: kept})
			if err != nil || plan.Summary.Calls != want.calls {
				t.Errorf("run %d: %d calls, want %d (error %v): %+v", n, plan.Summary.Calls, want.calls, err, plan.Connections[0].Changes)
			}
			if result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: plan, Jobs: jobs, Now: now, Session: session}); err != nil || !result.Summary.Clean() {
				t.Fatalf("run %d: error %v, result %+v", n, err, result)
			}
			if err := session.Release(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Of a user group it is the members who get mails, and each has tries of its own.
func TestMailsToMembersOfAUserGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, free, bouncing)
		want := desired(ref(kindAppGroup, "CAD"), group("Staff"))
		w := c.Open(t)
		if _, mails := notify(t, c, w, want); mails != 2 {
			t.Errorf("%d mails were planned, want one to each member", mails)
		}
		time.Sleep(25 * time.Hour)
		got, _ := notify(t, c, w, want)
		if d := cmp.Diff([]string{"resend group:Staff@local.com bob"}, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}

// No mail is sent again where it was switched off, about what is not desired, or when it arrived after all.
func TestMailsThatAreLeftAlone(t *testing.T) {
	const seed = `huaweicloud:
  users: [{name: alice, email: bounce@corp.example}, {name: bob, email: b@corp.example}]
  appGroups:
    - name: CAD
      grants: [alice, bob]
      mails:
        - {to: alice, error: bounced, sent: 1999-01-01T00:00:00Z}
        - {to: bob, error: bounced, sent: 1999-01-01T00:00:00Z}
        - {to: bob, sent: 1999-01-02T00:00:00Z}
`
	cad := ref(kindAppGroup, "CAD")
	for name, tc := range map[string]struct {
		want   spec.State
		set    func(*spec.Connection)
		resend int
	}{
		"failed, desired and live": {desired(cad, user("alice"), user("bob")), nil, 1},
		"arrived the second time":  {desired(cad, user("bob")), nil, 0},
		"switched off":             {desired(cad, user("alice"), user("bob")), func(s *spec.Connection) { s.Notices.Off = true }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, free, seed)
				live, err := c.Open(t, tc.set).Read(t.Context(), providertest.All(tc.want))
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				for _, change := range diff.Compute(tc.want, live, diff.Resending{Notices: spec.DefaultNotices, Now: c.Now()}) {
					if change.Op == diff.OpResend {
						n++
					}
				}
				if n != tc.resend {
					t.Errorf("%d resends, want %d; notices %+v", n, tc.resend, live.Notices)
				}
			})
		})
	}
}

// A record that leaves something out may be the newest of anybody: no mail about the group is sent again, the plan says so, and
// one that was sent is not called done by it.
func TestRecordsOfMailsThatLeaveSomethingOut(t *testing.T) {
	for key, says := range map[string]string{"id": "has no id", "account": "sent again", "account_auth_type": "sent again",
		"account_auth_name": "sent again", "mail_send_type": "sent again", "mail_send_result": "sent again", "send_at": "sent again"} {
		synctest.Test(t, func(t *testing.T) {
			c := newCloud(t, free, bouncing)
			c.Connection.Notices = spec.DefaultNotices
			want := desired(ref(kindAppGroup, "CAD"), group("Staff"))
			notify(t, c, c.Open(t), want)
			time.Sleep(25 * time.Hour)
			plan := providertest.Plan(t, c.Job(c.Open(t), want), c.Now())
			if len(plan.Connections[0].Changes) != 1 {
				t.Fatalf("before: %+v", plan.Connections[0].Changes)
			}
			c.Rewrite(func(_ *http.Request, answer map[string]any) {
				for _, row := range rowsOf(answer, "records") {
					delete(row.(map[string]any), key)
				}
			})
			live, err := c.Open(t).Read(t.Context(), providertest.All(want))
			if err != nil || len(live.Notices) > 0 || len(live.Notes) != 1 || !strings.Contains(live.Notes[0], says) {
				t.Errorf("without %s: notices %+v, notes %q, error %v", key, live.Notices, live.Notes, err)
			}
			if diff.Satisfied(conn, plan.Connections[0].Changes[0], live) {
				t.Errorf("without %s the mail is taken to be sent", key)
			}
		})
	}
}

func rowsOf(answer map[string]any, key string) []any {
	rows, _ := answer[key].([]any)
	return rows
}

// Of a list of mails that isn't whole nothing is sent again, and the plan says so.
func TestMailsThatCantBeReadWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, free, bouncing)
		want := desired(ref(kindAppGroup, "CAD"), user("bob"))
		w := c.Open(t)
		notify(t, c, w, want)
		time.Sleep(25 * time.Hour)
		c.Fault(t, emu.Fault{Match: "GET /v1/*/mails", Kind: emu.FaultRefuse, Status: 200, Body: `{"count":2,"records":[]}`})
		live, err := w.Read(t.Context(), providertest.All(want))
		if err != nil || len(live.Notices) > 0 || len(live.Notes) != 1 || !strings.Contains(live.Notes[0], "app-group/CAD: the list of mails is not whole") {
			t.Errorf("notices %v, notes %q, error %v", live.Notices, live.Notes, err)
		}
	})
}
