package alibabacloud

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The regions that stand for the vendor's sites.
const (
	siteChina         = "cn-shanghai"
	siteInternational = "ap-southeast-1"
)

// siteHosts are the hosts that serve the accounts of a site; ResourceManager has one for all. (Endpoint pages of the two products. The
// host that the vendor's SDK derives for ResourceDirectoryMaster is not among them.)
func siteHosts(site string) map[family]string {
	hosts := map[family]string{resourceManager: "https://resourcemanager.aliyuncs.com", resourceDirectory: "https://resourcedirectory.aliyuncs.com",
		sts: "https://sts.aliyuncs.com"}
	if site == siteInternational {
		hosts[resourceDirectory] = "https://resourcedirectory-intl.aliyuncs.com"
	}
	return hosts
}

// api sends signed requests to one resource directory.
type api struct {
	http  *httpx.Client
	bases map[family]string
	keys  *httpx.Renewing[credentials]
	skew  atomic.Int64 // nanoseconds by which the vendor's clock is ahead of ours
}

func newAPI(conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) *api {
	a := &api{http: httpx.New(env, conn.Name, conn.Rate), bases: map[family]string{}}
	for f, host := range siteHosts(conn.Settings["region"]) {
		a.bases[f] = strings.TrimSuffix(cmp.Or(conn.Endpoints[string(f)], conn.Endpoints[""], host), "/")
	}
	a.keys = a.newCredentials(conn, secrets, env)
	a.http.Prepare = func(ctx context.Context, _ httpx.Request) error {
		_, err := a.keys.Get(ctx, "")
		return err
	}
	a.http.Sign, a.http.Explain, a.http.Again = a.authenticate, a.explain, a.mend
	return a
}

// read does a call that changes nothing, with GET, which the vendor documents for these products (Resource Management:
// request structure; its command line's metadata say GET|POST for each call).
func (a *api) read(ctx context.Context, op operation, query url.Values, out any) error {
	return a.send(ctx, http.MethodGet, op, query, out, nil)
}

// write does a call that changes something or mails somebody; see httpx.Request.BeforeSend for begin. Repeating it is never safe.
func (a *api) write(ctx context.Context, op operation, query url.Values, out any, begin func() error) error {
	return a.send(ctx, http.MethodPost, op, query, out, begin)
}

func (a *api) send(ctx context.Context, method string, op operation, query url.Values, out any, begin func() error) error {
	_, err := a.http.Do(ctx, httpx.Request{Method: method, Base: a.bases[op.family], Path: "/", Query: query, Header: op.header(),
		First: query.Get("PageNumber") == "1", BeforeSend: begin}, out)
	if err != nil {
		return fmt.Errorf("%s: %w", op.action, err)
	}
	return nil
}

// get reads one account (GetAccount).
func (a *api) get(ctx context.Context, id string) (account, error) {
	var answer single
	if err := a.read(ctx, getAccount, url.Values{"AccountId": {id}}, &answer); err != nil {
		return account{}, err
	}
	if answer.Account.ID != id {
		return account{}, fmt.Errorf("%s: asked for account %q, the answer is about %q", getAccount.action, id, answer.Account.ID)
	}
	return answer.Account, nil
}

// now is the vendor's time, as far as it was seen to differ from ours.
func (a *api) now() time.Time {
	return time.Now().Add(time.Duration(a.skew.Load())).UTC().Truncate(time.Second)
}

// authenticate signs each attempt anew.
func (a *api) authenticate(ctx context.Context, r *http.Request, body []byte) error {
	keys, err := a.keys.Get(ctx, "")
	if err != nil {
		return err
	}
	keys.sign(r, body, a.now(), nonce())
	return nil
}

// nonce is another one for each attempt: the gateway takes it once.
func nonce() string { return rand.Text() }
