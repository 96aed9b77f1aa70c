package huaweicloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// family is a group of calls that share a host.
type family string

const (
	familyApp       family = "app"       // a, b: application streaming
	familyWorkspace family = "workspace" // d, f, g: the App Center is here, although its paths say v1
	familyIAM       family = "iam"
)

// api sends signed requests to one project.
type api struct {
	http     *httpx.Client
	hosts    map[family]string
	region   string
	keys     *httpx.Renewing[credentials]
	language string       // of mails; "": the vendor's choice
	skew     atomic.Int64 // nanoseconds by which the vendor's clock is ahead of ours
	project  string       // "" until it was looked up
	lookup   sync.Mutex
	known    known
}

func newAPI(conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (*api, error) {
	if _, flaw, hint := flawOf(conn); flaw != "" {
		return nil, errors.New(flaw + "; " + hint)
	}
	a := &api{
		http: httpx.New(env, conn.Name, conn.Rate), hosts: hostsOf(conn), region: conn.Settings["region"], project: conn.Settings["project"], language: conn.Language,
	}
	a.keys = a.newCredentials(conn, secrets, env)
	a.http.Prepare = func(ctx context.Context, _ httpx.Request) error {
		_, err := a.keys.Get(ctx, "")
		return err
	}
	a.http.Sign, a.http.Explain, a.http.Again = a.authenticate, explain, a.mend
	return a, nil
}

// authenticate signs with the access key, or sends the token. The host is signed, so that a request that reached another host
// than the vendor's is worth nothing at the vendor's.
func (a *api) authenticate(ctx context.Context, r *http.Request, body []byte) error {
	keys, err := a.keys.Get(ctx, "")
	if err != nil {
		return err
	}
	if token := keys.token.Reveal(); token != "" {
		r.Header.Set("X-Auth-Token", token)
		return nil
	}
	if r.Host, err = signedHost(r.URL); err != nil {
		return err
	}
	at := a.now()
	prefix := a.prefixOf(r.URL)
	if strings.HasPrefix(r.URL.String(), a.hosts[familyIAM]+"/v3/") { // IAM knows no project yet
		keys.sign(r, body, at, prefix, "Host")
		return nil
	}
	r.Header.Set("X-Project-Id", a.project)
	signed := []string{"Host", "X-Project-Id"}
	if r.Header.Get(headerLanguage) != "" {
		signed = append(signed, headerLanguage)
	}
	keys.sign(r, body, at, prefix, signed...)
	return nil
}

// now is the vendor's time, as far as it was seen to differ from ours.
func (a *api) now() time.Time { return time.Now().Add(time.Duration(a.skew.Load())) }

// prefixOf is the path of the endpoint that a request goes to; where one is within another, of the inner one.
func (a *api) prefixOf(to *url.URL) (prefix string) {
	for _, host := range a.hosts {
		base, err := url.Parse(host)
		if err == nil && strings.HasPrefix(to.String(), host+"/") && len(base.Path) > len(prefix) {
			prefix = base.Path
		}
	}
	return prefix
}

// serverTime stands in the gateway's answer to a date that is more than 15 minutes off.
var serverTime = regexp.MustCompile(`server time:(\d{8}T\d{6}Z)`)

// correctClock takes over the vendor's clock when ours is off.
func (a *api) correctClock(_ context.Context, _ *http.Request, e *httpx.Error) bool {
	m := serverTime.FindStringSubmatch(e.Message)
	if e.Status != http.StatusUnauthorized || m == nil {
		return false
	}
	at, err := time.Parse(dateLayout, m[1])
	if err != nil {
		return false
	}
	a.skew.Store(int64(time.Until(at)))
	return true
}

// projectID returns the project, looking it up by the region's name where the file gives none.
func (a *api) projectID(ctx context.Context) (string, error) {
	a.lookup.Lock()
	defer a.lookup.Unlock()
	if a.project != "" {
		return a.project, nil
	}
	var answer struct {
		Projects []struct {
			ID string `json:"id"`
		} `json:"projects"`
	}
	_, err := a.http.Do(ctx, httpx.Request{Method: http.MethodGet, Base: a.hosts[familyIAM], Path: "/v3/projects",
		Query: url.Values{"name": {a.region}}}, &answer)
	switch {
	case err != nil:
		return "", fmt.Errorf("look up the project of region %s: %w", a.region, err)
	case len(answer.Projects) == 0:
		return "", fmt.Errorf("the account has no project in region %s; project: names it", a.region)
	case len(answer.Projects) > 1:
		ids := make([]string, len(answer.Projects))
		for i, p := range answer.Projects {
			ids[i] = p.ID
		}
		return "", fmt.Errorf("the account has several projects in region %s: %s; project: chooses one", a.region, strings.Join(ids, ", "))
	}
	a.project = answer.Projects[0].ID
	return a.project, nil
}

// headerLanguage chooses the language of the mails that a call makes the vendor send.
const headerLanguage = "X-Language"

// send does one of the calls that change something, on the app group or app with an id where its path has one; see
// httpx.Request.BeforeSend for begin.
func (a *api) send(ctx context.Context, name, on string, body, out any, begin func() error) error {
	id, err := a.projectID(ctx)
	if err != nil {
		return err
	}
	r, method := routeOf(name), http.MethodPost
	if before, _, changes := strings.Cut(name, "{"); changes {
		method, name = http.MethodPatch, before+httpx.Escape(on)
	}
	header := http.Header{}
	if a.language != "" && slices.Contains(mailing, name) {
		header.Set(headerLanguage, a.language)
	}
	_, err = a.http.Do(ctx, httpx.Request{Method: method, Base: a.hosts[r.base], Path: "/v1/" + httpx.Escape(id) + "/" + name,
		Policy: r.policy, Repeatable: r.repeatable, Body: body, Header: header, BeforeSend: begin}, out)
	return err
}

// Regions whose app groups have a host of their own; elsewhere one host serves both families. (SDK for Go v3:
// services/workspaceapp/v1/region and services/workspace/v2/region.)
var appstreamRegions = []string{"cn-north-4", "cn-north-9", "cn-east-3", "cn-south-1", "cn-southwest-2"}

var workspaceRegions = append([]string{"la-south-2", "la-north-2", "sa-brazil-1", "ap-southeast-1", "ap-southeast-2",
	"ap-southeast-3", "cn-east-5", "cn-north-11", "me-east-1", "af-south-1", "af-north-1", "tr-west-1"}, appstreamRegions...)

// europe has one host for App Center and desktops in the SDK's table, which names none for app groups. There they are taken to be
// on the same one, as in all regions outside of China.
const europe = "eu-west-101"

// knownRegions are those whose hosts are known, sorted.
func knownRegions() []string {
	return slices.Sorted(slices.Values(append(slices.Clone(workspaceRegions), europe)))
}

// Regions that serve without an IAM host of their own; the global one takes their place. (SDK: core/auth/internal.)
var globalIAMRegions = []string{"cn-north-11", "af-north-1", europe}

// hostsOf is where each family of calls goes. Those without a host are missing.
func hostsOf(conn spec.Connection) map[family]string {
	region, hosts := conn.Settings["region"], map[family]string{}
	if slices.Contains(knownRegions(), region) {
		hosts[familyWorkspace] = "https://workspace." + region + ".myhuaweicloud.com"
		hosts[familyApp], hosts[familyIAM] = hosts[familyWorkspace], "https://iam."+region+".myhuaweicloud.com"
	}
	if slices.Contains(appstreamRegions, region) {
		hosts[familyApp] = "https://appstream." + region + ".myhuaweicloud.com"
	}
	if slices.Contains(globalIAMRegions, region) {
		hosts[familyIAM] = "https://iam.myhuaweicloud.com"
	}
	for _, f := range []family{familyApp, familyWorkspace, familyIAM} {
		for _, key := range []string{"", string(f)} {
			if base := conn.Endpoints[key]; base != "" {
				hosts[f] = strings.TrimSuffix(base, "/")
			}
		}
	}
	return hosts
}

// flawOf finds a region whose hosts nobody names.
func flawOf(conn spec.Connection) (key, flaw, hint string) {
	region, hosts := conn.Settings["region"], hostsOf(conn)
	for _, f := range []family{familyApp, familyWorkspace, familyIAM} {
		if hosts[f] == "" {
			known := "known are " + strings.Join(knownRegions(), ", ")
			if !regionID.MatchString(region) {
				known = "write its id, as ap-southeast-3 is that of Singapore; " + known
			}
			return "region", fmt.Sprintf("no %s host is known for region %q", f, region),
				spec.DidYouMean(region, knownRegions(), known+";") + " endpoint: names the hosts of any other"
		}
	}
	return "", "", ""
}

// regionID is the form of the ids of regions.
var regionID = regexp.MustCompile(`^[a-z]+-[a-z]+-[0-9]+$`)
