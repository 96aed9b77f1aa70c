package huaweicloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The keys of auth. See docs/credentials.md.
const (
	authAccessKey        = "accessKey"
	authSecretKey        = "secretKey"
	authSecurityToken    = "securityToken"
	authToken            = "token"
	authAgency           = "agency"
	authAgencyAccount    = "agencyAccount"
	authAccountID        = "accountId"
	authIdentityProvider = "identityProvider"
	authTokenFile        = "idTokenFile"
	authMetadata         = "metadata"
	authExec             = "exec"
)

// authForms are the ways to prove who we are; the first two can be printed by a program.
func authForms() []spec.AuthForm {
	return []spec.AuthForm{
		{Keys: []string{authAccessKey, authSecretKey}, Optional: []string{authSecurityToken}},
		{Keys: []string{authToken}},
		{Keys: []string{authAccessKey, authSecretKey, authAgency, authAgencyAccount}, Optional: []string{authSecurityToken, authAccountID}},
		{Keys: []string{authIdentityProvider, authTokenFile}},
		{Keys: []string{authMetadata}},
		{Keys: []string{authExec}},
	}
}

const printable = 2

var authKinds = map[string]spec.AuthKind{authAgency: spec.AuthName, authAgencyAccount: spec.AuthName, authAccountID: spec.AuthName,
	authIdentityProvider: spec.AuthName, authTokenFile: spec.AuthTokenFile, authMetadata: spec.AuthAddress, authExec: spec.AuthCommand}

// The calls that give temporary access keys (IAM: Obtaining Temporary Access Keys and Security Tokens of an Agency, and of an IAM
// User; Obtaining a Token with an OpenID Connect ID Token; SDK for Go v3: core/auth/internal, metadata_accessor.go and iam_helper.go).
// Trust agencies, which only the newer STS API knows, are not among what they give.
const (
	securityTokens = "/v3.0/OS-CREDENTIAL/securitytokens"
	idTokens       = "/v3.0/OS-AUTH/id-token/tokens"
	metadataToken  = "/meta-data/latest/api/token"
	metadataKeys   = "/openstack/latest/securitykey"
)

const (
	keyLife          = time.Hour       // of temporary access keys; IAM gives 15 minutes to 24 hours
	metadataPatience = 5 * time.Second // the service is on the server itself
	metadataSession  = "60"            // seconds; the least that the service gives
)

// issuer asks for temporary access keys. None of its answers is shown where it can't be read.
type issuer struct {
	api   *api
	http  *httpx.Client
	base  credentials // those that are exchanged
	names map[string]string
}

// newCredentials chooses the way to prove who we are by the keys that there are.
func (a *api) newCredentials(conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) *httpx.Renewing[credentials] {
	base := credentialsOf(secrets)
	i := &issuer{api: a, base: base, names: map[string]string{}}
	for key, secret := range secrets {
		if authKinds[key] == spec.AuthSecret {
			a.http.Secrets.Keep(secret)
		} else {
			i.names[key] = secret.Reveal()
		}
	}
	if i.names[authMetadata] != "" {
		env = env.Direct(metadataPatience)
	}
	i.http = httpx.New(env, conn.Name, spec.Rates{})
	i.http.Secrets, i.http.Private, i.http.Explain = a.http.Secrets, true, explain
	switch command := conn.Auth[authExec].Command; {
	case command != nil:
		return httpx.NewRenewing(func(ctx context.Context) (httpx.Issued[credentials], error) { return i.run(ctx, *command) })
	case i.names[authAgency] != "":
		i.http.Sign, i.http.Again = i.sign, a.correctClock
		return httpx.NewRenewing(i.fromAgency)
	case i.names[authIdentityProvider] != "":
		return httpx.NewRenewing(i.fromIDToken)
	case i.names[authMetadata] != "":
		return httpx.NewRenewing(i.fromMetadata)
	}
	return httpx.Fixed(base)
}

func credentialsOf(secrets map[string]spec.Secret) credentials {
	return credentials{secrets[authAccessKey], secrets[authSecretKey], secrets[authSecurityToken], secrets[authToken]}
}

// id is what requests show of the credentials.
func (c credentials) id() string {
	if token := c.token.Reveal(); token != "" {
		return token
	}
	return c.accessKey.Reveal()
}

// run has a program print the credentials.
func (i *issuer) run(ctx context.Context, command spec.Command) (httpx.Issued[credentials], error) {
	p, err := httpx.RunCommand(ctx, command, authForms()[:printable], i.http.Secrets)
	c := credentialsOf(p.Keys)
	return httpx.Issued[credentials]{Value: c, ID: c.id(), Life: p.Life}, err
}

// sign signs with the keys that are exchanged. Whether the vendor wants the account that they are of is not documented: some of its
// own clients send it, so that whoever needs it can say it.
func (i *issuer) sign(_ context.Context, r *http.Request, body []byte) (err error) {
	if r.Host, err = signedHost(r.URL); err != nil {
		return err
	}
	signed := []string{"Host"}
	if id := i.names[authAccountID]; id != "" {
		r.Header.Set("X-Domain-Id", id)
		signed = append(signed, "X-Domain-Id")
	}
	i.base.sign(r, body, i.api.now(), i.api.prefixOf(r.URL), signed...)
	return nil
}

// temporary is what IAM and the metadata service give.
type temporary struct {
	Credential struct {
		Access        string `json:"access"`
		Secret        string `json:"secret"`
		SecurityToken string `json:"securitytoken"`
		ExpiresAt     string `json:"expires_at"`
	} `json:"credential"`
}

