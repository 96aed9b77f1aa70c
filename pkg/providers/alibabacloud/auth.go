package alibabacloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The keys of auth. See docs/credentials.md.
const (
	authKeyID         = "accessKeyId"
	authKeySecret     = "accessKeySecret"
	authSecurityToken = "securityToken"
	authRole          = "roleArn"
	authProvider      = "oidcProviderArn"
	authTokenFile     = "oidcTokenFile"
	authMetadata      = "metadata"
	authServerRole    = "role"
	authExec          = "exec"
)

// authForms are the ways to prove who we are; the first can be printed by a program.
func authForms() []spec.AuthForm {
	return []spec.AuthForm{
		{Keys: []string{authKeyID, authKeySecret}, Optional: []string{authSecurityToken}},
		{Keys: []string{authKeyID, authKeySecret, authRole}, Optional: []string{authSecurityToken}},
		{Keys: []string{authRole, authProvider, authTokenFile}},
		{Keys: []string{authMetadata}, Optional: []string{authServerRole}},
		{Keys: []string{authExec}},
	}
}

const printable = 1

var authKinds = map[string]spec.AuthKind{authRole: spec.AuthName, authProvider: spec.AuthName, authTokenFile: spec.AuthTokenFile,
	authMetadata: spec.AuthAddress, authServerRole: spec.AuthName, authExec: spec.AuthCommand}

// The calls that give temporary access keys (STS 2015-04-01: AssumeRole, AssumeRoleWithOIDC), and where servers find those of their
// own role (ECS: instance RAM roles; credentials-go: providers/ecs_ram_role.go). Of the metadata service only the hardened form is
// used, which wants a token.
var (
	assumeRole         = operation{sts, "2015-04-01", "AssumeRole"}
	assumeRoleWithOIDC = operation{sts, "2015-04-01", "AssumeRoleWithOIDC"}
)

const (
	metadataToken = "/latest/api/token"
	metadataKeys  = "/latest/meta-data/ram/security-credentials/"
)

const (
	keyLife          = time.Hour       // of temporary access keys; the longest that every role gives
	session          = "entitlectl"    // as the vendor's audit shows who took on a role
	metadataPatience = 5 * time.Second // the service is on the server itself
	metadataSession  = "60"            // seconds
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
	i := &issuer{api: a, base: credentialsOf(secrets), names: map[string]string{}}
	for key, secret := range secrets {
		if authKinds[key] == spec.AuthSecret {
			a.http.Secrets.Keep(secret) // the gateway may show what it signed
		} else {
			i.names[key] = secret.Reveal()
		}
	}
	if i.names[authMetadata] != "" {
		env = env.Direct(metadataPatience)
	}
	i.http = httpx.New(env, conn.Name, spec.Rates{})
	i.http.Secrets, i.http.Private, i.http.Explain = a.http.Secrets, true, a.explain
	switch command := conn.Auth[authExec].Command; {
	case command != nil:
		return httpx.NewRenewing(func(ctx context.Context) (httpx.Issued[credentials], error) { return i.run(ctx, *command) })
	case i.names[authProvider] != "":
		i.http.Sign = httpx.AsForm // the token proves who we are
		return httpx.NewRenewing(i.fromIDToken)
	case i.names[authRole] != "":
		i.http.Again = clockCorrected
		i.http.Sign = func(_ context.Context, r *http.Request, body []byte) error {
			i.base.sign(r, body, a.now(), nonce())
			return nil
		}
		return httpx.NewRenewing(i.fromRole)
	case i.names[authMetadata] != "":
		return httpx.NewRenewing(i.fromMetadata)
	}
	return httpx.Fixed(i.base)
}

func credentialsOf(secrets map[string]spec.Secret) credentials {
	return credentials{secrets[authKeyID], secrets[authKeySecret], secrets[authSecurityToken]}
}

// run has a program print the credentials.
func (i *issuer) run(ctx context.Context, command spec.Command) (httpx.Issued[credentials], error) {
	p, err := httpx.RunCommand(ctx, command, authForms()[:printable], i.http.Secrets)
	c := credentialsOf(p.Keys)
	return httpx.Issued[credentials]{Value: c, ID: c.keyID.Reveal(), Life: p.Life}, err
}

// temporary is what STS and the metadata service give.
type temporary struct {
	AccessKeyID     string `json:"AccessKeyId"`
	AccessKeySecret string
	SecurityToken   string
	Expiration      string
}

