package providers_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The rows of the fault matrix that each provider has a part in. What is left of a row is tested in package httpx.

// Row 3: a vendor that throttles all writes sees few of them, the run ends with its time and says what it did not do, and the
// next run does it.
func TestFault03ThrottleStorm(t *testing.T) {
	eachProvider(t, func(t *testing.T, p providertest.Provider) {
		for _, after := range []time.Duration{0, time.Second, time.Hour} {
			t.Run(fmt.Sprint("Retry-After ", after), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { throttleStorm(t, p, after) })
			})
		}
	})
}

func throttleStorm(t *testing.T, p providertest.Provider, after time.Duration) {
	seed, file := p.Read(t, "seed.yaml"), p.Fixture("desired.yaml")
	calm := providertest.Start(t, p, seed)
	job := calm.FileJob(t, file)
	providertest.Apply(t, providertest.Plan(t, job), job)
	var storm []emu.Fault
	for _, c := range calm.Writes(t) {
		storm = append(storm, emu.Fault{Match: c.Method + " " + c.Path, Kind: emu.FaultThrottle, RetryAfter: after})
	}
	b := providertest.Start(t, p, seed)
	b.Connection.Rate = p.Format.Rate
	job = b.FileJob(t, file)
	planned := providertest.Plan(t, job)
	if err := b.SetFaults(storm); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	start := time.Now()
	result, err := apply.Apply(ctx, apply.ApplyOptions{Plan: planned, Jobs: []apply.Job{job}, Parallelism: 4})
	if err != nil || result.Summary.Done > 0 || result.Summary.NotTried+result.Summary.Refused == 0 || time.Since(start) > time.Minute {
		t.Errorf("after %v: error %v, result %+v", time.Since(start), err, result.Summary)
	}
	if n := len(b.Writes(t)); n == 0 || n > 30 {
		t.Errorf("the vendor saw %d writes in a minute", n)
	}
	time.Sleep(time.Hour)
	providertest.Survive(t, b, emu.Fault{Match: "PUT /nothing", Kind: emu.FaultThrottle}, p.WorldAfter(t))
}

// late is how a vendor says that a request's date is not right, for those that look at it.
type late struct {
	status         int
	body           string // of the vendor's time
	date, layout   string // header of a request that its date is in
	bodyTimeLayout string
}

var lates = map[string]late{
	"alibabacloud": {400, `{"Code":"InvalidTimeStamp.Expired","Message":"Specified time stamp or date value is expired, server time is %s."}`,
		"X-Acs-Date", "2006-01-02T15:04:05Z", time.RFC3339},
	"huaweicloud": {401, `{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information: signature expired,server time:%s"}`,
		"X-Sdk-Date", "20060102T150405Z", "20060102T150405Z"},
}

// clock is a vendor whose clock is off by as much, and who refuses what is signed for another time; or anything at all.
type clock struct {
	late
	off  time.Duration
	deaf bool
	sent int
}

func (c *clock) RoundTrip(r *http.Request) (*http.Response, error) {
	c.sent++
	now := time.Now().UTC().Add(c.off)
	at, err := time.Parse(c.layout, r.Header.Get(c.date))
	if err != nil {
		return nil, err
	}
	resp := &http.Response{StatusCode: 403, Header: http.Header{"Date": {now.Format(http.TimeFormat)}}, Body: io.NopCloser(strings.NewReader("{}"))}
	if c.deaf || at.Sub(now).Abs() > 15*time.Minute {
		resp.StatusCode, resp.Body = c.status, io.NopCloser(strings.NewReader(fmt.Sprintf(c.body, now.Format(c.bodyTimeLayout))))
	}
	return resp, nil
}

// Row 8: the vendor's clock rules. A request that is refused for its date is signed once more with the vendor's; what is
// refused then is an error that says so. (WPS 365 documents no limit, and its published verifier has none.)
func TestFault08ClockSkew(t *testing.T) {
	eachProvider(t, func(t *testing.T, p providertest.Provider) {
		calls := func(ahead time.Duration) int {
			b := providertest.Start(t, p, p.Read(t, "seed.yaml"))
			b.Advance(ahead)
			providertest.Plan(t, b.FileJob(t, p.Fixture("desired.yaml")))
			return len(b.Calls())
		}
		l, looks := lates[p.Format.Provider]
		want := calls(0)
		if looks {
			want++
		}
		if n := calls(20 * time.Minute); n != want {
			t.Errorf("%d calls with skew, want %d: the clock is corrected once", n, want)
		}
		if !looks {
			return
		}
		for _, c := range []*clock{{late: l, off: 20 * time.Minute}, {late: l, off: -20 * time.Minute}, {late: l, off: time.Hour, deaf: true}} {
			b := providertest.Start(t, p, p.Read(t, "seed.yaml"))
			b.Via = c
			job := b.FileJob(t, p.Fixture("desired.yaml"))
			_, err := job.Source.Read(t.Context(), providertest.All(job.Desired))
			if said := strings.Contains(fmt.Sprint(err), "server time"); c.sent != 2 || said != c.deaf {
				t.Errorf("clock %v off, deaf %v: error %v after %d requests", c.off, c.deaf, err, c.sent)
			}
		}
	})
}

