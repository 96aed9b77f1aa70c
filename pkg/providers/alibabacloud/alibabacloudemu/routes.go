package alibabacloudemu

import (
	"net/http"
	"net/url"
)

// The versions of the APIs: the first is of Sts, the next two of ResourceManager, the last of ResourceDirectoryMaster.
const (
	v2015 = "2015-04-01"
	v2016 = "2016-11-11"
	v2020 = "2020-03-31"
	v2022 = "2022-04-19"
)

// hosts are the public ones and the versions that they serve. Hosts outside of aliyuncs.com are the emulator itself and serve all.
var hosts = map[string][]string{
	"resourcemanager.aliyuncs.com":             {v2016, v2020},
	"resourcemanager.vpc-proxy.aliyuncs.com":   {v2016, v2020},
	"resourcedirectory.aliyuncs.com":           {v2022},
	"resourcedirectory-intl.aliyuncs.com":      {v2022},
	"resourcedirectory.vpc-proxy.aliyuncs.com": {v2022},
}

// name is an action in one version of the API.
type name struct{ version, action string }

// call is an admitted request.
type call struct {
	form
	name
}

// reply is the body of an answer, but for its RequestId.
type reply map[string]any

// route is one action, in each of its versions.
type route struct {
	action    string
	versions  []string
	perSecond int  // calls of each version; 0: Options.PerSecond
	mails     bool // one of those that mail an owner and are "not maintained"
	do        func(*world, *call) (reply, error)
}

var routes = index([]route{
	{"PromoteResourceAccount", []string{v2020}, 10, true, (*world).promote},
	{"ResendPromoteResourceAccountEmail", []string{v2020}, 0, true, (*world).resend},
	{"ListAccountRecordsForParent", []string{v2016}, 0, false, (*world).listRecords},
	{"CreateResourceAccount", []string{v2020, v2022}, 20, false, (*world).createAccount},
	{"GetAccount", []string{v2020, v2022}, 0, false, (*world).getAccount},
	{"ListAccounts", []string{v2020, v2022}, 0, false, (*world).listAccounts},
	{"AssumeRole", []string{v2015}, 100, false, (*world).assumeRole},
	{"AssumeRoleWithOIDC", []string{v2015}, 100, false, (*world).assumeRoleWithOIDC},
	{"UpdateAccount", []string{v2020, v2022}, 20, false, (*world).updateAccount},
})

func index(list []route) map[name]*route {
	byName := map[name]*route{}
	for _, r := range list {
		for _, v := range r.versions {
			byName[name{v, r.action}] = &r
		}
	}
	return byName
}

// operation returns what a request asks for. V3 says it in headers, V1 in parameters.
func operation(r *http.Request, params url.Values) name {
	if isV3(r) {
		return name{r.Header.Get("X-Acs-Version"), r.Header.Get("X-Acs-Action")}
	}
	return name{params.Get("Version"), params.Get("Action")}
}
