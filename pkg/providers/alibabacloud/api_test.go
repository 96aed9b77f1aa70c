package alibabacloud_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud"
	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud/alibabacloudemu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Every attempt has a nonce and a date of its own.
func TestAttemptsAreSignedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, alibabacloudemu.Options{}, small)
		d.fault(t, emu.Fault{Match: "GET " + list, Kind: emu.FaultRefuse, Status: 500, Nth: 1, Count: 3})
		if _, err := d.open(t, nil).Read(t.Context(), desired("", "billing")); err != nil {
			t.Fatal(err)
		}
		nonces, dates := map[string]bool{}, map[string]bool{}
		for _, r := range d.sent {
			nonces[r.Header.Get("X-Acs-Signature-Nonce")], dates[r.Header.Get("X-Acs-Date")] = true, true
			if r.Header.Get("Content-Type") != "" || r.Header.Get("Accept") != "application/json" {
				t.Errorf("header %v", r.Header)
			}
		}
		if len(nonces) != 4 || len(dates) < 3 {
			t.Errorf("%d nonces, %d dates in 4 attempts", len(nonces), len(dates))
		}
	})
}

func TestTheVendorsClockRules(t *testing.T) {
	d := newDirectory(t, alibabacloudemu.Options{}, small)
	d.Advance(24 * time.Hour)
	w := d.open(t, nil)
	for range 2 {
		if _, err := w.Read(t.Context(), desired("", "billing")); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(d.Calls()); n != 3 {
		t.Errorf("%d calls, want one more than without skew: the clock is corrected once", n)
	}
}

func TestTemporaryCredentials(t *testing.T) {
	for name, tc := range map[string]struct {
		token string
		want  int
	}{"valid": {"emulator-token", 0}, "wrong": {"a canary", http.StatusUnauthorized}} {
		t.Run(name, func(t *testing.T) {
			d := newDirectory(t, alibabacloudemu.Options{}, small)
			secrets := map[string]spec.Secret{"accessKeyId": keys["accessKeyId"], "accessKeySecret": keys["accessKeySecret"], "securityToken": spec.NewSecret(tc.token)}
			w, err := alibabacloud.NewWriter(connection(nil), secrets, httpx.Env{Transport: d})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Read(t.Context(), desired("", "billing")); httpx.Status(err) != tc.want || len(d.sent) != 1 {
				t.Errorf("error %v after %d calls", err, len(d.sent))
			}
		})
	}
}

// A gateway that shows what it signed does not make us show the token.
func TestTokenIsNotShown(t *testing.T) {
	d := newDirectory(t, alibabacloudemu.Options{}, small)
	d.fault(t, emu.Fault{Match: "GET /**", Kind: emu.FaultRefuse, Status: 400,
		Body: `{"Code":"SignatureDoesNotMatch","Message":"not matched. server string to sign is:x-acs-security-token:a canary"}`})
	secrets := map[string]spec.Secret{"accessKeyId": keys["accessKeyId"], "accessKeySecret": keys["accessKeySecret"], "securityToken": spec.NewSecret("a canary")}
	r, err := alibabacloud.NewReader(connection(nil), secrets, httpx.Env{Transport: d})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Read(t.Context(), desired("", "billing"))
	if httpx.Status(err) != http.StatusUnauthorized || strings.Contains(err.Error(), "canary") {
		t.Errorf("error %v", err)
	}
}

// hostsOf notes where requests go, and answers none.
type hostsOf struct{ seen []string }

func (h *hostsOf) RoundTrip(r *http.Request) (*http.Response, error) {
	h.seen = append(h.seen, r.URL.Host)
	body := `{"TotalCount":0}`
	if strings.HasPrefix(r.Header.Get("X-Acs-Action"), "ListAccounts") {
		body = listed("PromoteVerifying", resourceAccount, "")
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func TestHosts(t *testing.T) {
	for name, tc := range map[string]struct {
		endpoints map[string]string
		want      []string
	}{
		"public":       {nil, []string{"resourcedirectory.aliyuncs.com", "resourcemanager.aliyuncs.com"}},
		"one endpoint": {map[string]string{"": "https://h.example/x/"}, []string{"h.example", "h.example"}},
		"another site": {map[string]string{"resourcedirectory": "https://resourcedirectory-intl.aliyuncs.com"}, []string{"resourcedirectory-intl.aliyuncs.com", "resourcemanager.aliyuncs.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := &hostsOf{}
			r, err := alibabacloud.NewReader(connection(func(c *spec.Connection) { c.Endpoints = tc.endpoints }), keys, httpx.Env{Transport: h})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Read(t.Context(), desired("cloud", "billing")); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, h.seen); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// Throttling and what else passes by waiting is met by waiting, as long as the vendor says where it does.
func TestThrottling(t *testing.T) {
	for name, tc := range map[string]struct {
		code string
		want time.Duration
	}{
		"by the gateway":     {"Throttling.User", 2 * time.Second},
		"by another name":    {"Rejected.Throttling", 2 * time.Second},
		"one call at a time": {"ConcurrentCallNotSupported", 2 * time.Second},
		"nonce used":         {"SignatureNonceUsed", 500 * time.Millisecond},
		"too many mails":     {"LimitExceeded.Frequency", 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDirectory(t, alibabacloudemu.Options{}, small)
				d.fault(t, emu.Fault{Match: "GET /**", Kind: emu.FaultRefuse, Status: 409, Nth: 1, Body: `{"Code":"` + tc.code + `"}`})
				start := time.Now()
				if _, err := d.open(t, nil).Read(t.Context(), desired("", "billing")); err != nil || time.Since(start) != tc.want {
					t.Errorf("error %v after %v, want none after %v", err, time.Since(start), tc.want)
				}
			})
		})
	}
}

func TestRateLimitHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := alibabacloudemu.New(alibabacloudemu.Options{PerSecond: 1})
		d := &directory{Server: emu.New(emu.Options{}, v), memory: memory{}}
		if err := d.LoadSeed([]byte(large(250))); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := d.open(t, nil).Read(t.Context(), desired("", "a000", "a100", "a200")); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("three pages at one a second took %v", took)
		}
	})
}
