package huaweicloudemu

import (
	"net/http"
	"net/url"
	"strings"
)

// call is an admitted request.
type call struct {
	vars   []string // what the path has in place of {…}, without the project
	query  url.Values
	body   []byte
	header http.Header // of the reply
}

// route is one API call.
type route struct {
	status  int
	do      func(*world, *call) (any, error) // a nil result is an empty body
	policy  string                           // whose quota it draws from
	project bool                             // it is about a project, named in its path
	public  bool                             // it needs no credentials
}

// paths are in order of precedence: literal segments before variables. All but IAM's are about a project.
var paths = compile([]entry{
	{"POST /v3/auth/tokens", 201, (*world).createToken},
	{"GET /v3/projects", 200, (*world).listProjects},

	{"POST /v1/{p}/app-groups/authorizations", 200, (*world).addAuthorizations},                        // b2
	{"GET /v1/{p}/app-groups/actions/list-authorizations", 200, (*world).listAuthorizations},           // b1
	{"POST /v1/{p}/app-groups/actions/batch-delete-authorization", 200, (*world).deleteAuthorizations}, // b3
	{"POST /v1/{p}/app-groups/batch-delete", 200, (*world).deleteAppGroups},                            // a6
	{"GET /v1/{p}/app-groups", 200, (*world).listAppGroups},                                            // a1
	{"POST /v1/{p}/app-groups", 200, (*world).createAppGroup},                                          // a2
	{"GET /v1/{p}/app-groups/{id}", 200, (*world).getAppGroup},                                         // a3
	{"PATCH /v1/{p}/app-groups/{id}", 200, (*world).updateAppGroup},                                    // a4
	{"DELETE /v1/{p}/app-groups/{id}", 200, (*world).deleteAppGroup},                                   // a5

	{"GET /v1/{p}/mails", 200, (*world).listMails},                                   // c1
	{"POST /v1/{p}/mails/actions/send", 200, (*world).resendMails},                   // c2
	{"POST /v1/{p}/mails/actions/send-by-authorization", 200, (*world).resendGrants}, // c3

	{"POST /v1/{p}/app-center/apps/actions/batch-assign-authorization", 200, (*world).assignApps}, // d3
	{"GET /v1/{p}/app-center/apps", 200, (*world).listApps},                                       // d1
	{"POST /v1/{p}/app-center/apps", 200, (*world).createApp},
	{"PATCH /v1/{p}/app-center/apps/{id}", 200, (*world).updateApp},
	{"GET /v1/{p}/app-center/apps/{id}/authorizations", 200, (*world).listAssignments}, // d2

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
})

type entry struct {
	call   string // method and pattern; {…} stands for one segment
	status int    // of success
	do     func(*world, *call) (any, error)
}

// path is a pattern, split at its slashes, and its routes by method.
type path struct {
	segments []string
	routes   map[string]route
}

func compile(entries []entry) []*path {
	var paths []*path
	byPattern := map[string]*path{}
	for _, e := range entries {
		method, pattern, _ := strings.Cut(e.call, " ")
		p := byPattern[pattern]
		if p == nil {
			p = &path{strings.Split(pattern, "/"), map[string]route{}}
			byPattern[pattern] = p
			paths = append(paths, p)
		}
		r := route{status: e.status, do: e.do, policy: e.call, project: strings.Contains(pattern, "{p}")}
		switch pattern {
		case "/v1/{p}/app-groups/authorizations", "/v1/{p}/app-groups/actions/batch-delete-authorization":
			r.policy = "workspace_update_authrorization" // the vendor's spelling
		case "/v3/auth/tokens":
			r.public = true
		}
		p.routes[method] = r
	}
	return paths
}

// find returns the routes of an escaped path, and what stands for its variables.
func find(escaped string) (map[string]route, []string) {
	have := strings.Split(strings.TrimSuffix(escaped, "/"), "/")
next:
	for _, p := range paths {
		if len(p.segments) != len(have) {
			continue
		}
		var vars []string
		for i, want := range p.segments {
			switch {
			case strings.HasPrefix(want, "{"):
				segment, err := url.PathUnescape(have[i])
				if err != nil || segment == "" {
					continue next
				}
				vars = append(vars, segment)
			case want != have[i]:
				continue next
			}
		}
		return p.routes, vars
	}
	return nil, nil
}
