package alibabacloudemu

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

const smallSeed = `
alibabacloud:
  accounts:
    - {name: billing, email: billing@corp.example}
    - {name: lost, status: PromoteVerifying, email: bounce@corp.example}
    - {name: pending, status: PromoteVerifying, email: pending@corp.example}
    - {name: cloud, type: cloud, email: cloud@corp.example}
`

// client calls an emulator with an access key, for tests.
type client struct {
	emutest.Client
	vendor *Vendor
	nonce  *int
}

func newClient(t testing.TB, opts Options, seed string) client {
	t.Helper()
	v := New(opts)
	return client{emutest.Start(t, v, seed), v, new(int)}
}

// inBubble runs a test on virtual time.
func inBubble(t *testing.T, opts Options, seed string, test func(c client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newClient(t, opts, seed)) })
}

// answered is an answer, with what tests look at most.
type answered struct {
	emutest.Answer
	RequestID  string `json:"RequestId"`
	HostID     string `json:"HostId"`
	Code       string
	Message    string
	Recommend  *string
	RecordID   string `json:"RecordId"`
	Account    map[string]any
	Accounts   struct{ Account []map[string]any }
	Records    struct{ Record []map[string]any }
	TotalCount int
	PageNumber int
	PageSize   int
	NextToken  string
}

// serve sends a request as it is.
func (c client) serve(r *http.Request) (out answered) {
	c.Helper()
	out.Answer = c.Send(r, &out)
	if out.RequestID == "" || (out.Code == "") != (out.Status == 200) {
		c.Fatalf("%s %s: %d %s", r.Method, r.URL, out.Status, out.Text)
	}
	return out
}

// request is a signed one for "2020-03-31 GetAccount". Parameters are names and values in turn.
func (c client) request(call string, params ...string) *http.Request {
	version, action, _ := strings.Cut(call, " ")
	query := url.Values{}
	for i := 0; i < len(params); i += 2 {
		query.Set(params[i], params[i+1])
	}
	r := httptest.NewRequest("POST", "http://127.0.0.1:1/?"+query.Encode(), nil)
	*c.nonce++
	r.Header.Set("X-Acs-Action", action)
	r.Header.Set("X-Acs-Version", version)
	r.Header.Set("X-Acs-Date", c.Now().Format(dateForm))
	r.Header.Set("X-Acs-Signature-Nonce", fmt.Sprint("nonce", *c.nonce))
	r.Header.Set("X-Acs-Content-Sha256", emu.Hash(nil))
	signAs(r, AccessKeyID, AccessKeySecret)
	return r
}

// signAs signs a request with V3, over host and all headers that are there.
func signAs(r *http.Request, key, secret string) {
	r.Header.Del("Authorization")
	signed := []string{"host"}
	for h := range r.Header {
		signed = append(signed, strings.ToLower(h))
	}
	slices.Sort(signed)
	signOver(r, key, secret, signed, r.Header.Get("X-Acs-Content-Sha256"))
}

// signOver signs the headers named, in this order, and a body of some hash.
func signOver(r *http.Request, key, secret string, signed []string, payloadHash string) {
	text := textV3(canonicalV3(r, r.URL.Query(), signed, payloadHash))
	r.Header.Set("Authorization", fmt.Sprintf("%s Credential=%s,SignedHeaders=%s,Signature=%s",
		schemeV3, key, strings.Join(signed, ";"), emu.MAC(secret, text)))
}

func (c client) do(call string, params ...string) answered {
	c.Helper()
	return c.serve(c.request(call, params...))
}

// want makes a call and wants a code, or success if it is blank.
func (c client) want(code, call string, params ...string) answered {
	c.Helper()
	out := c.do(call, params...)
	if out.Code != code {
		c.Fatalf("%s %v: %d %s, want %q", call, params, out.Status, out.Text, code)
	}
	return out
}

// id is the AccountId of a name.
func (c client) id(name string) string {
	c.Helper()
	w := c.vendor.Begin(c.Context())
	defer c.vendor.End()
	if r := w.named(name); r != nil {
		return r.id
	}
	c.Fatalf("no account %q", name)
	return ""
}

// record is the RecordId of a name, as somebody finds it who was not answered it.
func (c client) record(name string) string {
	c.Helper()
	id := ""
	for _, r := range c.want("", "2016-11-11 ListAccountRecordsForParent", "PageSize", "100", "QueryKeyword", name).Records.Record {
		id = r["RecordId"].(string)
	}
	return id
}

// status is "status type name" of an account.
func (c client) status(name string) string {
	c.Helper()
	a := c.want("", "2022-04-19 GetAccount", "AccountId", c.id(name)).Account
	return fmt.Sprint(a["Status"], " ", a["Type"], " ", a["AccountName"])
}

// mailed are the mails so far, as "action account>to".
func (c client) mailed() (out []string) {
	for _, m := range c.vendor.Mails() {
		out = append(out, m.Action+" "+m.Account+">"+m.To)
	}
	return out
}

func keys(m map[string]any) string { return strings.Join(slices.Sorted(maps.Keys(m)), " ") }

const (
	promote      = "2020-03-31 PromoteResourceAccount"
	resendIt     = "2020-03-31 ResendPromoteResourceAccountEmail"
	listAccounts = "2022-04-19 ListAccounts"
	getAccount   = "2022-04-19 GetAccount"
	createIt     = "2022-04-19 CreateResourceAccount"
	update       = "2022-04-19 UpdateAccount"
	listRecords  = "2016-11-11 ListAccountRecordsForParent"
)

const day = 24 * time.Hour
