package alibabacloud_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud/alibabacloudemu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// An account that is being deleted is neither promoted nor is its owner mailed again, whatever of the two is left to do.
func TestAccountsThatAreBeingDeleted(t *testing.T) {
	for status, leaves := range map[string]bool{"": false, "CheckFailed": false, "DeleteFailed": false, "Checking": true, "Deleting": true, "Unheard": true} {
		d := newDirectory(t, alibabacloudemu.Options{}, small)
		w := d.Open(t)
		if _, err := w.Read(t.Context(), providertest.All(desired("cloud", "billing", "waiting"))); err != nil {
			t.Fatal(err)
		}
		d.Rewrite(func(_ *http.Request, answer map[string]any) {
			providertest.EachList(answer, func(rows []map[string]any) []map[string]any {
				for _, row := range rows {
					row["DeletionStatus"] = status
				}
				return rows
			})
		})
		for _, q := range []provider.Query{providertest.All(desired("cloud", "billing", "waiting")), {Desired: desired("cloud", "billing", "waiting"), Partial: true, Notices: true}} {
			live, err := w.Read(t.Context(), q)
			gated := strings.Contains(live.Unsupported[ref("billing")], "being deleted") && len(live.Notices) == 0
			if err != nil || gated != leaves {
				t.Errorf("%s: unsupported %v, notices %v, error %v", status, live.Unsupported, live.Notices, err)
			}
		}
		change := diff.Change{Op: diff.OpUpdate, Kind: "account", Resource: "billing", Field: "type", From: "resource", To: "cloud", Settings: spec.Settings{}.With("email", "b@corp.example")}
		if err := w.Do(t.Context(), "PromoteResourceAccount", []diff.Change{change}, nil); (err != nil) != leaves {
			t.Errorf("%s: promoted, error %v", status, err)
		}
	}
}

// What the vendor does not have, or not let us see, of the records of mails is a note: the rest is planned.
func TestRecordsThatCantBeRead(t *testing.T) {
	for body, tc := range map[string]struct {
		status int
		says   string
	}{
		`{"Code":"InvalidVersion","Message":"m"}`:         {400, "the vendor does not show it"},
		`{"Code":"InvalidAction.NotFound","Message":"m"}`: {404, "the vendor does not show it"},
		`{"Code":"NoPermission","Message":"m"}`:           {403, "give the connection's key the permission resourcemanager:ListAccountRecordsForParent, or say `notices: off`"},
		`{"Code":"Unheard.Of","Message":"m"}`:             {403, "give the connection's key the permission resourcemanager:ListAccountRecordsForParent, or say `notices: off`"},
	} {
		d := newDirectory(t, alibabacloudemu.Options{}, small)
		d.Fault(t, emu.Fault{Match: "GET " + records, Kind: emu.FaultRefuse, Status: tc.status, Body: body})
		live, err := d.Open(t).Read(t.Context(), providertest.All(desired("cloud", "waiting")))
		if err != nil || !strings.Contains(fmt.Sprint(live.Notes), tc.says) || len(live.Notices) > 0 {
			t.Errorf("%s: notes %q, error %v", body, live.Notes, err)
		}
	}
}

// Where the records can't be read, a promotion that came to nothing is still held to the pace of mails, by what its account shows.
func TestDeniedRecordsHoldThePace(t *testing.T) {
	d := newDirectory(t, alibabacloudemu.Options{}, small+"    - {name: ended, status: PromoteExpired, email: ended@corp.example}\n")
	d.Fault(t, emu.Fault{Match: "GET " + records, Kind: emu.FaultRefuse, Status: 403, Body: `{"Code":"Unheard.Of","Message":"m"}`})
	live, err := d.Open(t).Read(t.Context(), providertest.All(desired("cloud", "ended", "waiting")))
	if err != nil || len(live.Notices) != 1 || live.Notices[0].Resource.Name != "ended" || live.Notices[0].Field != "type" {
		t.Errorf("notices %+v, error %v", live.Notices, err)
	}
}
