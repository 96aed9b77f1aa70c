package alibabacloud_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud/alibabacloudemu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

func TestTemporaryCredentials(t *testing.T) {
	for name, tc := range map[string]struct {
		token string
		want  int
	}{"valid": {"emulator-token", 0}, "wrong": {"a canary", http.StatusUnauthorized}} {
		t.Run(name, func(t *testing.T) {
			d := newDirectory(t, alibabacloudemu.Options{}, small)
			d.Secrets["securityToken"] = spec.NewSecret(tc.token)
			if _, err := d.Open(t).Read(t.Context(), providertest.All(desired("", "billing"))); httpx.Status(err) != tc.want || len(d.Sent) != 1 {
				t.Fatalf("error %v after %d calls", err, len(d.Sent))
			}
			if h := d.Sent[0].Header; h.Get("Content-Type") != "" || h.Get("Accept") != "application/json" {
				t.Errorf("header %v", h)
			}
		})
	}
}

// A gateway that shows what it signed does not make us show the token.
func TestTokenIsNotShown(t *testing.T) {
	d := newDirectory(t, alibabacloudemu.Options{}, small)
	d.Fault(t, emu.Fault{Match: "GET /**", Kind: emu.FaultRefuse, Status: 400,
		Body: `{"Code":"SignatureDoesNotMatch","Message":"not matched. server string to sign is:x-acs-security-token:a canary"}`})
	d.Secrets["securityToken"] = spec.NewSecret("a canary")
	_, err := d.Open(t).Read(t.Context(), providertest.All(desired("", "billing")))
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
		region    string
		want      []string
	}{
		"public":             {nil, "", []string{"resourcedirectory.aliyuncs.com", "resourcemanager.aliyuncs.com"}},
		"Chinese site":       {nil, "cn-shanghai", []string{"resourcedirectory.aliyuncs.com", "resourcemanager.aliyuncs.com"}},
		"international site": {nil, "ap-southeast-1", []string{"resourcedirectory-intl.aliyuncs.com", "resourcemanager.aliyuncs.com"}},
		"one endpoint":       {map[string]string{"": "https://h.example/x/"}, "ap-southeast-1", []string{"h.example", "h.example"}},
		"another site":       {map[string]string{"resourcedirectory": "https://resourcedirectory-intl.aliyuncs.com"}, "", []string{"resourcedirectory-intl.aliyuncs.com", "resourcemanager.aliyuncs.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			d, h := newDirectory(t, alibabacloudemu.Options{}, small), &hostsOf{}
			d.Connection.Endpoints, d.Via = tc.endpoints, h
			d.Connection.Settings = map[string]string{"region": tc.region}
			if _, err := d.Open(t).Read(t.Context(), providertest.All(desired("cloud", "billing"))); err != nil {
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
		"too many mails":     {"LimitExceeded.Frequency", 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDirectory(t, alibabacloudemu.Options{}, small)
				d.Fault(t, emu.Fault{Match: "GET /**", Kind: emu.FaultRefuse, Status: 409, Nth: 1, Body: `{"Code":"` + tc.code + `"}`})
				start := time.Now()
				if _, err := d.Open(t).Read(t.Context(), providertest.All(desired("", "billing"))); err != nil || time.Since(start) != tc.want {
					t.Errorf("error %v after %v, want none after %v", err, time.Since(start), tc.want)
				}
				d.Fault(t, emu.Fault{Match: "GET /**", Kind: emu.FaultRefuse, Status: 409, Body: `{"Code":"` + tc.code + `"}`})
				_, err := d.Open(t).Read(t.Context(), providertest.All(desired("", "billing")))
				var e *httpx.Error
				if !errors.As(err, &e) || e.Alone != (tc.code == "LimitExceeded.Frequency") {
					t.Errorf("always: error %v, about one account alone: %v", err, e != nil && e.Alone)
				}
			})
		})
	}
}

func TestRateLimitHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirectory(t, alibabacloudemu.Options{PerSecond: 1}, large(250))
		start := time.Now()
		if _, err := d.Open(t).Read(t.Context(), providertest.All(desired("", "a000", "a100", "a200"))); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("three pages at one a second took %v", took)
		}
	})
}
