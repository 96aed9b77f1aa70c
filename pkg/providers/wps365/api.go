package wps365

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// publicBase serves everyone but private deployments.
const publicBase = "https://openapi.wps.cn"

const groupsPath = "/v7/mail_groups"

// api sends authenticated requests to one tenant.
type api struct {
	http   *httpx.Client
	base   string
	prefix string // the path of base, which is not signed
	keys   credentials
	signs  bool
	app    *bearer // acts for the app
	user   *bearer // acts for a user, where the connection has a refresh token; else nil
}

func newAPI(conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (*api, error) {
	base := strings.TrimSuffix(conn.Endpoints[""], "/")
	if base == "" {
		base = publicBase
	}
	at, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	keys := credentials{secrets["appId"], secrets["appKey"]}
	oauth := newOAuth(env, conn.Name, base, keys)
	a := &api{base: base, prefix: at.EscapedPath(), keys: keys, signs: conn.Settings["sign"] != "false", app: newBearer(oauth.asApp)}
	if first, given := secrets["refreshToken"]; given {
		a.user = newBearer((&userTokens{oauth: oauth, kv: env.KV, key: conn.Name + "/refresh-token", initial: first}).asUser)
	}
	a.http = httpx.New(env, conn.Name, conn.Rate)
	a.http.Secrets.Keep(slices.Collect(maps.Values(secrets))...)
	oauth.http.Secrets = a.http.Secrets
	a.http.Prepare = func(ctx context.Context, r httpx.Request) error {
		_, err := a.bearer(r.Method, r.Base+r.Path).Get(ctx, "")
		return err
	}
	a.http.Sign, a.http.Explain, a.http.Again, a.http.Meaning = a.authenticate, explain, a.renew, meaningOf
	return a, nil
}

// bearer is who acts in a request: a user, if there is one, where mail groups are written, and the app everywhere else. The
// vendor's pages differ on whom it lets create mail groups.
func (a *api) bearer(method, address string) *bearer {
	if a.user != nil && method != http.MethodGet && strings.HasPrefix(address, a.base+groupsPath) {
		return a.user
	}
	return a.app
}

// authenticate adds the token, and signs.
func (a *api) authenticate(ctx context.Context, r *http.Request, body []byte) error {
	token, err := a.bearer(r.Method, r.URL.String()).Get(ctx, "")
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token.Reveal())
	if a.signs {
		a.keys.sign(r, body, a.prefix, time.Now())
	}
	return nil
}

// renew gets another token when the vendor no longer takes the one it was sent.
func (a *api) renew(ctx context.Context, r *http.Request, e *httpx.Error) bool {
	if e.Meaning() != http.StatusUnauthorized {
		return false
	}
	_, err := a.bearer(r.Method, r.URL.String()).Get(ctx, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	return e.Mended(err)
}

// send does one call.
func (a *api) send(ctx context.Context, r httpx.Request, data any) error {
	r.Base = a.base
	r.Header = http.Header{"X-Kso-Id-Type": {"internal"}} // user ids are the vendor's
	answer := envelope{Data: data}
	if _, err := a.http.Do(ctx, r, &answer); err != nil {
		return err
	}
	if answer.Code == nil {
		return fmt.Errorf("%s %s%s: the answer is not the vendor's: it has no code", r.Method, r.Base, r.Path)
	}
	return nil
}

// query does a POST that only reads.
func (a *api) query(ctx context.Context, path string, body, data any) error {
	return a.send(ctx, httpx.Request{Method: http.MethodPost, Path: path, Body: body, Repeatable: true}, data)
}

// missing says whether an error means that the tenant does not have the call at all.
func missing(err error) bool {
	return httpx.Status(err) == http.StatusNotFound || httpx.Code(err) == codeUnsupported
}

// notDone recognises errors after which the vendor surely did nothing.
func notDone(err error) bool { return provider.FailureOf(err).Fate == provider.NotDone }