// ask sends a call that gives temporary access keys. Another set does no harm, so that it may be repeated.
func (i *issuer) ask(ctx context.Context, r httpx.Request) (issued httpx.Issued[credentials], err error) {
	var answer temporary
	r.Policy, r.Repeatable = "credentials", true
	got, err := i.http.Do(ctx, r, &answer)
	if err != nil {
		return issued, err
	}
	c := answer.Credential
	issued.Value = credentials{accessKey: spec.NewSecret(c.Access), secretKey: spec.NewSecret(c.Secret), securityToken: spec.NewSecret(c.SecurityToken)}
	i.http.Secrets.KeepToken(issued.Value.accessKey, issued.Value.secretKey, issued.Value.securityToken)
	ends, known := provider.Instant(c.ExpiresAt)
	if c.Access == "" || c.Secret == "" || c.SecurityToken == "" || !known {
		return issued, fmt.Errorf("%s %s%s: the answer holds no temporary access key with its end", r.Method, r.Base, r.Path)
	}
	issued.ID = c.Access
	issued.Life, err = httpx.LifeOf(ends, got)
	return issued, err
}

// fromAgency takes on the part of an agency that another account, or another service, made for ours.
func (i *issuer) fromAgency(ctx context.Context) (httpx.Issued[credentials], error) {
	role := map[string]any{"agency_name": i.names[authAgency], "domain_name": i.names[authAgencyAccount], "duration_seconds": int(keyLife.Seconds())}
	issued, err := i.ask(ctx, httpx.Request{Method: http.MethodPost, Base: i.api.hosts[familyIAM], Path: securityTokens, Body: exchange("assume_role", role)})
	if err != nil {
		err = fmt.Errorf("assume agency %s of account %s: %w; see that the agency names the account of the access key, and that its user has the permission Agent Operator (iam:tokens:assume)",
			i.names[authAgency], i.names[authAgencyAccount], err)
	}
	return issued, err
}

func exchange(method string, by any) any {
	return map[string]any{"auth": map[string]any{"identity": map[string]any{"methods": []string{method}, method: by}}}
}

// fromIDToken shows IAM the token of an identity provider, and exchanges what it gives for access keys, as the vendor's SDK does.
func (i *issuer) fromIDToken(ctx context.Context) (issued httpx.Issued[credentials], err error) {
	token, err := httpx.ReadToken(i.names[authTokenFile])
	if err != nil {
		return issued, err
	}
	i.http.Secrets.KeepToken(token)
	body := map[string]any{"auth": map[string]any{"id_token": map[string]any{"id": token.Reveal()}}}
	var ignored any
	got, err := i.http.Do(ctx, httpx.Request{Method: http.MethodPost, Base: i.api.hosts[familyIAM], Path: idTokens, Policy: "credentials", Repeatable: true, Body: body,
		Header: http.Header{"X-Idp-Id": {i.names[authIdentityProvider]}}}, &ignored)
	subject := spec.NewSecret(got.Header.Get("X-Subject-Token"))
	switch i.http.Secrets.KeepToken(subject); {
	case err == nil && subject.Reveal() == "":
		err = errors.New("the answer holds no X-Subject-Token")
	case err == nil:
		by := map[string]any{"id": subject.Reveal(), "duration_seconds": int(keyLife.Seconds())}
		issued, err = i.ask(ctx, httpx.Request{Method: http.MethodPost, Base: i.api.hosts[familyIAM], Path: securityTokens, Body: exchange("token", by)})
	}
	if err != nil {
		err = fmt.Errorf("sign in as identity provider %s with the token in %s: %w; see that the provider exists in IAM, that the token is new and for its client id, and that a rule maps it to a user group",
			i.names[authIdentityProvider], i.names[authTokenFile], err)
	}
	return issued, err
}

// fromMetadata asks the server that we run on. Where it has no metadata tokens, as most regions have none, it takes requests without.
func (i *issuer) fromMetadata(ctx context.Context) (issued httpx.Issued[credentials], err error) {
	base, header := i.names[authMetadata], http.Header{}
	var session httpx.Text
	_, err = i.http.Do(ctx, httpx.Request{Method: http.MethodPut, Base: base, Path: metadataToken, Policy: "credentials", Repeatable: true,
		Header: http.Header{"X-Metadata-Token-Ttl-Seconds": {metadataSession}}}, &session)
	switch status := httpx.Status(err); {
	case err == nil:
		i.http.Secrets.KeepToken(spec.NewSecret(string(session)))
		header.Set("X-Metadata-Token", string(session))
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusServiceUnavailable:
		err = nil
	}
	if err == nil {
		issued, err = i.ask(ctx, httpx.Request{Method: http.MethodGet, Base: base, Path: metadataKeys, Header: header})
	}
	if err != nil {
		err = fmt.Errorf("ask the metadata service: %w; see that we run on a server of the vendor's, and that it has an agency", err)
	}
	return issued, err
}

// expired is the gateway's word for a temporary access key, or a token, that has ended.
var expired = regexp.MustCompile(`(?i)token.{0,20}expire`)

// shown is what a request shows of its credentials.
var shown = regexp.MustCompile(`Access=([^,]+)`)

// mend lets a request be signed once more: after the clock was corrected, or with new credentials where the old ones have ended.
// Any other 401 is final: five in a row lock the key.
func (a *api) mend(ctx context.Context, r *http.Request, e *httpx.Error) bool {
	if a.correctClock(ctx, r, e) {
		return true
	}
	if e.Status != http.StatusUnauthorized || a.keys.Fixed() || !expired.MatchString(e.Message) {
		return false
	}
	refused := r.Header.Get("X-Auth-Token")
	if m := shown.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		refused = m[1]
	}
	_, err := a.keys.Get(ctx, refused)
	return e.Mended(err)
}
