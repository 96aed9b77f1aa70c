package providers_test

import (
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers"
)

// crowd is a way to a vendor on which each call takes a second, and that counts those in flight.
type crowd struct {
	http.RoundTripper
	mu   sync.Mutex
	now  map[string]int // by what is asked
	most map[string]int
	sent map[string]int
	of   []string // patterns of paths that are told apart, up to all others
}

const inAll = "all"

func (c *crowd) RoundTrip(r *http.Request) (*http.Response, error) {
	at, kinds := r.URL.Path+r.Header.Get("X-Acs-Action"), []string{inAll} // one vendor names the call in a header
	for _, pattern := range c.of {
		if is, _ := path.Match(pattern, at); is {
			kinds = append(kinds, pattern)
		}
	}
	c.count(kinds, 1)
	time.Sleep(time.Second)
	c.count(kinds, -1)
	return c.RoundTripper.RoundTrip(r)
}

func (c *crowd) count(kinds []string, by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, kind := range kinds {
		c.sent[kind] += max(by, 0)
		c.now[kind] += by
		c.most[kind] = max(c.most[kind], c.now[kind])
	}
}

// What takes a call for each of many things is asked side by side, as many at once as are allowed, and never more.
func TestReadsGoSideBySide(t *testing.T) {
	const lists = 12
	each := func(format string) string {
		var all []string
		for i := range lists {
			all = append(all, fmt.Sprintf(format, i))
		}
		return strings.Join(all, ", ")
	}
	for provider, c := range map[string]struct {
		seed, connection, file string
		asks                   map[string]int // how often each path is asked for
	}{
		"huaweicloud": {
			"{users: [{name: ann, email: ann@x.example}], appGroups: [" + each("{name: G%d, grants: [ann]}") + "], apps: [" + each("{name: P%d, audience: assigned, grants: [ann]}") + "]}",
			"region: ap-southeast-3, project: 0123456789abcdef0123456789abcdef, auth: {accessKey: env:HUAWEICLOUD_KEY, secretKey: env:HUAWEICLOUD_SECRET}",
			"users: [{name: ann}]\nappGroups: [" + each("{name: G%d, in: main, grants: [{to: [ann]}]}") + "]\napps: [" + each("{name: P%d, in: main, audience: assigned, grants: [{to: [ann]}]}") + "]\n",
			map[string]int{"/v1/*/mails": lists, "/v1/*/app-center/apps/*/authorizations": lists},
		},
		"wps365": {
			"{domains: [x.example], users: [" + each("{name: U%[1]d, email: u%[1]d@x.example}") + "], mailGroups: [" + each("{address: g%d@x.example, name: G, owner: u0@x.example, senders: company, members: [u0@x.example]}") +
				", {address: all@x.example, name: All, owner: u0@x.example, senders: company, members: [" + each("u%d@x.example") + "]}]}",
			"auth: {appId: env:WPS_APP_ID, appKey: env:WPS_APP_KEY}, experimental: [members]",
			"users: [{name: u0, email: u0@x.example}, {name: lost, email: lost@x.example}]\nmailGroups: [" + each("{address: g%d@x.example, in: main, members: [u0]}") + ", {address: all@x.example, in: main, members: [lost]}]\n",
			map[string]int{"/v7/mail_groups/*/members": lists + 1, "/v7/user_mailboxes/*/aliases": lists},
		},
		"alibabacloud": {
			"{accounts: [" + each("{name: a%[1]d, status: PromoteVerifying, email: a%[1]d@x.example, folder: fd-%010[1]d}") + "]}",
			"auth: {accessKeyId: env:ALIBABA_CLOUD_ACCESS_KEY_ID, accessKeySecret: env:ALIBABA_CLOUD_ACCESS_KEY_SECRET}",
			"accounts: [" + each("{name: a%[1]d, in: main, type: cloud, email: a%[1]d@x.example}") + "]\n",
			map[string]int{"/ListAccountRecordsForParent": lists},
		},
	} {
		for _, side := range []int{1, 3, 8} {
			t.Run(fmt.Sprintf("%s, %d at once", provider, side), func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "entitlements.yaml")
				if err := os.WriteFile(file, []byte("version: 1\nconnections: {main: {provider: "+provider+", "+c.connection+"}}\n"+c.file), 0o600); err != nil {
					t.Fatal(err)
				}
				synctest.Test(t, func(t *testing.T) {
					p, _ := providers.Find(provider)
					vendor := providertest.Start(t, kit(p), provider+": "+c.seed)
					way := &crowd{RoundTripper: vendor.Via, now: map[string]int{}, most: map[string]int{}, sent: map[string]int{}}
					for pattern := range c.asks {
						way.of = append(way.of, pattern)
					}
					vendor.Via, vendor.Parallelism = way, side
					start := time.Now()
					providertest.Plan(t, vendor.FileJob(t, file))
					took, alone := int(time.Since(start).Seconds()), way.sent[inAll]
					for pattern, lists := range c.asks {
						if way.sent[pattern] != lists || way.most[pattern] != side {
							t.Errorf("%s: %d asked, up to %d at once; want %d, up to %d", pattern, way.sent[pattern], way.most[pattern], lists, side)
						}
						alone -= lists - (lists+side-1)/side
					}
					if way.most[inAll] != side || took > alone {
						t.Errorf("up to %d in flight for %d calls, in %d s; want %d, in %d s", way.most[inAll], way.sent[inAll], took, side, alone)
					}
				})
			})
		}
	}
}
