package alibabacloudemu

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

func TestEnvelope(t *testing.T) {
	inBubble(t, Options{}, "", func(c client) {
		got := c.do(resendIt, "RecordId", "nothing")
		wantSame(t, "status", got.status, 404)
		wantSame(t, "content type", got.header.Get("Content-Type"), "application/json;charset=utf-8")
		wantSame(t, "body", got.text, `{"Code":"EntityNotExists.AccountRecord","HostId":"127.0.0.1:1",`+
			`"Message":"This resource directory account recordId does not exist.","Recommend":"","RequestId":"9B34724D-54B0-4A51-B34D-000000000001"}`+"\n")
		wantSame(t, "next", c.do(listAccounts).RequestID, "9B34724D-54B0-4A51-B34D-000000000002")
	})
}

// TestErrors tries the documented errors, with their statuses and texts.
func TestErrors(t *testing.T) {
	const mismatch, used = "You cannot perform the action on the member account.", "The email has been used."
	const unknown = "This resource directory account does not exist."
	long := strings.Repeat("x", 51)
	inBubble(t, Options{Unthrottled: true}, smallSeed, func(c client) {
		id := c.id("billing")
		for _, test := range []struct {
			call      string
			params    []string
			status    int
			code, msg string
		}{
			{promote, []string{"Email", "a@b.example"}, 400, "MissingParameter.AccountId", "You must specify AccountId."},
			{promote, []string{"AccountId", "12", "Email", "a@b.example"}, 400, "InvalidParameter.AccountId", "The AccountId is invalid."},
			{promote, []string{"AccountId", id}, 400, "MissingParameter.Email", "You must specify Email."},
			{promote, []string{"AccountId", id, "Email", "a b@c.example"}, 400, "InvalidParameter.Email", "The Email is invalid."},
			{promote, []string{"AccountId", id, "email", "a@b.example"}, 400, "MissingParameter.Email", "You must specify Email."},
			{promote, []string{"AccountId", "1234567890123456", "Email", "a@b.example"}, 404, "EntityNotExists.Account", unknown},
			{promote, []string{"AccountId", c.id("pending"), "Email", "a@b.example"}, 409, "AccountTypeOrStatusMismatch", mismatch},
			{promote, []string{"AccountId", c.id("cloud"), "Email", "a@b.example"}, 409, "AccountTypeOrStatusMismatch", mismatch},
			{promote, []string{"AccountId", id, "Email", "CLOUD@corp.example"}, 409, "InvalidParameter.Email.AlreadyUsed", used},
			{promote, []string{"AccountId", id, "Email", "pending@corp.example"}, 409, "InvalidParameter.Email.AlreadyUsed", used},
			{resendIt, nil, 400, "MissingParameter.RecordId", "You must specify RecordId."},
			{resendIt, []string{"RecordId", "?"}, 404, "EntityNotExists.AccountRecord", "This resource directory account recordId does not exist."},
			{createIt, nil, 400, "MissingParameter.Account.DisplayName", "You must specify DisplayName."},
			{createIt, []string{"DisplayName", "a!b"}, 400, "InvalidParameter.Account.DisplayName", "The DisplayName of account is invalid."},
			{createIt, []string{"DisplayName", long}, 400, "InvalidParameter.Account.DisplayName.Length", "The DisplayName of the account exceeds the length limit."},
			{createIt, []string{"DisplayName", "ab", "ParentFolderId", "fd-0", "DryRun", "x"}, 400, "InvalidParameter.DryRun", "The DryRun is invalid."},
			{createIt, []string{"DisplayName", "ab", "ParentFolderId", "fd-0"}, 400, "InvalidParameter.ParentFolderId", "The ParentFolderId is invalid."},
			{createIt, []string{"DisplayName", "ab", "ParentFolderId", "fd-0123456789"}, 404, "EntityNotExists.Folder", "The resource directory folder does not exist."},
			{createIt, []string{"DisplayName", "cloud"}, 409, "InvalidParameter.Account.DisplayName.AlreadyUsed", "The displayname of account has been used."},
			{getAccount, nil, 400, "MissingParameter.AccountId", "You must specify AccountId."},
			{getAccount, []string{"AccountId", "1234567890123456"}, 404, "EntityNotExists.Account", unknown},
			{getAccount, []string{"AccountId", id, "IncludeTags", "yes"}, 400, "InvalidParameter.IncludeTags", "The IncludeTags is invalid."},
			{update, []string{"AccountId", id}, 400, "MissingParameter.NewAccountType", "You must specify NewAccountType."},
			{update, []string{"AccountId", id, "NewAccountType", "cloud"}, 400, "InvalidParameter.NewAccountType", "The NewAccountType is invalid."},
			{update, []string{"AccountId", id, "NewAccountType", "CloudAccount", "NewDisplayName", "ab"}, 400, "InvalidParameter.NewAccountType", "The NewAccountType is invalid."},
			{update, []string{"AccountId", id, "NewDisplayName", "a"}, 400, "InvalidParameter.Account.DisplayName", "The DisplayName of account is invalid."},
			{createIt, []string{"DisplayName", "ab", "AccountNamePrefix", "a..b"}, 400, "InvalidParameter.AccountNamePrefix", "The AccountNamePrefix is invalid."},
			{createIt, []string{"DisplayName", "ab", "AccountNamePrefix", long[:38]}, 400, "InvalidParameter.AccountNamePrefix", "The AccountNamePrefix is invalid."},
			{listAccounts, []string{"PageNumber", "0"}, 400, "InvalidParameter.PageNumber", "The PageNumber is invalid."},
			{listAccounts, []string{"PageSize", "101"}, 400, "InvalidParameter.PageSize", "The PageSize is invalid."},
			{listAccounts, []string{"MaxResults", "101"}, 400, "InvalidParameter.MaxResults", "The MaxResults is invalid."},
			{listAccounts, []string{"NextToken", "?"}, 400, "InvalidParameter.NextToken", "The NextToken is invalid."},
			{listRecords, []string{"PageSize", "many"}, 400, "InvalidParameter.PageSize", "The PageSize is invalid."},
		} {
			before := c.state()
			got := c.do(test.call, test.params...)
			want := []any{test.status, test.code, test.msg}
			wantSame(t, fmt.Sprint(test.call, test.params), []any{got.status, got.Code, got.Message}, want)
			wantSame(t, "state after "+test.call, c.state(), before)
		}
	})
}

