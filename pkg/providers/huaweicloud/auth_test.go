package huaweicloud_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud/huaweicloudemu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

const (
	exchange  = "/v3.0/OS-CREDENTIAL/securitytokens"
	serverKey = "/openstack/latest/securitykey"
)

// ways are those to prove who we are with keys that end, and the call that each makes for new ones.
func ways(t testing.TB) map[string]struct {
	call    string
	secrets map[string]spec.Secret
} {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("emulator-id-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	of := func(pairs ...string) map[string]spec.Secret {
		secrets := map[string]spec.Secret{}
		for i := 0; i < len(pairs); i += 2 {
			secrets[pairs[i]] = spec.NewSecret(pairs[i+1])
		}
		return secrets
	}
	return map[string]struct {
		call    string
		secrets map[string]spec.Secret
	}{
		"agency": {"POST " + exchange, of("accessKey", "emulator-key", "secretKey", "emulator-secret", "agency", "emulator-agency", "agencyAccount", "emulator")},
		"OIDC":   {"POST " + exchange, of("identityProvider", "emulator-idp", "idTokenFile", token)},
		"server": {"GET " + serverKey, of("metadata", "http://127.0.0.1:1")},
	}
}

// asked is how often keys were asked for.
func (c *cloud) asked(call string) int {
	method, path, _ := strings.Cut(call, " ")
	return c.Count(method, path)
}

// refusals is how often the vendor did not know who asked.
func (c *cloud) refusals() (n int) {
	for _, call := range c.Calls() {
		if call.Status == http.StatusUnauthorized {
			n++
		}
	}
	return n
}

// Whoever asks side by side waits for one set of keys, which all of them use.
func TestKeysAreAskedForOnce(t *testing.T) {
	for name, way := range ways(t) {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t, huaweicloudemu.Options{Unthrottled: true}, large(20, 3))
			all := spec.NewState()
			for i := range 20 {
				all = merge(all, desired(ref(kindAppGroup, fmt.Sprintf("G%d", i)), user("u1")))
			}
			if _, err := c.OpenAs(t, way.secrets).Read(t.Context(), provider.Query{Desired: all, Notices: true}); err != nil {
				t.Fatal(err)
			}
			if n := c.asked(way.call); n != 1 || c.refusals() > 0 {
				t.Errorf("asked %d times, %d refusals", n, c.refusals())
			}
		})
	}
}

// A run of two hours with keys of 15 minutes renews them on its way, before they end.
func TestKeysOutlastARun(t *testing.T) {
	for name, way := range ways(t) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, huaweicloudemu.Options{KeyLife: 15 * time.Minute}, large(12, 1))
				c.Connection.Rate = spec.Rates{Read: spec.PerMinute(200), Write: spec.Rate{Calls: 6, Per: time.Hour}}
				c.Connection.Reserve = c.Connection.Rate
				all := spec.NewState()
				for i := range 12 {
					all = merge(all, desired(ref(kindAppGroup, fmt.Sprintf("G%d", i)), user("u0"), user(fmt.Sprintf("u%d", i+20))))
				}
				job := c.Job(c.OpenAs(t, way.secrets), all, func(conn *spec.Connection) { conn.Packing = spec.Packing{} })
				begun := time.Now()
				result := applied(t, job)
				if took := time.Since(begun); took < 90*time.Minute || !result.Summary.Clean() {
					t.Errorf("after %v: %+v", took, result.Summary)
				}
				if n := c.asked(way.call); n < 6 || n > 12 || c.refusals() > 0 {
					t.Errorf("asked %d times, %d refusals", n, c.refusals())
				}
			})
		})
	}
}

// Keys that end before our clock says so are renewed once, and the request goes through.
func TestKeysThatEndedAreRenewed(t *testing.T) {
	for name, way := range ways(t) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, huaweicloudemu.Options{KeyLife: 15 * time.Minute, Unthrottled: true}, large(2, 1))
				w := c.OpenAs(t, way.secrets)
				read := func() error {
					_, err := w.Read(t.Context(), provider.Query{Desired: desired(ref(kindAppGroup, "G1"), user("u0"))})
					return err
				}
				if err := read(); err != nil {
					t.Fatal(err)
				}
				c.Advance(14*time.Minute + 59*time.Second) // within what signatures may be off
				time.Sleep(time.Second)
				if err := read(); err != nil || c.asked(way.call) != 2 || c.refusals() != 1 {
					t.Errorf("error %v, asked %d times, %d refusals", err, c.asked(way.call), c.refusals())
				}
			})
		})
	}
}

// Where no new keys are to be had in the middle of an apply, nothing was sent: no change is in doubt, and no error shows a key.
func TestKeysThatCantBeRenewed(t *testing.T) {
	for name, way := range ways(t) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, huaweicloudemu.Options{KeyLife: 15 * time.Minute, Unthrottled: true}, large(2, 1))
				job := c.Job(c.OpenAs(t, way.secrets), desired(ref(kindAppGroup, "G1"), user("u0"), user("u7")))
				plan := providertest.Plan(t, job)
				time.Sleep(time.Hour)
				c.Fault(t, emu.Fault{Match: way.call, Kind: emu.FaultRefuse, Status: 403, Body: `{"error_code":"IAM.0003","error_msg":"emulator-secret is out, credential"}`})
				begun := 0
				err := job.Source.(provider.Target).Do(t.Context(), plan.Connections[0].Calls[0].Name, plan.Connections[0].Changes, func() error { begun++; return nil })
				f := provider.FailureOf(err)
				if f.Fate != provider.NotDone || !f.Unauthorized || f.Status != 0 || provider.Denied(err) || begun > 0 || len(c.Writes(t)) > c.asked("POST "+exchange)+c.asked("PUT /meta-data/latest/api/token")+c.asked("POST /v3.0/OS-AUTH/id-token/tokens") {
					t.Errorf("failure %+v, begun %d times", f, begun)
				}
				text := fmt.Sprint(err, c.Events)
				for _, part := range []string{"get credentials", "IAM.0003", "see that"} {
					if !strings.Contains(text, part) {
						t.Errorf("%q lacks %q", text, part)
					}
				}
				if name == "agency" && strings.Contains(text, "emulator-secret") || strings.Contains(text, "HSTA") || strings.Contains(text, "MIIF") {
					t.Errorf("it shows a secret: %s", text)
				}
			})
		})
	}
}

