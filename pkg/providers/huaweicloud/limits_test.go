package huaweicloud_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud"
)

var ids = regexp.MustCompile(`[0-9a-f-]{32,}`)

// meter notes which limit each call was counted against: that of the last turn taken before it.
type meter struct {
	*cloud
	last   string
	limits map[string]string
}

func (m *meter) Reserve(_ context.Context, key string, _ time.Duration) (time.Duration, error) {
	m.last = key
	return 0, nil
}

func (m *meter) Delay(context.Context, string, time.Duration) error { return nil }

func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	_, path, _ := strings.Cut(r.URL.Path, project)
	m.limits[r.Method+" "+ids.ReplaceAllString(path, "ID")] = m.last
	return m.cloud.RoundTrip(r)
}

func TestCallsCountAgainstTheVendorsLimits(t *testing.T) {
	m := &meter{cloud: newCloud(t, free, small), limits: map[string]string{}}
	m.Connection.Rate = huaweicloud.Format().Rate
	w, err := huaweicloud.NewWriter(m.Connection, m.Secrets, httpx.Env{Transport: m, Limiter: m})
	if err != nil {
		t.Fatal(err)
	}
	want := merge(desired(ref(kindAppGroup, "New")), desired(ref(kindAppGroup, "CAD"), user("Carol")), desired(ref(kindApp, "AutoCAD"), user("Carol")))
	m.apply(t, w, want)
	if d := cmp.Diff(map[string]string{
		"GET /app-groups": conn + "/workspace_default_get",
		"GET /app-groups/actions/list-authorizations":              conn + "/workspace_default_get",
		"GET /app-center/apps":                                     conn + "/read",
		"GET /app-center/apps/ID/authorizations":                   conn + "/read",
		"GET /users":                                               conn + "/read",
		"POST /app-groups":                                         conn + "/workspace_default_operate",
		"POST /app-groups/authorizations":                          conn + "/workspace_update_authrorization",
		"POST /app-groups/actions/batch-delete-authorization":      conn + "/workspace_update_authrorization",
		"POST /app-center/apps/actions/batch-assign-authorization": conn + "/workspace_default_operate",
	}, m.limits); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