func TestNoDirectory(t *testing.T) {
	inBubble(t, Options{NoDirectory: true}, smallSeed, func(c client) {
		c.want("EntityNotExists.ResourceDirectory", listAccounts)
		c.want("EntityNotExists.ResourceDirectory", resendIt, "RecordId", "x")
		c.want("EntityNotExists.ResourceDirectory", listRecords, "ParentFolderId", "fd-0123456789")
		c.want("MissingParameter.RecordId", resendIt)
	})
}

// TestVersions calls each action in each version: section 1 of the API notes, where somebody calls it.
func TestVersions(t *testing.T) {
	inBubble(t, Options{}, "", func(c client) {
		for _, test := range []struct{ action, versions string }{
			{"PromoteResourceAccount", "2020-03-31"},
			{"ResendPromoteResourceAccountEmail", "2020-03-31"},
			{"ListAccountRecordsForParent", "2016-11-11"},
			{"CreateResourceAccount", "2020-03-31 2022-04-19"},
			{"GetAccount", "2020-03-31 2022-04-19"},
			{"ListAccounts", "2020-03-31 2022-04-19"},
			{"UpdateAccount", "2020-03-31 2022-04-19"},
			{"ListTrashAccounts", ""},
		} {
			for _, version := range []string{v2016, v2020, v2022} {
				want := "InvalidApi.NotFound"
				if strings.Contains(test.versions, version) {
					want = ""
				}
				got := c.do(version + " " + test.action)
				if (got.Code == "InvalidApi.NotFound") != (want != "") {
					t.Errorf("%s %s: %d %s", version, test.action, got.status, got.text)
				}
			}
		}
		c.want("NoSuchVersion", "2019-01-01 ListAccounts")
	})
}

