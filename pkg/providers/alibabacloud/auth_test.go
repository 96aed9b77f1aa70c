package alibabacloud_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud/alibabacloudemu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

const (
	assumeRole = "/2015-04-01/AssumeRole"
	serverKeys = "/latest/meta-data/ram/security-credentials/emulator-role"
	emuRole    = "acs:ram::1000000000000000:role/emulator-role"
	emuIDP     = "acs:ram::1000000000000000:oidc-provider/emulator-idp"
)

type way struct {
	call    string // for new keys: method and path
	secrets map[string]spec.Secret
}

// ways are those to prove who we are with keys that end.
func ways(t testing.TB) map[string]way {
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
	return map[string]way{
		"role":               {"POST " + assumeRole, of("accessKeyId", "emulator-key", "accessKeySecret", "emulator-secret", "roleArn", emuRole)},
		"role, by temporary": {"POST " + assumeRole, of("accessKeyId", "emulator-key", "accessKeySecret", "emulator-secret", "securityToken", "emulator-token", "roleArn", emuRole)},
		"OIDC":               {"POST " + assumeRole + "WithOIDC", of("roleArn", emuRole, "oidcProviderArn", emuIDP, "oidcTokenFile", token)},
		"server":             {"GET " + serverKeys, of("metadata", "http://127.0.0.1:1")},
		"server, named":      {"GET " + serverKeys, of("metadata", "http://127.0.0.1:1", "role", "emulator-role")},
	}
}

// asked is how often keys were asked for; refused, how often the vendor took none.
func (d *directory) asked(call string) (asked, refused int) {
	for _, c := range d.Calls() {
		if c.Method+" "+c.Path == call {
			asked++
		} else if c.Status >= 400 {
			refused++
		}
	}
	return asked, refused
}

const billing = "alibabacloud:\n  accounts: [{name: billing, email: billing@corp.example}]\n"

// Keys of 15 minutes last through two hours: they are renewed before they end, and no request is refused.
func TestKeysOutlastARun(t *testing.T) {
	for name, way := range ways(t) {
		synctest.Test(t, func(t *testing.T) {
			d := newDirectory(t, alibabacloudemu.Options{KeyLife: 15 * time.Minute}, billing)
			w := d.OpenAs(t, way.secrets)
			for range 120 {
				if _, err := w.Read(t.Context(), provider.Query{Desired: desired("resource", "billing")}); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				time.Sleep(time.Minute)
			}
			if asked, refused := d.asked(way.call); asked != 10 || refused > 0 {
				t.Errorf("%s: asked %d times, %d refused", name, asked, refused)
			}
		})
	}
}

// Keys that end before our clock says so are renewed once, and the request goes through; nothing else that is refused is.
func TestKeysThatEndedAreRenewed(t *testing.T) {
	for name, way := range ways(t) {
		synctest.Test(t, func(t *testing.T) {
			d := newDirectory(t, alibabacloudemu.Options{KeyLife: 15 * time.Minute}, billing)
			w := d.OpenAs(t, way.secrets)
			for step, after := range []time.Duration{0, 14 * time.Minute, time.Minute} { // the last is within what dates may be off
				d.Advance(after)
				_, err := w.Read(t.Context(), provider.Query{Desired: desired("resource", "billing")})
				if asked, refused := d.asked(way.call); err != nil || asked != 1+step/2 || refused != step/2 {
					t.Errorf("%s, step %d: error %v, asked %d times, %d refused", name, step, err, asked, refused)
				}
			}
			d.Fault(t, emu.Fault{Match: "GET " + list, Kind: emu.FaultRefuse, Status: 400, Body: `{"Code":"InvalidSecurityToken.MismatchWithAccessKey","Message":""}`})
			_, err := w.Read(t.Context(), provider.Query{Desired: desired("resource", "billing")})
			if asked, _ := d.asked(way.call); err == nil || asked != 2 {
				t.Errorf("%s: a token of another key: error %v, asked %d times", name, err, asked)
			}
		})
	}
}

// Where no new keys are to be had in the middle of an apply, no mail was asked for, and the error says what to do and shows no key.
func TestKeysThatCantBeRenewed(t *testing.T) {
	for name, way := range ways(t) {
		synctest.Test(t, func(t *testing.T) {
			d := newDirectory(t, alibabacloudemu.Options{KeyLife: 15 * time.Minute}, billing)
			job := d.Job(d.OpenAs(t, way.secrets), desired("cloud", "billing"))
			plan := providertest.Plan(t, job)
			time.Sleep(time.Hour)
			d.Fault(t, emu.Fault{Match: way.call, Kind: emu.FaultRefuse, Status: 403, Body: `{"Code":"NoPermission","Message":"emulator-secret"}`})
			begun, part := 0, plan.Connections[0]
			err := job.Source.(provider.Target).Do(t.Context(), part.Calls[0].Name, part.Changes, func() error { begun++; return nil })
			f := provider.FailureOf(err)
			if f.Fate != provider.NotDone || !f.Unauthorized || provider.Denied(err) || begun > 0 || d.counts()[promotion] > 0 {
				t.Errorf("%s: failure %+v, begun %d times", name, f, begun)
			}
			text := fmt.Sprint(err, d.Events)
			if !strings.Contains(text, "NoPermission") || !strings.Contains(text, "see that") || strings.Contains(text, "STS.NU") ||
				strings.Contains(name, "role") && strings.Contains(text, "emulator-secret") {
				t.Errorf("%s: %s", name, text)
			}
		})
	}
}

// A token that the identity provider has replaced is read anew.
func TestTokenFileIsReadAnew(t *testing.T) {
	way := ways(t)["OIDC"]
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, alibabacloudemu.Options{IDToken: "second"}, billing)
		w := d.OpenAs(t, way.secrets)
		read := func() error {
			_, err := w.Read(t.Context(), provider.Query{Desired: desired("resource", "billing")})
			return err
		}
		if err := read(); err == nil || !strings.Contains(err.Error(), "AuthenticationFail.OIDCToken.Invalid") || strings.Contains(err.Error(), "emulator-id-token") {
			t.Errorf("a wrong token: %v", err)
		}
		file := way.secrets["oidcTokenFile"].Reveal()
		for text, says := range map[string]string{"": "it is empty", "a b": "holds a blank", strings.Repeat("x", 65<<10): "larger than"} {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := read(); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%d bytes: %v", len(text), err)
			}
		}
		if err := os.WriteFile(file, []byte("second"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := read(); err != nil {
			t.Error(err)
		}
	})
}
