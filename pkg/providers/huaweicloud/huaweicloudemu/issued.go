package huaweicloudemu

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// The calls that give temporary access keys. Who asks the metadata service proves nothing: it is on the server itself.
const (
	securityTokens = "POST /v3.0/OS-CREDENTIAL/securitytokens"
	idTokens       = "POST /v3.0/OS-AUTH/id-token/tokens"
	metadataToken  = "PUT /meta-data/latest/api/token"
	metadataKeys   = "GET /openstack/latest/securitykey"
)

const (
	shortestLife, usualLife, longestLife = 15 * time.Minute, 15 * time.Minute, 24 * time.Hour // of temporary access keys
	serverKeyLife                        = 6 * time.Hour
	serverKeyLead                        = 30 * time.Minute // before their end a server gets new ones
)

// exchange is a request for temporary access keys.
type exchange struct {
	Auth struct {
		Identity struct {
			Methods    []string `json:"methods"`
			AssumeRole struct {
				AgencyName string `json:"agency_name"`
				DomainName string `json:"domain_name"`
				Duration   *int64 `json:"duration_seconds"`
			} `json:"assume_role"`
			Token struct {
				ID       string `json:"id"`
				Duration *int64 `json:"duration_seconds"`
			} `json:"token"`
		} `json:"identity"`
		IDToken struct {
			ID string `json:"id"`
		} `json:"id_token"`
	} `json:"auth"`
}

// provesItself says whether a call's body, or place, says who asks.
func (r route) provesItself(body []byte) bool {
	var in exchange
	byToken := json.Unmarshal(body, &in) == nil && slices.Contains(in.Auth.Identity.Methods, "token")
	return r.name == signIn || r.name == idTokens || r.name == metadataToken || r.name == metadataKeys || r.name == securityTokens && byToken
}

// createKeys gives temporary access keys for an agency, or for a token. The codes of its refusals are not documented.
func (w *world) createKeys(c *call) (any, error) {
	var in exchange
	c.json(&in)
	id := in.Auth.Identity
	if c.Err != nil || len(id.Methods) != 1 {
		return nil, &problem{iam, http.StatusBadRequest, "IAM", "Request body is invalid."}
	}
	asked := id.Token.Duration
	switch id.Methods[0] {
	case "assume_role":
		asked = id.AssumeRole.Duration
		if (Agency{id.AssumeRole.DomainName, id.AssumeRole.AgencyName}) != w.opts.Agency {
			return nil, &problem{iam, http.StatusForbidden, "IAM", "You have no right to do this action: the agency does not exist or does not name your account."}
		}
	case "token":
		if expires, issued := w.tokens[id.Token.ID]; !issued || !w.Now.Before(expires) {
			return nil, &problem{iam, http.StatusUnauthorized, "IAM", "The token must be updated."}
		}
	default:
		return nil, &problem{iam, http.StatusBadRequest, "IAM", "Request body is invalid."}
	}
	life := usualLife
	if asked != nil {
		life = time.Duration(*asked) * time.Second
	}
	if life < shortestLife || life > longestLife {
		return nil, &problem{iam, http.StatusBadRequest, "IAM", "The duration_seconds must be in 900..86400."}
	}
	return map[string]any{"credential": w.issue(life).shown()}, nil
}

// issue makes a temporary access key.
func (w *world) issue(life time.Duration) seedCredential {
	life = min(life, cmp.Or(w.opts.KeyLife, life))
	unlike := func() string { return emu.Hash([]byte(w.newID("key"))) } // other ids, which clients must not take for it
	c := seedCredential{AccessKey: "HSTA" + strings.ToUpper(unlike()[:16]), SecretKey: unlike()[:40], SecurityToken: "hQpjbi1ub3J0aC00" + unlike(), Expires: w.gatewayTime().Add(life)}
	w.issued = append(w.issued, c)
	return c
}

func (c seedCredential) shown() map[string]string {
	return map[string]string{"access": c.AccessKey, "secret": c.SecretKey, "securitytoken": c.SecurityToken, "expires_at": c.Expires.UTC().Format(tokenTime)}
}

// createIDToken signs in with the token of an identity provider.
func (w *world) createIDToken(c *call) (any, error) {
	var in exchange
	c.json(&in)
	switch {
	case c.Err != nil:
		return nil, &problem{iam, http.StatusBadRequest, "IAM", "Request body is invalid."}
	case c.sent.Get("X-Idp-Id") != w.opts.IdentityProvider:
		return nil, &problem{iam, http.StatusNotFound, "IAM", "Could not find identity provider."}
	case in.Auth.IDToken.ID != w.opts.IDToken:
		return nil, &problem{iam, http.StatusUnauthorized, "IAM", "The ID token is invalid."}
	}
	value := w.newID("MIIFfederatedtoken")
	w.tokens[value] = w.Now.Add(tokenLifetime)
	c.header.Set("X-Subject-Token", value)
	return map[string]any{"token": map[string]any{"methods": []string{"mapped"}, "issued_at": w.Now.Format(tokenTime),
		"expires_at": w.Now.Add(tokenLifetime).Format(tokenTime), "user": map[string]any{"name": "FederationUser"}}}, nil
}

// createSession gives a token of the metadata service.
func (w *world) createSession(c *call) (any, error) {
	seconds, err := strconv.Atoi(c.sent.Get("X-Metadata-Token-Ttl-Seconds"))
	switch {
	case w.opts.NoMetadataTokens:
		return nil, &problem{service, http.StatusNotFound, "", "404 Not Found"}
	case err != nil || seconds < 60 || seconds > 21600:
		return nil, &problem{service, http.StatusBadRequest, "", "400 Bad Request: X-Metadata-Token-Ttl-Seconds"}
	case c.sent.Get("X-Forwarded-For") != "":
		return nil, &problem{service, http.StatusForbidden, "", "403 Forbidden"}
	}
	value := w.newID("METADATA")
	w.sessions[value] = w.gatewayTime().Add(time.Duration(seconds) * time.Second)
	return plain(value), nil
}

// plain is an answer that is no JSON.
type plain string

// serverKeys gives the access keys of the server's agency: the same ones until shortly before their end.
func (w *world) serverKeys(c *call) (any, error) {
	token := c.sent.Get("X-Metadata-Token")
	until, known := w.sessions[token]
	switch {
	case w.opts.NoServerAgency:
		return nil, &problem{service, http.StatusUnauthorized, "", "Please configure Cloud Service Agency first"}
	case token == "" && !w.opts.MetadataNeedsToken:
	case !known || !w.gatewayTime().Before(until):
		return nil, &problem{service, http.StatusUnauthorized, "", "401 Unauthorized"}
	}
	if w.serverKey.Expires.Sub(w.gatewayTime()) < min(serverKeyLead, cmp.Or(w.opts.KeyLife, serverKeyLife)/4) {
		w.serverKey = w.issue(serverKeyLife)
	}
	return map[string]any{"credential": w.serverKey.shown()}, nil
}
