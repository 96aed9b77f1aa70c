package huaweicloudemu

import (
	"net/http"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// call is an admitted request.
type call struct {
	form
	id     string      // what the path has in place of {id}
	header http.Header // of the reply
	speaks string      // X-Language of the request
	sent   http.Header // of the request
}

// route is one API call.
type route struct {
	name   string                           // method and pattern; {p} is the project
	status int                              // of success
	do     func(*world, *call) (any, error) // a nil result is an empty body
}

// Calls that the gateway treats differently from the rest.
const (
	signIn = "POST /v3/auth/tokens"
	add    = "POST /v1/{p}/app-groups/authorizations"
	remove = "POST /v1/{p}/app-groups/actions/batch-delete-authorization"
)

// policy names the quota that a call counts against. Adding and removing share one.
func (r route) policy() string {
	if r.name == add || r.name == remove {
		return "workspace_update_authrorization" // the vendor's spelling
	}
	return r.name
}

// routes are in order of precedence: literal segments before variables. Comments elsewhere call them by the numbers here.
var routes = []route{
	{signIn, 201, (*world).createToken},
	{securityTokens, 201, (*world).createKeys},
	{idTokens, 201, (*world).createIDToken},
	{metadataToken, 200, (*world).createSession},
	{metadataKeys, 200, (*world).serverKeys},
	{"GET /v3/projects", 200, (*world).listProjects},

	{add, 200, (*world).addGrants}, // b2
	{"GET /v1/{p}/app-groups/actions/list-authorizations", 200, (*world).listGrants}, // b1
	{remove, 200, (*world).deleteGrants},                                             // b3
	{"POST /v1/{p}/app-groups/batch-delete", 200, (*world).deleteAppGroups},          // a6
	{"GET /v1/{p}/app-groups", 200, (*world).listAppGroups},                          // a1
	{"POST /v1/{p}/app-groups", 200, (*world).createAppGroup},                        // a2
	{"GET /v1/{p}/app-groups/{id}", 200, (*world).getAppGroup},                       // a3
	{"PATCH /v1/{p}/app-groups/{id}", 200, (*world).updateAppGroup},                  // a4
	{"DELETE /v1/{p}/app-groups/{id}", 200, (*world).deleteAppGroup},                 // a5

	{"GET /v1/{p}/mails", 200, (*world).listMails},                                   // c1
	{"POST /v1/{p}/mails/actions/send", 200, (*world).resendMails},                   // c2
	{"POST /v1/{p}/mails/actions/send-by-authorization", 200, (*world).resendGrants}, // c3

	{"POST /v1/{p}/app-center/apps/actions/batch-assign-authorization", 200, (*world).assignApps}, // d3
	{"GET /v1/{p}/app-center/apps", 200, (*world).listApps},                                       // d1
	{"POST /v1/{p}/app-center/apps", 200, (*world).createApp},
	{"PATCH /v1/{p}/app-center/apps/{id}", 200, (*world).updateApp},
	{"GET /v1/{p}/app-center/apps/{id}/authorizations", 200, (*world).listAssigned}, // d2

	{"GET /v2/{p}/users", 200, (*world).listUsers},               // f1
	{"POST /v2/{p}/users", 201, (*world).createUser},             // f2
	{"GET /v2/{p}/users/{id}", 200, (*world).getUser},            // f4
	{"PUT /v2/{p}/users/{id}", 200, (*world).updateUser},         // f5
	{"DELETE /v2/{p}/users/{id}", 204, (*world).deleteUser},      // f6
	{"POST /v2/{p}/users/{id}/actions", 204, (*world).actOnUser}, // f9

	{"GET /v2/{p}/groups", 200, (*world).listUserGroups},              // g1
	{"POST /v2/{p}/groups", 201, (*world).createUserGroup},            // g2
	{"PUT /v2/{p}/groups/{id}", 200, (*world).updateUserGroup},        // g3
	{"DELETE /v2/{p}/groups/{id}", 204, (*world).deleteUserGroup},     // g4
	{"GET /v2/{p}/groups/{id}/users", 200, (*world).listMembers},      // g6
	{"POST /v2/{p}/groups/{id}/actions", 204, (*world).changeMembers}, // g7
}

var router = emu.NewRouter(routes, func(r route) string { return r.name })