func TestHosts(t *testing.T) {
	inBubble(t, Options{}, "", func(c client) {
		for _, test := range []struct{ host, version, code string }{
			{"resourcemanager.aliyuncs.com", v2016, "InvalidApi.NotFound"}, // it has no ListAccounts
			{"resourcemanager.aliyuncs.com:443", v2020, ""},
			{"resourcemanager.aliyuncs.com", v2022, "NoSuchVersion"},
			{"resourcedirectory.aliyuncs.com", v2022, ""},
			{"resourcedirectory-intl.aliyuncs.com", v2022, ""},
			{"resourcedirectory.aliyuncs.com", v2020, "NoSuchVersion"},
			{"resourcedirectorymaster.aliyuncs.com", v2022, "InvalidProduct.NotFound"},
			{"emulator.example", v2022, ""},
		} {
			r := c.request(test.version + " ListAccounts")
			r.Host = test.host
			signAs(r, AccessKeyID, AccessKeySecret)
			if got := c.serve(r); got.Code != test.code {
				t.Errorf("%v: %d %s", test, got.status, got.text)
			}
		}
		r := c.request(listAccounts)
		r.Method = http.MethodDelete
		signAs(r, AccessKeyID, AccessKeySecret)
		if got := c.serve(r); got.Code != "InvalidApi.NotFound" {
			t.Errorf("DELETE: %s", got.text)
		}
	})
}

func TestRates(t *testing.T) {
	for call, perSecond := range map[string]int{
		promote: 10, update: 20, createIt: 20, listAccounts: 3, getAccount: 3,
	} {
		inBubble(t, Options{PerSecond: 3}, "", func(c client) {
			for i := range perSecond {
				if got := c.do(call); got.Code == "Throttling.User" {
					t.Fatalf("%s: call %d: %s", call, i+1, got.text)
				}
			}
			c.Advance(400 * time.Millisecond)
			got := c.want("Throttling.User", call)
			wantSame(t, call, got.status, 400)
			wantSame(t, call, got.header.Get("x-ratelimit-user-api"), fmt.Sprintf("Limit:%d,Remain:0,TimeLeft:600,Reset:600", perSecond))
			c.want("EntityNotExists.AccountRecord", resendIt, "RecordId", "x") // each action has its own
			c.Advance(600 * time.Millisecond)
			if got := c.do(call); got.Code == "Throttling.User" {
				t.Errorf("%s: a second later: %s", call, got.text)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	inBubble(t, Options{}, smallSeed, func(c client) {
		if err := c.SetFaults([]emu.Fault{
			{Match: "POST /2020-03-31/PromoteResourceAccount", Kind: emu.FaultThrottle, Nth: 1, RetryAfter: 2 * time.Second},
			{Match: "POST /2020-03-31/PromoteResourceAccount", Kind: emu.FaultDropReply, Nth: 2},
		}); err != nil {
			t.Fatal(err)
		}
		id := c.id("billing")
		got := c.want("Throttling.User", promote, "AccountId", id, "Email", "a@corp.example")
		wantSame(t, "wait", got.header.Get("x-ratelimit-user-api")+" "+got.header.Get("Retry-After"), "Limit:10,Remain:0,TimeLeft:1000,Reset:1000 2")
		wantSame(t, "mails", len(c.mailed()), 0)
		web := &http.Client{Transport: c.Transport()}
		r := c.request(promote, "AccountId", id, "Email", "a@corp.example")
		r.RequestURI = ""
		if _, err := web.Do(r); err == nil {
			t.Error("the reply was not dropped")
		}
		wantSame(t, "mails", len(c.mailed()), 1) // done, but unanswered
		c.want("AccountTypeOrStatusMismatch", promote, "AccountId", id, "Email", "a@corp.example")
		c.serve(signedV1(c, "GET", false))
		c.serve(signedV1(c, "POST", true)) // says what it wants in its body, which the log does not read
		var paths []string
		for _, call := range c.Calls() {
			paths = append(paths, call.Path)
		}
		wantSame(t, "paths", paths, []string{
			"/2020-03-31/PromoteResourceAccount", "/2020-03-31/PromoteResourceAccount", "/2020-03-31/PromoteResourceAccount",
			"/2020-03-31/ListAccounts", "/",
		})
	})
}