// issued reads what an answer gives.
func (i *issuer) issued(t temporary, got httpx.Answer) (issued httpx.Issued[credentials], err error) {
	issued.Value = credentials{spec.NewSecret(t.AccessKeyID), spec.NewSecret(t.AccessKeySecret), spec.NewSecret(t.SecurityToken)}
	i.http.Secrets.KeepToken(issued.Value.keyID, issued.Value.secret, issued.Value.token)
	ends, known := provider.Instant(t.Expiration)
	if t.AccessKeyID == "" || t.AccessKeySecret == "" || t.SecurityToken == "" || !known {
		return issued, errors.New("the answer holds no temporary access key with its end")
	}
	issued.ID = t.AccessKeyID
	issued.Life, err = httpx.LifeOf(ends, got)
	return issued, err
}

// ask sends a call to STS. Another set of keys does no harm, so that it may be repeated.
func (i *issuer) ask(ctx context.Context, r httpx.Request) (issued httpx.Issued[credentials], err error) {
	var answer struct{ Credentials temporary }
	r.Method, r.Base, r.Path, r.Policy, r.Repeatable = http.MethodPost, i.api.bases[sts], "/", "credentials", true
	got, err := i.http.Do(ctx, r, &answer)
	if err == nil {
		issued, err = i.issued(answer.Credentials, got)
	}
	return issued, err
}

// fromRole takes on a RAM role.
func (i *issuer) fromRole(ctx context.Context) (httpx.Issued[credentials], error) {
	issued, err := i.ask(ctx, httpx.Request{Header: assumeRole.header(), Query: url.Values{"RoleArn": {i.names[authRole]}, "RoleSessionName": {session}, "DurationSeconds": {seconds(keyLife)}}})
	if err != nil {
		err = fmt.Errorf("AssumeRole %s: %w; see that the key is of a RAM user or role with the policy AliyunSTSAssumeRoleAccess, and that the role's trust policy names it", i.names[authRole], err)
	}
	return issued, err
}

// fromIDToken takes on a RAM role that trusts an identity provider, whose token goes into the form: it must not stand in logs as a
// query would.
func (i *issuer) fromIDToken(ctx context.Context) (issued httpx.Issued[credentials], err error) {
	token, err := httpx.ReadToken(i.names[authTokenFile])
	if err != nil {
		return issued, err
	}
	i.http.Secrets.KeepToken(token)
	issued, err = i.ask(ctx, httpx.Request{
		Query: url.Values{"Action": {assumeRoleWithOIDC.action}, "Version": {assumeRoleWithOIDC.version}, "Format": {"JSON"}, "Timestamp": {i.api.now().Format(dateLayout)}},
		Body: map[string]string{"RoleArn": i.names[authRole], "OIDCProviderArn": i.names[authProvider], "OIDCToken": token.Reveal(),
			"RoleSessionName": session, "DurationSeconds": seconds(keyLife)},
	})
	if err != nil {
		err = fmt.Errorf("AssumeRoleWithOIDC %s with the token in %s: %w; see that the role trusts %s, and that the token is new and has the issuer, audience and subject that it asks for",
			i.names[authRole], i.names[authTokenFile], err, i.names[authProvider])
	}
	return issued, err
}

// fromMetadata asks the server that we run on; for the name of its role too, where the operator's file says none.
func (i *issuer) fromMetadata(ctx context.Context) (issued httpx.Issued[credentials], err error) {
	var token httpx.Text
	_, err = i.onServer(ctx, http.MethodPut, metadataToken, http.Header{"X-Aliyun-Ecs-Metadata-Token-Ttl-Seconds": {metadataSession}}, &token)
	i.http.Secrets.KeepToken(spec.NewSecret(string(token)))
	header, role := http.Header{"X-Aliyun-Ecs-Metadata-Token": {string(token)}}, httpx.Text(i.names[authServerRole])
	if err == nil && role == "" {
		_, err = i.onServer(ctx, http.MethodGet, metadataKeys, header, &role)
	}
	var keys temporary
	var got httpx.Answer
	if err == nil {
		got, err = i.onServer(ctx, http.MethodGet, metadataKeys+httpx.Escape(string(role)), header, &keys)
	}
	if err == nil {
		issued, err = i.issued(keys, got)
	}
	if err != nil {
		err = fmt.Errorf("ask the metadata service: %w; see that we run on a server of the vendor's (ECS), and that it has the RAM role", err)
	}
	return issued, err
}

func (i *issuer) onServer(ctx context.Context, method, path string, header http.Header, out any) (httpx.Answer, error) {
	return i.http.Do(ctx, httpx.Request{Method: method, Base: i.names[authMetadata], Path: path, Header: header, Policy: "credentials", Repeatable: true}, out)
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// mend lets a request be signed once more: after explain has corrected the clock, or with new credentials where the old ones have
// ended.
func (a *api) mend(ctx context.Context, r *http.Request, e *httpx.Error) bool {
	if e.Code != codeEnded || a.keys.Fixed() {
		return clockCorrected(ctx, r, e)
	}
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	refused, _, _ := strings.Cut(rest, ",")
	_, err := a.keys.Get(ctx, refused)
	return e.Mended(err)
}