// What gives keys may fail for a while, as long as the old ones hold.
func TestOldKeysServeUntilTheirEnd(t *testing.T) {
	way := ways(t)["agency"]
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, huaweicloudemu.Options{KeyLife: 15 * time.Minute, Unthrottled: true}, large(2, 1))
		w := c.OpenAs(t, way.secrets)
		for _, step := range []struct {
			after time.Duration
			fails bool
			asked int
		}{{0, false, 1}, {12 * time.Minute, true, 2}, {time.Second, true, 2}, {30 * time.Second, true, 3}, {time.Minute, false, 4}, {10 * time.Minute, false, 4}} {
			time.Sleep(step.after)
			c.Fault(t)
			if step.fails {
				c.Fault(t, emu.Fault{Match: way.call, Kind: emu.FaultRefuse, Status: 403, Body: `{"error_code":"IAM.0003","error_msg":"no"}`})
			}
			if _, err := w.Read(t.Context(), provider.Query{Desired: desired(ref(kindAppGroup, "G1"), user("u0"))}); err != nil || c.asked(way.call) != step.asked {
				t.Errorf("after %v more: error %v, asked %d times, want %d", step.after, err, c.asked(way.call), step.asked)
			}
		}
	})
}

// An answer that holds keys is never shown, however it is spoiled.
func TestAnswersWithKeysStaySecret(t *testing.T) {
	for name, way := range ways(t) {
		for _, body := range []string{`{"credential":{"access":"CANARY","secret":"CANARY"}}`, `{"credential":{"access":"CANARY"`, `"CANARY"`, `CANARY`,
			`{"credential":{"access":"CANARY-1","secret":"CANARY-2","securitytoken":"CANARY-3","expires_at":"soon"}}`,
			`{"credential":{"access":"CANARY-1","secret":"CANARY-2","securitytoken":"CANARY-3","expires_at":"1999-01-01T00:00:00Z"}}`} {
			for _, status := range []int{200, 403, 500} {
				synctest.Test(t, func(t *testing.T) {
					c := newCloud(t, free, small)
					c.Fault(t, emu.Fault{Match: way.call, Kind: emu.FaultRefuse, Status: status, Body: body})
					_, err := c.OpenAs(t, way.secrets).Read(t.Context(), provider.Query{Desired: desired(ref(kindAppGroup, "CAD"))})
					if err == nil || strings.Contains(fmt.Sprint(err, c.Events), "CANARY") {
						t.Errorf("%s: %d %s: error %v, events %v", name, status, body, err, c.Events)
					}
				})
			}
		}
	}
}

// The metadata service is asked without a token where it knows none, and with one where it must be.
func TestMetadataWithAndWithoutTokens(t *testing.T) {
	for name, tc := range map[string]struct {
		opts huaweicloudemu.Options
		ok   bool
	}{
		"both":         {huaweicloudemu.Options{}, true},
		"no tokens":    {huaweicloudemu.Options{NoMetadataTokens: true}, true},
		"tokens alone": {huaweicloudemu.Options{MetadataNeedsToken: true}, true},
		"no agency":    {huaweicloudemu.Options{NoServerAgency: true}, false},
	} {
		c := newCloud(t, tc.opts, small)
		_, err := c.OpenAs(t, ways(t)["server"].secrets).Read(t.Context(), provider.Query{Desired: desired(ref(kindAppGroup, "CAD"))})
		if (err == nil) != tc.ok || err != nil && !strings.Contains(err.Error(), "has an agency") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a program prints is used until its end, and one that fails stops nothing but what needs it.
func TestKeysOfAProgram(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "keys")
	write := func(script string) {
		if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	c := newCloud(t, free, small)
	c.Connection.Auth = map[string]spec.Reference{"exec": {Scheme: "exec", Name: program, Kind: spec.AuthCommand,
		Command: &spec.Command{Argv: []string{program}, Timeout: 10 * time.Second, Source: spec.Position{File: "ops.yaml", Line: 3, Column: 9}}}}
	read := func() error {
		_, err := c.OpenAs(t, map[string]spec.Secret{}).Read(t.Context(), provider.Query{Desired: desired(ref(kindAppGroup, "CAD"))})
		return err
	}
	keys, _ := json.Marshal(map[string]string{"accessKey": "emulator-key", "secretKey": "emulator-secret", "securityToken": "emulator-token"})
	write("echo '" + string(keys) + "'\n")
	if err := read(); err != nil {
		t.Error(err)
	}
	write(`echo '{"token":"emulator-token"}'`)
	if err := read(); err != nil {
		t.Error(err)
	}
	write(`echo '{"accessKey":"emulator-key","secretKey":"CANARY"}'; echo "what is CANARY to you" >&2; exit 3`)
	if err := read(); err == nil || strings.Contains(err.Error(), "CANARY") || !strings.Contains(err.Error(), "ops.yaml:3:9: exec "+program+": exit status 3; it said: what is [redacted] to you") {
		t.Error(err)
	}
}
