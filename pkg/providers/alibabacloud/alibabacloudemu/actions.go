package alibabacloudemu

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The versions of the API: the first two are of the product ResourceManager, the last of ResourceDirectoryMaster.
const (
	v2016 = "2016-11-11"
	v2020 = "2020-03-31"
	v2022 = "2022-04-19"
)

// hosts are the public ones and what they serve. Any other host outside of aliyuncs.com is the emulator's own and serves all.
var hosts = map[string][]string{
	"resourcemanager.aliyuncs.com":             {v2016, v2020},
	"resourcemanager.vpc-proxy.aliyuncs.com":   {v2016, v2020},
	"resourcedirectory.aliyuncs.com":           {v2022},
	"resourcedirectory-intl.aliyuncs.com":      {v2022},
	"resourcedirectory.vpc-proxy.aliyuncs.com": {v2022},
}

// name is an action of a version.
type name struct{ version, action string }

// call is an admitted request.
type call struct {
	name
	form
}

// reply is the body of an answer, but for its RequestId.
type reply map[string]any

// action is one action, in each of its versions.
type action struct {
	name      string
	versions  []string
	perSecond int  // calls of each version; 0: Options.PerSecond
	mails     bool // one of those that mail an owner and are "not maintained"
	do        func(*world, *call) (reply, error)
}

var actions = index([]action{
	{"PromoteResourceAccount", []string{v2020}, 10, true, (*world).promote},
	{"ResendPromoteResourceAccountEmail", []string{v2020}, 0, true, (*world).resend},
	{"ListAccountRecordsForParent", []string{v2016}, 0, false, (*world).listRecords},
	{"CreateResourceAccount", []string{v2020, v2022}, 20, false, (*world).createResource},
	{"GetAccount", []string{v2020, v2022}, 0, false, (*world).get},
	{"ListAccounts", []string{v2020, v2022}, 0, false, (*world).list},
	{"UpdateAccount", []string{v2020, v2022}, 20, false, (*world).update},
})

func index(list []action) map[name]*action {
	byName := map[name]*action{}
	for _, a := range list {
		for _, v := range a.versions {
			byName[name{v, a.name}] = &a
		}
	}
	return byName
}

// find returns the action that a request asks a host for.
func (o *Options) find(r *http.Request, n name) (*action, error) {
	host, _, _ := strings.Cut(r.Host, ":")
	serves, public := hosts[host]
	if !public && !strings.HasSuffix(host, ".aliyuncs.com") {
		serves = []string{v2016, v2020, v2022}
	}
	a := actions[n]
	switch {
	case len(serves) == 0:
		return nil, errNoProduct
	case !slices.Contains(serves, n.version):
		return nil, errNoVersion
	case a == nil, r.Method != http.MethodPost && r.Method != http.MethodGet,
		a.mails && o.NoMailActions, a.name == "ListAccountRecordsForParent" && o.NoRecordList:
		return nil, errNoAction
	}
	return a, nil
}

func (o *Options) perSecond(a *action) int {
	if a == nil || a.perSecond == 0 {
		return o.PerSecond
	}
	return a.perSecond
}

// windows are the seconds in which calls are counted, one of each action and version.
type windows map[name]*window

type window struct {
	begin time.Time
	calls int
}

// take counts a call. If it is one too many, it returns how long the second still lasts.
func (ws windows) take(n name, limit int, now time.Time) time.Duration {
	w := ws[n]
	if w == nil || now.Sub(w.begin) >= time.Second {
		w = &window{begin: now}
		ws[n] = w
	}
	if w.calls >= limit {
		return w.begin.Add(time.Second).Sub(now)
	}
	w.calls++
	return 0
}

// rateLimit writes the header that goes with throttling; its times are in milliseconds.
func rateLimit(limit int, left time.Duration) string {
	ms := max(left.Milliseconds(), 1)
	return fmt.Sprintf("Limit:%d,Remain:0,TimeLeft:%d,Reset:%d", limit, ms, ms)
}
