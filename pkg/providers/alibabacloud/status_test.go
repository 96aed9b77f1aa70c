package alibabacloud_test

import (
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud/alibabacloudemu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Every status of a resource account, and what a plan does that wants a cloud account.
func TestStatuses(t *testing.T) {
	for _, tc := range []struct {
		status string
		plan   string // of type: cloud: update, resend or nothing
		note   string
		wrong  string // blocked, whatever is wanted
	}{
		{"CreateSuccess", "update", "", ""},
		{"CreateVerifying", "", "", "its creation waits for its owner"},
		{"CreateFailed", "", "", "its creation failed (CreateFailed); settle that"},
		{"CreateExpired", "", "", "its creation was not confirmed in time"},
		{"CreateCancelled", "", "", "its creation was cancelled"},
		{"PromoteVerifying", "resend", "its promotion waits for its owner", ""},
		{"PromoteFailed", "update", "its last promotion failed; it is promoted again", ""},
		{"PromoteExpired", "update", "its last promotion was not confirmed in time; it is promoted again", ""},
		{"PromoteCancelled", "blocked", "its promotion was cancelled at the vendor", ""},
		{"PromoteSuccess", "blocked", "but calls it a resource account", ""},
		{"InviteSuccess", "blocked", "it was invited", ""},
		{"SwitchSuccess", "update", "", ""},
		{"Removed", "", "", "it left the directory"},
	} {
		t.Run(tc.status, func(t *testing.T) {
			row := listed(tc.status, resourceAccount, "x@rd-1.aliyunid.com")
			check(t, row, desired("cloud", "billing"), tc.plan, tc.note, tc.wrong)
			check(t, row, desired("", "billing"), "", "", tc.wrong)
			promoted, member := listed(tc.status, cloudAccount, "Billing@corp.example"), tc.wrong == ""
			check(t, promoted, desired("cloud", "billing"), "", "", tc.wrong)
			if member {
				check(t, promoted, desired("resource", "billing"), "", "", "it is a cloud account")
			}
		})
	}
}

func TestJudgement(t *testing.T) {
	noEmail := func(accountType string) spec.State {
		s := spec.NewState()
		s.Resources[ref("billing")] = spec.Resource{Settings: spec.Settings{}.With("type", accountType), Ownership: spec.Owned}
		return s
	}
	for _, tc := range []struct {
		name              string
		row               string
		desired           spec.State
		plan, note, wrong string
	}{
		{"a resource account stays one", listed("CreateSuccess", resourceAccount, ""), desired("resource", "billing"), "", "", ""},
		{"so does one whose promotion was cancelled", listed("PromoteCancelled", resourceAccount, ""), desired("resource", "billing"), "", "", ""},
		{"on its way", listed("PromoteVerifying", resourceAccount, ""), desired("resource", "billing"), "", "", "on its way to a cloud account"},
		{"nobody to mail", listed("CreateSuccess", resourceAccount, ""), noEmail("cloud"), "", "", "write email: to say to whom"},
		{"nobody to mail any more", listed("PromoteSuccess", cloudAccount, "a@b.example"), noEmail("cloud"), "", "", ""},
		{"another owner", listed("InviteSuccess", cloudAccount, "a@b.example"), desired("cloud", "billing"), "", "", "signs in as a@b.example, the file says billing@corp.example"},
		{"an owner without address", listed("InviteSuccess", cloudAccount, "somebody"), desired("cloud", "billing"), "", "", ""},
		{"switched, with the vendor's name", listed("SwitchSuccess", cloudAccount, "x@rd-1.aliyunid.com"), desired("cloud", "billing"), "", "", ""},
		{"unknown status", listed("PromotePaused", resourceAccount, ""), desired("cloud", "billing"), "", "", `status "PromotePaused"`},
		{"unknown status of a cloud account", listed("PromotePaused", cloudAccount, ""), desired("cloud", "billing"), "", `status "PromotePaused"`, ""},
		{"no type", listed("CreateSuccess", "", ""), desired("cloud", "billing"), "", "", ""},
		{"unknown status, nothing wanted", listed("PromotePaused", resourceAccount, ""), noEmail(""), "", "", ""},
		{"unknown type", listed("CreateSuccess", "OtherAccount", ""), desired("resource", "billing"), "", "", `type "OtherAccount"`},
	} {
		t.Run(tc.name, func(t *testing.T) { check(t, tc.row, tc.desired, tc.plan, tc.note, tc.wrong) })
	}
}

// check plans against a directory whose list is the given page.
func check(t *testing.T, page string, want spec.State, plan, note, wrong string) {
	t.Helper()
	d := newDirectory(t, alibabacloudemu.Options{}, small)
	record := strings.NewReplacer("Accounts", "Records", "Account\":[", "Record\":[", "AccountId", "RecordId\":\"r1\",\"AccountId").Replace(page)
	d.Fault(t, emu.Fault{Match: "GET " + list, Kind: emu.FaultRefuse, Status: 200, Body: page},
		emu.Fault{Match: "GET " + records, Kind: emu.FaultRefuse, Status: 200, Body: record})
	live, err := d.Open(t).Read(t.Context(), providertest.All(want))
	if wrong != "" {
		plan, note = "blocked", wrong
	}
	if err != nil {
		t.Fatal(err)
	}
	var planned []string
	for _, c := range diff.Compute(want, live, diff.Resending{Notices: spec.DefaultNotices, Now: d.Now()}) {
		if c.Problem != "" {
			planned, live.Notes = append(planned, "blocked"), append(live.Notes, c.Problem)
		} else {
			planned = append(planned, string(c.Op))
		}
		if (c.Mails == 1) != (c.Problem == "") {
			t.Errorf("%+v counts %d mails", c, c.Mails)
		}
	}
	if got := strings.Join(planned, " "); got != plan {
		t.Errorf("planned %q, want %q; live %+v", got, plan, live)
	}
	if got := strings.Join(live.Notes, "\n"); note == "" && got != "" || !strings.Contains(got, note) {
		t.Errorf("notes %q, want %q", got, note)
	}
}
