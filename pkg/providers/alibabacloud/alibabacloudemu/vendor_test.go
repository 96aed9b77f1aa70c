package alibabacloudemu

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

func TestEnvelope(t *testing.T) {
	inBubble(t, Options{}, "", func(c client) {
		got := c.do(resendIt, "RecordId", "nothing")
		emutest.Same(t, "status", got.Status, 404)
		emutest.Same(t, "content type", got.Header.Get("Content-Type"), "application/json;charset=utf-8")
		emutest.Same(t, "body", got.Text, `{"Code":"EntityNotExists.AccountRecord","HostId":"127.0.0.1:1",`+
			`"Message":"This resource directory account recordId does not exist.","Recommend":"","RequestId":"9B34724D-54B0-4A51-B34D-000000000001"}`+"\n")
		emutest.Same(t, "next", c.do(listAccounts).RequestID, "9B34724D-54B0-4A51-B34D-000000000002")
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
		emutest.Same(t, "wait", got.Header.Get("x-ratelimit-user-api")+" "+got.Header.Get("Retry-After"), "Limit:10,Remain:0,TimeLeft:1000,Reset:1000 2")
		emutest.Same(t, "mails", len(c.mailed()), 0)
		web := &http.Client{Transport: c.Transport()}
		r := c.request(promote, "AccountId", id, "Email", "a@corp.example")
		r.RequestURI = ""
		if _, err := web.Do(r); err == nil {
			t.Error("the reply was not dropped")
		}
		emutest.Same(t, "mails", len(c.mailed()), 1) // done, but unanswered
		c.want("AccountTypeOrStatusMismatch", promote, "AccountId", id, "Email", "a@corp.example")
		c.serve(signedV1(c, "GET", false))
		c.serve(signedV1(c, "POST", true)) // says what it wants in its body, which the log does not read
		var paths []string
		for _, call := range c.Calls() {
			paths = append(paths, call.Path)
		}
		emutest.Same(t, "paths", paths, []string{
			"/2020-03-31/PromoteResourceAccount", "/2020-03-31/PromoteResourceAccount", "/2020-03-31/PromoteResourceAccount",
			"/2020-03-31/ListAccounts", "/",
		})
	})
}

func TestConcurrentUse(t *testing.T) {
	c := newClient(t, Options{Unthrottled: true}, manyAccounts(3))
	record := c.record("account 000")
	var group sync.WaitGroup
	for range 8 {
		var requests []*http.Request
		for range 20 {
			requests = append(requests, c.request(listAccounts), c.request(resendIt, "RecordId", record))
		}
		group.Go(func() {
			for _, r := range requests {
				c.ServeHTTP(httptest.NewRecorder(), r)
				_, _ = c.State()
				c.vendor.Mails()
			}
		})
	}
	group.Wait()
	emutest.Same(t, "mails", len(c.mailed()), 1)
}

// FuzzRequests sends any query and body, rightly signed or not: there must be an answer of a kind that the vendor documents.
func FuzzRequests(f *testing.F) {
	f.Add("ListAccounts", v2022, "MaxResults=3&NextToken=Mw&Tag.1.Key=a", "", true)
	f.Add("PromoteResourceAccount", v2020, "AccountId=1000000000000001", "Email=a%40b.example", true)
	f.Add("ListAccountRecordsForParent", v2016, "PageNumber=2147483647&PageSize=100", "", true)
	f.Add("", "", "Action=ListAccounts&Version=2022-04-19&Signature=x&AccessKeyId=emulator-key&SignatureNonce=1", "", false)
	f.Add("UpdateAccount", v2022, "", "AccountId=1000000000000001&NewDisplayName=x%20y&DryRun=true", true)
	f.Fuzz(func(t *testing.T, action, version, query, body string, sign bool) {
		c := newClient(t, Options{}, fullState)
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", formType)
		r.Header.Set("X-Acs-Action", action)
		r.Header.Set("X-Acs-Version", version)
		r.Header.Set("X-Acs-Date", c.Now().Format(dateForm))
		r.Header.Set("X-Acs-Signature-Nonce", "1")
		r.Header.Set("X-Acs-Content-Sha256", emu.Hash([]byte(body)))
		if sign {
			signAs(r, AccessKeyID, AccessKeySecret)
		}
		switch got := c.serve(r); got.Status {
		case 200, 400, 404, 409:
			if sign && got.Code == "SignatureDoesNotMatch" {
				t.Errorf("%s", got.Text)
			}
		default:
			t.Errorf("%d %s", got.Status, got.Text)
		}
		c.Reloads()
	})
}
