package alibabacloudemu

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// sessionForm is what names a session of a role.
var sessionForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Za-z.@_=-]{2,64}$`) })

const shortestLife, usualLife, longestLife = 15 * 60, 60 * 60, 12 * 60 * 60 // of temporary access keys, in seconds

// assumeRole gives temporary access keys of a role to whoever has a key.
func (w *world) assumeRole(c *call) (reply, error) {
	role := c.required("RoleArn")
	life := c.session()
	switch {
	case c.Err != nil:
		return nil, c.Err
	case role != w.opts.Role:
		return nil, errNoRole
	}
	return w.assumed(role, life), nil
}

// assumeRoleWithOIDC gives them to whoever has a token of the identity provider; nobody signs it.
func (w *world) assumeRoleWithOIDC(c *call) (reply, error) {
	role, provider, token := c.required("RoleArn"), c.required("OIDCProviderArn"), c.required("OIDCToken")
	life := c.session()
	expires := w.opts.IDTokenExpires
	switch {
	case c.Err != nil:
		return nil, c.Err
	case provider != w.opts.IdentityProvider:
		return nil, errNoProvider
	case token != w.opts.IDToken:
		return nil, errIDToken
	case !expires.IsZero() && !w.Now.Before(expires):
		return nil, errIDTokenLate
	case role != w.opts.Role:
		return nil, errNoRole
	}
	return w.assumed(role, life), nil
}

// session reads what a session is called, and how long it lasts.
func (c *call) session() time.Duration {
	c.required("RoleSessionName")
	c.matching("RoleSessionName", sessionForm())
	return time.Duration(c.Number("DurationSeconds", usualLife, shortestLife, longestLife)) * time.Second
}

func (w *world) assumed(role string, life time.Duration) reply {
	k := w.issue(life)
	return reply{"Credentials": k.shown(), "AssumedRoleUser": reply{"Arn": role + "/entitlectl", "AssumedRoleId": "390000000000000:entitlectl"}}
}

// issue makes a temporary access key.
func (w *world) issue(life time.Duration) seedCredential {
	life = min(life, cmp.Or(w.opts.KeyLife, life))
	unlike := func() string { return emu.Hash([]byte(w.NewID("", "key%012x"))) } // other ids, which clients must not take for it
	c := seedCredential{AccessKeyID: "STS.NU" + unlike()[:20], AccessKeySecret: unlike()[:30], SecurityToken: "CAIS" + unlike(),
		Expires: w.opts.gatewayTime(w.Now).Add(life).Truncate(time.Second)}
	w.issued = append(w.issued, c)
	return c
}

func (c seedCredential) shown() reply {
	return reply{"AccessKeyId": c.AccessKeyID, "AccessKeySecret": c.AccessKeySecret, "SecurityToken": c.SecurityToken, "Expiration": c.Expires.UTC().Format(dateForm)}
}

// The metadata service of a server, which proves nothing of who asks: it is on the server itself.
const (
	metadataToken = "/latest/api/token"
	metadataKeys  = "/latest/meta-data/ram/security-credentials/"
	serverKeyLife = 6 * time.Hour
	serverKeyLead = 30 * time.Minute // before their end a server gets new ones
)

func isMetadata(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/latest/") }

// serveMetadata answers in plain text: a token, the name of the role, or the role's access keys.
func (v *Vendor) serveMetadata(out http.ResponseWriter, r *http.Request) {
	w := v.Begin(r.Context())
	defer v.End()
	now, role := w.opts.gatewayTime(w.Now), w.opts.ServerRole
	seconds, err := strconv.Atoi(r.Header.Get("X-Aliyun-Ecs-Metadata-Token-Ttl-Seconds"))
	until, known := w.sessions[r.Header.Get("X-Aliyun-Ecs-Metadata-Token")]
	out.Header().Set("Date", now.Format(http.TimeFormat))
	switch path := r.URL.Path; {
	case r.Method == http.MethodPut && path == metadataToken && err == nil && seconds >= 1 && seconds <= 21600:
		token := w.NewID("", "metadata%012x")
		w.sessions[token] = now.Add(time.Duration(seconds) * time.Second)
		_, _ = fmt.Fprint(out, token)
	case r.Method != http.MethodGet || path == metadataToken:
		http.Error(out, "400 - Bad Request", http.StatusBadRequest)
	case !known || !now.Before(until):
		http.Error(out, "403 - Forbidden", http.StatusForbidden)
	case path == metadataKeys && role != "none":
		_, _ = fmt.Fprintln(out, role)
	case path == metadataKeys+role:
		v.serveKeys(w, out, now)
	default:
		http.Error(out, "404 - Not Found", http.StatusNotFound)
	}
}

// serveKeys gives the same access keys until shortly before their end.
func (v *Vendor) serveKeys(w *world, out http.ResponseWriter, now time.Time) {
	if w.serverKey.Expires.Sub(now) < min(serverKeyLead, cmp.Or(w.opts.KeyLife, serverKeyLife)/4) {
		w.serverKey = w.issue(serverKeyLife)
	}
	keys := w.serverKey.shown()
	keys["Code"], keys["LastUpdated"] = "Success", now.Format(dateForm)
	writeJSON(out, http.StatusOK, keys)
}
