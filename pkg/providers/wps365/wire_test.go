package wps365

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
)

// Both vocabularies mean the same, in answers of either kind, and back.
func TestVocabularies(t *testing.T) {
	for _, m := range []struct {
		senders      string
		made, listed string
	}{
		{sendersAll, "all", "anyone"},
		{sendersCompany, "company", "organization_members"},
		{sendersMember, "member", "group_members"},
		{sendersCustom, "custom", "custom"},
	} {
		for _, answer := range []string{
			`{"id":"1","name":"N","address":"A@x.example","accepted_type":"` + m.made + `","owner":{"email_address":"o@x.example"}}`,
			`{"id":"1","name":"N","email_address":"A@x.example","accepted_sender_mode":"` + m.listed + `","owner_id":"u"}`,
			`{"id":"1","name":"N","email_address":"A@x.example","accepted_type":"` + m.listed + `"}`,
			`{"id":"1","name":"N","address":"A@x.example","accepted_sender_mode":"` + m.made + `"}`,
		} {
			var g mailGroup
			if err := json.Unmarshal([]byte(answer), &g); err != nil {
				t.Fatal(err)
			}
			if got, err := g.senders(); got != m.senders || err != nil || g.address() != "a@x.example" || g.Name != "N" {
				t.Errorf("%s: senders %q (%v), address %q, name %q", answer, got, err, g.address(), g.Name)
			}
		}
		var body mailGroupBody
		if !body.set("senders", string(m.senders)) || body.AcceptedType != m.made {
			t.Errorf("%s is written as %q", m.senders, body.AcceptedType)
		}
	}
	for _, word := range []string{"", "everyone", "Anyone"} {
		if got, err := (mailGroup{ListedMode: word}).senders(); err == nil {
			t.Errorf("%q is taken for %q", word, got)
		}
	}
}

func TestExplain(t *testing.T) {
	const throttled, refused, failed = http.StatusTooManyRequests, http.StatusBadRequest, http.StatusInternalServerError
	for _, tc := range []struct {
		name, body   string
		status, want int
		code, says   string
		fate         provider.Fate
	}{
		{"plain", `{"code":400415002,"msg":"邮箱不存在"}`, 400, refused, "400415002", "the mailbox does not exist: 邮箱不存在", provider.NotDone},
		{"the vendor's own example", `{"code":400000007,"msg":"a","more":{"code":400000001,"msg":"b","more":{}}}`, 400, throttled, "400000001", "too much traffic: b", provider.NotDone},
		{"unknown cause of a known code", `{"code":400000001,"msg":"a","more":{"code":123,"msg":"b"}}`, 400, throttled, "400000001", "too much traffic: a", provider.NotDone},
		{"known cause behind an unknown one", `{"code":400000007,"more":{"code":1,"more":{"code":400415009,"msg":"c"}}}`, 400, refused, "400415009", "the mail group does not exist: c", provider.NotDone},
		{"throttled, whatever the status", `{"code":429000001,"msg":""}`, 403, throttled, "429000001", "too many requests", provider.NotDone},
		{"circuit breaker", `{"code":500000002,"msg":""}`, 500, throttled, "500000002", "the vendor's circuit breaker is open", provider.NotDone},
		{"lock", `{"code":400000005,"msg":""}`, 400, throttled, "400000005", "locked by another request", provider.NotDone},
		{"failure in a refusal", `{"code":400000007,"msg":"a","more":{"code":500000004}}`, 400, failed, "500000004", "the vendor failed", provider.Unknown},
		{"other status than code", `{"code":400000003,"msg":"m"}`, 403, 403, "400000003", "a parameter has a bad value: m", provider.NotDone},
		{"code of nobody", `{"code":400999999,"msg":"m"}`, 400, refused, "400999999", "m", provider.NotDone},
		{"of the token call", `{"code":40000005,"msg":"","debug":{"desc":"d"}}`, 400, refused, "40000005", "a scope is invalid: d", provider.NotDone},
		{"of OAuth2 as such", `{"error":"invalid_scope","error_description":"d"}`, 400, refused, "", "invalid_scope: d", provider.NotDone},
		{"more is a text", `{"code":400000103,"msg":"m","more":"x"}`, 400, refused, "400000103", "it does not exist: m", provider.NotDone},
		{"no JSON", `<html>`, 400, refused, "", "", provider.NotDone},
		{"deep", strings.Repeat(`{"code":1,"more":`, 5000) + "{}" + strings.Repeat("}", 5000), 400, refused, "1", "", provider.NotDone},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := httpx.Error{Status: tc.status, Fate: provider.NotDone}
			explain(&e, nil, []byte(tc.body))
			if e.Meaning() != tc.want || e.Status != tc.status || e.Code != tc.code || e.Message != tc.says || e.Fate != tc.fate || e.Alone != (tc.name == "lock") {
				t.Errorf("status %d, code %q, message %q, fate %v", e.Status, e.Code, e.Message, e.Fate)
			}
		})
	}
}

func TestStatusOfCodes(t *testing.T) {
	for code, want := range map[string]int{"429000001": 429, "40100011": 401, "500000004": 500, "415000001": 415, "1": 502, "-1": 502, "999000000": 502, "": 502, "4e8": 502, "4.5": 502} {
		if got := statusOf(code); got != want {
			t.Errorf("%q is %d, want %d", code, got, want)
		}
	}
}