// Row 9: what ends while a run waits is renewed unseen.
func TestFault09TokenExpiry(t *testing.T) {
	eachProvider(t, func(t *testing.T, p providertest.Provider) {
		synctest.Test(t, func(t *testing.T) {
			b := providertest.Start(t, p, p.Read(t, "seed.yaml"))
			job := b.FileJob(t, p.Fixture("desired.yaml"))
			planned := providertest.Plan(t, job)
			time.Sleep(3 * time.Hour)
			if result := providertest.Apply(t, planned, job); !result.Summary.Clean() || result.Summary.Done == 0 {
				t.Errorf("result %+v", result.Summary)
			}
			for _, c := range b.Calls() {
				if c.Status == http.StatusUnauthorized {
					t.Errorf("%s %s was refused", c.Method, c.Path)
				}
			}
		})
	})
}

// noting notes the headers of requests by what they ask for.
type noting struct {
	http.RoundTripper
	mu      sync.Mutex // reads go side by side
	headers map[string][]http.Header
}

func (n *noting) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/oauth2/token" { // it is not signed
		return n.RoundTripper.RoundTrip(r)
	}
	key := r.Method + " " + r.URL.String() + " " + r.Header.Get("X-Acs-Action")
	n.mu.Lock()
	n.headers[key] = append(n.headers[key], r.Header.Clone())
	n.mu.Unlock()
	return n.RoundTripper.RoundTrip(r)
}

// Row 11: no attempt repeats a nonce or an old date, so that a vendor who refuses replays has nothing to refuse.
func TestFault11Replay(t *testing.T) {
	fresh := map[string]string{"alibabacloud": "X-Acs-Signature-Nonce", "huaweicloud": "X-Sdk-Date", "wps365": "X-Kso-Date"}
	eachProvider(t, func(t *testing.T, p providertest.Provider) {
		synctest.Test(t, func(t *testing.T) {
			b := providertest.Start(t, p, p.Read(t, "seed.yaml"))
			n := &noting{RoundTripper: b.Via, headers: map[string][]http.Header{}}
			b.Via = n
			if err := b.SetFaults([]emu.Fault{{Match: "GET /**", Kind: emu.FaultRefuse, Status: 503, RetryAfter: time.Second, Nth: 1, Count: 2}}); err != nil {
				t.Fatal(err)
			}
			providertest.Plan(t, b.FileJob(t, p.Fixture("desired.yaml")))
			again := 0
			for key, headers := range n.headers {
				seen := map[string]bool{}
				for _, h := range headers {
					value := h.Get(fresh[p.Format.Provider])
					if value == "" || seen[value] {
						t.Errorf("%s: %q comes again", key, value)
					}
					seen[value] = true
				}
				again = max(again, len(headers))
			}
			if again < 3 {
				t.Error("nothing was sent again")
			}
		})
	})
}

// Row 18: credentials do not travel in the open, but for tests on the same machine.
func TestFault18TLS(t *testing.T) {
	eachProvider(t, func(t *testing.T, p providertest.Provider) {
		file := p.Read(t, "desired.yaml")
		vendor := strings.ReplaceAll(p.Format.Hosts[0], "{region}", "cn-north-4")
		for endpoint, ok := range map[string]bool{"https://" + vendor: true, "http://" + vendor: false, "http://127.0.0.1.example": false,
			"http://10.0.0.1": false, "http://127.0.0.1:8080": true, "http://[::1]:8080": true, "http://localhost": true, "ftp://" + vendor: false} {
			path := filepath.Join(t.TempDir(), "entitlements.yaml")
			if err := os.WriteFile(path, []byte(strings.Replace(file, "    auth:", "    endpoint: "+endpoint+"\n    auth:", 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := spec.Load(spec.Input{Paths: []string{path}, Formats: providers.Formats()})
			if (err == nil) != ok {
				t.Errorf("%s: error %v", endpoint, err)
			}
		}
	})
}
