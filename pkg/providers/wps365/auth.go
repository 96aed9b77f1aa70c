package wps365

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

const (
	tokenPath = "/oauth2/token"
	// tokenLife is what the vendor documents, for an answer that does not say.
	tokenLife = 2 * time.Hour
)

// bearer hands out one access token until it is about to end.
type bearer = httpx.Renewing[spec.Secret]

func newBearer(fetch func(context.Context) (tokens, error)) *bearer {
	return httpx.NewRenewing(func(ctx context.Context) (httpx.Issued[spec.Secret], error) {
		t, err := fetch(ctx)
		return httpx.Issued[spec.Secret]{Value: spec.NewSecret(t.Access), ID: t.Access, Life: t.life()}, err
	})
}

// oauth asks for tokens (WPS 365 open platform, get self-built app access token; refresh user access token).
type oauth struct {
	http *httpx.Client
	base string
	app  credentials
}

func newOAuth(env httpx.Env, connection, base string, app credentials) *oauth {
	o := &oauth{httpx.New(env, connection, spec.Rates{}), base, app}
	o.http.Sign, o.http.Explain, o.http.Meaning, o.http.Private = httpx.AsForm, o.explain, meaningOf, true
	return o
}

// explain reads an error body, of which nothing is shown that may be a token.
func (o *oauth) explain(e *httpx.Error, header http.Header, body []byte) {
	var t tokens
	_ = json.Unmarshal(body, &t) // what it holds of them
	o.keep(t)
	if explain(e, header, body); e.Code == "" && e.Message == "" {
		e.Message = "what it answered is not shown, since it may be a token"
	}
}

// keep has the tokens hidden wherever a vendor shows them.
func (o *oauth) keep(t tokens) {
	o.http.Secrets.KeepToken(spec.NewSecret(t.Access), spec.NewSecret(t.Refresh))
}

// ask sends the token call. No error of it shows any part of an answer that holds a token.
func (o *oauth) ask(ctx context.Context, fields map[string]string, repeatable bool) (tokens, error) {
	o.keep(tokens{Refresh: fields["refresh_token"]})
	body := map[string]string{"client_id": o.app.appID.Reveal(), "client_secret": o.app.appKey.Reveal()}
	maps.Copy(body, fields)
	var raw json.RawMessage
	var t tokens
	_, err := o.http.Do(ctx, httpx.Request{Method: http.MethodPost, Base: o.base, Path: tokenPath, Policy: "token", Body: body, Repeatable: repeatable}, &raw)
	if err == nil && (json.Unmarshal(raw, &t) != nil || t.Access == "") {
		err = errors.New("POST " + o.base + tokenPath + ": the answer holds no token")
	}
	o.keep(t)
	return t, err
}

// asApp gets a token for the app itself. The one before stays valid, so asking twice does no harm.
func (o *oauth) asApp(ctx context.Context) (tokens, error) {
	return o.ask(ctx, map[string]string{"grant_type": "client_credentials"}, true)
}

// userTokens is a user's leave to act in his name: a refresh token, which each use replaces by another.
type userTokens struct {
	oauth   *oauth
	kv      store.KV
	key     string      // in kv
	initial spec.Secret // from the file's reference
	unkept  string      // the token that kv did not take
}

// kept is the present refresh token and which one of the file it came from: a new one there ends the chain.
type kept struct {
	Of    string `json:"of"`
	Token string `json:"token"`
}

func (c *userTokens) of() string {
	sum := sha256.Sum256([]byte(c.initial.Reveal()))
	return hex.EncodeToString(sum[:])
}

// asUser gets a token for the user. The refresh token is kept before it is spent as well, so that a store which takes
// nothing is found out while the token is still good; the new one is kept before anything is done with its answer. Callers
// come one at a time.
func (c *userTokens) asUser(ctx context.Context) (tokens, error) {
	now := c.current()
	if err := c.keep(now); err != nil {
		return tokens{}, err
	}
	t, err := c.oauth.ask(ctx, map[string]string{"grant_type": "refresh_token", "refresh_token": now}, false)
	if err != nil || t.Refresh == "" {
		return t, err
	}
	if err := c.keep(t.Refresh); err != nil {
		c.unkept = t.Refresh
		return tokens{}, err
	}
	c.unkept = ""
	return t, nil
}

func (c *userTokens) current() string {
	if c.unkept != "" || c.kv == nil {
		return c.unkept
	}
	var k kept
	if text, ok := c.kv.Get(c.key); ok && json.Unmarshal([]byte(text), &k) == nil && k.Of == c.of() && k.Token != "" {
		return k.Token
	}
	return c.initial.Reveal()
}

func (c *userTokens) keep(token string) error {
	if c.kv == nil {
		return errors.New("a refresh token changes with each use, and there is no state to keep it in")
	}
	text, err := json.Marshal(kept{c.of(), token})
	if err == nil {
		err = c.kv.Put(c.key, string(text))
	}
	if err != nil {
		return fmt.Errorf("keep the refresh token: %w", err)
	}
	return nil
}
