package huaweicloud_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// captured is a request as a listener has it.
type captured struct {
	*http.Request
	body []byte
}

// sentTo is the request sent again as it is, but to a host.
func (c captured) sentTo(t *testing.T, host string) int {
	t.Helper()
	r := c.Clone(t.Context())
	r.URL.Host, r.Host, r.Body = host, host, io.NopCloser(bytes.NewReader(c.body))
	answer, err := newCloud(t, free, small).Transport().RoundTrip(r) // a new one: wrong signatures lock a key
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}

// listener answers as the vendor does, and keeps every request.
type listener struct {
	next     http.RoundTripper
	requests []captured
}

func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	l.requests = append(l.requests, captured{r.Clone(r.Context()), body})
	return l.next.RoundTrip(r)
}

// listen lets a run read and write at an endpoint, and returns what was sent there.
func listen(t *testing.T, endpoint string) []captured {
	t.Helper()
	c := newCloud(t, free, small)
	l := &listener{next: c.Via}
	c.Via = l
	set := func(s *spec.Connection) {
		s.Endpoints[""] = endpoint
		delete(s.Settings, "project") // IAM is asked for it
	}
	job := c.Job(c.Open(t, set), desired(ref(kindAppGroup, "CAD"), user("Carol")), set)
	providertest.Apply(t, providertest.Plan(t, job), job)
	if len(l.requests) < 4 || !strings.HasPrefix(l.requests[0].URL.Path, "/v3/") {
		t.Fatalf("%d requests were captured", len(l.requests))
	}
	return l.requests
}

// What is sent to a host that the files name is refused everywhere else, lookups of the project among it.
func TestCapturedRequestsAreWorthNothingElsewhere(t *testing.T) {
	for _, r := range listen(t, "https://elsewhere.example") {
		if code := r.sentTo(t, "workspace.ap-southeast-3.myhuaweicloud.com"); code != http.StatusUnauthorized {
			t.Errorf("%s %s: replayed at the vendor: status %d", r.Method, r.URL.Path, code)
		}
		if code := r.sentTo(t, "elsewhere.example"); code == http.StatusUnauthorized {
			t.Errorf("%s %s: refused where it was sent, so nothing was tested", r.Method, r.URL.Path)
		}
	}
}

// The host that is signed is the one that arrives.
func TestSignedHosts(t *testing.T) {
	for endpoint, host := range map[string]string{
		"https://GW.corp.example:443": "gw.corp.example", "https://gw.corp.example:8443": "gw.corp.example:8443",
		"http://127.0.0.1:80": "127.0.0.1", "http://[::1]:8080": "[::1]:8080",
	} {
		for _, r := range listen(t, endpoint) {
			if at, err := url.Parse(endpoint); err != nil || r.Host != host || r.URL.Host != at.Host {
				t.Errorf("%s: sent to %s with the host %s, want %s", endpoint, r.URL.Host, r.Host, host)
			}
			if signed := r.Header.Get("Authorization"); !strings.Contains(signed, "SignedHeaders=host;x-") {
				t.Errorf("%s: %s", endpoint, signed)
			}
		}
	}
}

// A host in other letters than Go sends would be signed in vain, and five such signatures lock the key.
func TestHostsThatCanNotBeSigned(t *testing.T) {
	c := newCloud(t, free, small)
	w := c.Open(t, func(s *spec.Connection) { s.Endpoints[""] = "https://例子.example" })
	_, err := w.Read(t.Context(), providertest.All(desired(ref(kindAppGroup, "CAD"))))
	if err == nil || !strings.Contains(err.Error(), "give endpoint: in ASCII") || len(c.Sent) > 0 {
		t.Errorf("error %v after %d requests", err, len(c.Sent))
	}
}

// A prefix in the path of an endpoint is sent, but not signed.
func TestPrefixOfAnEndpoint(t *testing.T) {
	var sent *http.Request
	gateway := roundTrip(func(r *http.Request) (*http.Response, error) {
		sent = r
		return nil, context.Canceled // it is not sent again
	})
	c := newCloud(t, free, small)
	c.Via = gateway
	w := c.Open(t, func(s *spec.Connection) { s.Endpoints[""] = "http://127.0.0.1:8080/cloud" })
	_, _ = w.Read(t.Context(), providertest.All(desired(ref(kindAppGroup, "CAD"))))
	path, date := "/v1/"+project+"/app-groups", sent.Header.Get("X-Sdk-Date")
	empty := sha256.Sum256(nil)
	request := sha256.Sum256([]byte("GET\n" + path + "/\n" + sent.URL.RawQuery + "\nhost:127.0.0.1:8080\nx-project-id:" + project + "\nx-sdk-date:" + date +
		"\n\nhost;x-project-id;x-sdk-date\n" + hex.EncodeToString(empty[:])))
	mac := hmac.New(sha256.New, []byte(c.Secrets["secretKey"].Reveal()))
	mac.Write([]byte("SDK-HMAC-SHA256\n" + date + "\n" + hex.EncodeToString(request[:])))
	if want := "Signature=" + hex.EncodeToString(mac.Sum(nil)); sent.URL.Path != "/cloud"+path || !strings.HasSuffix(sent.Header.Get("Authorization"), want) {
		t.Errorf("path %s, signed %s, want %s", sent.URL.Path, sent.Header.Get("Authorization"), want)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
