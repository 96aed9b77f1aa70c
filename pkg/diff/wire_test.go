package diff_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// anyChange draws changes with any text in any field, and resends with any moments and any doubts.
var anyChange = rapid.Custom(func(t *rapid.T) diff.Change {
	word := rapid.SampledFrom([]string{"", "", "a", "张三", "<&>", "\u2028", "2026-01-02T03:04:05Z"})
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		zone := time.FixedZone("", 3600*rapid.IntRange(-12, 14).Draw(t, "zone"))
		return time.Unix(rapid.Int64Range(-1<<35, 1<<37).Draw(t, "s"), rapid.Int64Range(0, 1e9-1).Draw(t, "ns")).In(zone)
	})
	c := diff.Change{
		Op: rapid.SampledFrom(diff.Ops).Draw(t, "op"), Kind: rapid.SampledFrom([]spec.Kind{"app-group", "app", "account"}).Draw(t, "kind"), Resource: word.Draw(t, "resource"),
		Role:    spec.Role(word.Draw(t, "role")),
		Subject: spec.Subject{Kind: spec.SubjectKind(word.Draw(t, "subject kind")), Name: word.Draw(t, "name"), Domain: word.Draw(t, "domain")},
		Field:   word.Draw(t, "field"), Source: word.Draw(t, "source"), Reason: word.Draw(t, "reason"), Mails: rapid.IntRange(0, 2).Draw(t, "mails"),
		Problem: word.Draw(t, "problem"),
	}
	mail := diff.Mailing{Unsure: rapid.Bool().Draw(t, "unsure")}
	for _, setting := range rapid.SliceOfN(rapid.SampledFrom([]string{"owner", "name", "type"}), 0, 2).Draw(t, "settings") {
		c.Settings = c.Settings.With(setting, word.Draw(t, setting))
	}
	c.Person, c.Was, c.Because = word.Draw(t, "person"), word.Draw(t, "was"), diff.Because(word.Draw(t, "because"))
	if rapid.Bool().Draw(t, "through a team") {
		c.Via = spec.ViaOf([]spec.Step{{Team: word.Draw(t, "team"), Source: word.Draw(t, "line")}})
	}
	if c.Op != diff.OpResend {
		c.From, c.To, c.Resent = word.Draw(t, "from"), word.Draw(t, "to"), diff.ResentOf(mail)
		return c
	}
	mail.Recipient, mail.Type = word.Draw(t, "recipient"), word.Draw(t, "mail type")
	if rapid.Bool().Draw(t, "mailed before") {
		mail.NoticeRef = diff.Notice{Sent: moment.Draw(t, "sent"), Recipient: mail.Recipient}.Ref()
	}
	if rapid.Bool().Draw(t, "doubted") {
		mail.Doubt = moment.Draw(t, "doubt").UTC()
	}
	c.Resent = diff.ResentOf(mail)
	return c
})

// What is written of changes comes back as it was, alone and beside other keys, so that it can be compared with ==.
func TestChangesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyChange.Draw(t, "change")
		var back diff.Change
		through(t, c, &back)
		outcome := diff.ChangeResult{Change: &c, Outcome: rapid.SampledFrom(diff.Outcomes).Draw(t, "outcome"), Detail: c.Reason}
		var backOutcome diff.ChangeResult
		through(t, outcome, &backOutcome)
		difference := diff.Difference{Cause: rapid.SampledFrom(diff.Causes).Draw(t, "cause"), ChangedBy: rapid.SampledFrom(diff.AllChangedBy).Draw(t, "moved"), Change: c}
		var backDifference diff.Difference
		through(t, difference, &backDifference)
		same := *backOutcome.Change == c && backOutcome.Outcome == outcome.Outcome && backOutcome.Detail == outcome.Detail
		if back != c || !same || backDifference != difference {
			t.Errorf("%+v came back as\n%+v,\n%+v,\n%+v", c, back, backOutcome, backDifference)
		}
	})
}

func through(t *rapid.T, from, to any) {
	t.Helper()
	data, err := json.Marshal(from)
	if err = errors.Join(err, json.Unmarshal(data, to)); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
}

