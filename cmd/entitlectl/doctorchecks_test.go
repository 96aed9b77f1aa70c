package main

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// What the first answer of a host shows is judged: its certificate, and its clock, as far as it says what that shows.
func TestHeadsOfAnswers(t *testing.T) {
	now := time.Now()
	answer := func(date time.Time, ends time.Duration) *http.Response {
		r := &http.Response{Header: http.Header{}, TLS: &tls.ConnectionState{Version: tls.VersionTLS13, PeerCertificates: []*x509.Certificate{{NotAfter: now.Add(ends)}}}}
		if !date.IsZero() {
			r.Header.Set("Date", date.UTC().Format(http.TimeFormat))
		}
		return r
	}
	const year = 365 * 24 * time.Hour
	for name, tc := range map[string]struct {
		answer      *http.Response
		host, clock state
		says        string
	}{
		"all well":             {answer(now, year), stateOK, stateOK, "agrees with ours to the minute"},
		"an old certificate":   {answer(now, 13*24*time.Hour), stateWarning, stateOK, "agrees with ours to the minute"},
		"no date":              {answer(time.Time{}, year), stateOK, stateUntold, "its answers have no Date"},
		"a clock that is late": {answer(now.Add(-20*time.Minute), year), stateOK, stateWarning, "20m0s behind ours"},
		"a clock that is fast": {answer(now.Add(2*time.Minute), year), stateOK, stateWarning, "2m0s ahead of ours"},
	} {
		e := &examination{conn: spec.Connection{}}
		asked := &http.Request{URL: &url.URL{Scheme: "https", Host: "vendor.example", Path: "/x"}}
		e.answered(asked, tc.answer)
		e.answered(asked, answer(now.Add(-time.Hour), time.Hour)) // a later one changes nothing
		e.endpoints()
		if len(e.Checks) != 2 || e.Checks[0].State != tc.host || e.Checks[1].State != tc.clock || e.Checks[1].Detail != tc.says || e.Checks[0].What != "https://vendor.example" {
			t.Errorf("%s: %+v", name, e.Checks)
		}
	}
}