// Plans with any changes come back too.
func TestPlansOfAnyChangesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := diff.ConnectionPlan{Name: conn, Changes: rapid.SliceOfN(anyChange, 0, 4).Draw(t, "changes"), Calls: []diff.Call{}, Violations: []diff.Violation{}}
		for i := range part.Changes {
			part.Changes[i].Problem = "blocked" // so that no calls are needed
		}
		plan := &diff.Plan{Format: diff.FormatVersion, Connections: []diff.ConnectionPlan{part}}
		data, err := plan.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := diff.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(plan, back, cmpopts.EquateEmpty(), cmpopts.EquateComparable(spec.Settings{})); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}

// The keys and texts of format 1, whose from and to are values of an update and, of a resend, its mail.
func TestChangesOfFormat1(t *testing.T) {
	at := time.Date(2026, 1, 2, 11, 4, 5, 6_000_000, time.FixedZone("", 8*3600))
	update := diff.Change{Op: diff.OpUpdate, Kind: kindApp, Resource: "CAD", Field: "audience", From: "everyone", To: "assigned"}
	resend := diff.Change{Op: diff.OpResend, Kind: kindAppGroup, Resource: "CAD", Subject: person("a"),
		Mails:  1,
		Resent: diff.ResentOf(diff.Mailing{NoticeRef: diff.Notice{Sent: at, Recipient: "b@x"}.Ref(), Doubt: at.Add(time.Hour).UTC()})}
	const (
		updateText = `"op":"update","kind":"app","resource":"CAD","field":"audience","from":"everyone","to":"assigned"`
		resendText = `"op":"resend","kind":"app-group","resource":"CAD","subject":{"kind":"user","name":"a","domain":"local.com"},` +
			`"from":"2026-01-02T03:04:05.006Z","to":"b@x","mails":1,"doubt":"2026-01-02T04:04:05.006Z"`
	)
	for _, tc := range []struct {
		of   any
		want string
	}{
		{update, "{" + updateText + "}"},
		{resend, "{" + resendText + "}"},
		{diff.ChangeResult{Change: &resend, Outcome: diff.Unknown, Detail: "why"}, "{" + resendText + `,"outcome":"unknown","detail":"why"}`},
		{diff.Difference{Cause: diff.Pending, Change: resend}, `{"cause":"pending",` + resendText + "}"},
		{diff.Difference{Cause: diff.Changed, ChangedBy: diff.ChangedLive, Change: update}, `{"cause":"changed","moved":"live",` + updateText + "}"},
	} {
		if got, err := json.Marshal(tc.of); err != nil || string(got) != tc.want {
			t.Errorf("got  %s\nwant %s\nerror %v", got, tc.want, err)
		}
	}
}

// A moment that is none, or that is told in another way, and a key that nobody knows are refused in a saved plan, though its
// id agrees.
func TestDecodeRefusesChanges(t *testing.T) {
	resend := diff.Change{Op: diff.OpResend, Kind: kindAppGroup, Resource: "CAD", Problem: "blocked",
		Resent: diff.ResentOf(diff.Mailing{NoticeRef: diff.NoticeRef{Sent: time.Unix(1e9, 0).UTC()}, Doubt: time.Unix(1e9, 0).UTC()})}
	plan := &diff.Plan{Format: diff.FormatVersion, Connections: []diff.ConnectionPlan{{Name: conn, Changes: []diff.Change{resend}}}}
	data, err := plan.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ old, new, want string }{
		{`"from": "2001-`, `"from": "yesterday 2001-`, "parsing time"},
		{`"from": "2001-09-09T01:46:40Z"`, `"from": "2001-09-09T03:46:40+02:00"`, "its text"},
		{`"doubt": "2001-`, `"doubt": "yesterday 2001-`, "parsing time"},
		{`"doubt": "2001-09-09T01:46:40Z"`, `"doubt": "2001-09-09T03:46:40+02:00"`, "its text"},
		{`"op": `, `"extra": 1, "op": `, "extra"},
	} {
		text := strings.Replace(string(data), tc.old, tc.new, 1)
		if _, err := diff.Decode([]byte(text)); err == nil || text == string(data) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one with %q", tc.new, err, tc.want)
		}
	}
}
