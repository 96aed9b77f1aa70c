package huaweicloud

import (
	"encoding/json"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The bodies of the Workspace API, with the fields that we use (SDK for Go v3: services/workspaceapp/v1 for calls a and
// b, services/workspace/v2 for d, f and g). Ids are opaque.

// appGroup is a row of a1 and the answer of a2.
type appGroup struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Type        string `json:"app_type"`
	ServerGroup string `json:"app_server_group_id"` // "" while it is bound to none
	Description string `json:"description"`
}

func (g appGroup) key() string { return g.ID }

// settings are those that somebody asks for.
func (g appGroup) settings(wanted spec.Settings) (shown spec.Settings) {
	values := map[string]string{settingType: g.Type, settingServerGroup: g.ServerGroup, settingDescription: g.Description}
	for key := range wanted.All() {
		shown = shown.With(key, values[key])
	}
	return shown
}

// authorization is a row of b1.
type authorization struct {
	ID         string `json:"id"`
	AppGroupID string `json:"app_group_id"`
	AppID      string `json:"app_id"` // blank: on the whole group
	AccountID  string `json:"account_id"`
	CreateAt   string `json:"create_at"` // since when
	account
}

// account names a user or a user group in rows and bodies of b and d. The two families spell a user's type in different
// ways: USER against SIMPLE.
type account struct {
	ID           string `json:"id,omitempty"` // b only; b2 needs it for a user group
	Account      string `json:"account"`
	AccountType  string `json:"account_type"`
	Domain       string `json:"domain,omitempty"`
	PlatformType string `json:"platform_type,omitempty"`
}

const (
	typeUser      = "USER"   // app groups
	typeSimple    = "SIMPLE" // App Center
	typeUserGroup = "USER_GROUP"
)

// authorize is the body of b2 and b3.
type authorize struct {
	AppGroupIDs []string  `json:"app_group_ids"` // 1 to 10
	Accounts    []account `json:"accounts"`      // 1 to 50
}

// assign is the body of d3. The accounts are a delta; the mode is absolute and set on every app listed.
type assign struct {
	AppIDs            []string  `json:"app_ids"` // 1 to 20, unique
	AuthorizationType string    `json:"authorization_type"`
	Users             []account `json:"users,omitempty"`     // to add: 0 to 100, unique
	DelUsers          []account `json:"del_users,omitempty"` // to remove: 0 to 100, unique
}

const (
	modeEveryone = "ALL_USER"
	modeAssigned = "ASSIGN_USER"
)

// application is a row of d1.
type application struct {
	ID                string `json:"id"`
	Name              string `json:"name"`
	AuthorizationType string `json:"authorization_type"`
}

func (a application) key() string { return a.ID }

// user is a row of f1.
type user struct {
	ID     string `json:"id"`
	Name   string `json:"user_name"`
	Email  string `json:"user_email"`
	Domain string `json:"domain"`

	Disabled   bool     `json:"disabled"`
	Locked     bool     `json:"locked"`
	Expired    bool     `json:"account_expired"`
	GroupNames []string `json:"group_names"`
}

func (u user) key() string { return u.ID }

// userGroup is a row of g1.
type userGroup struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Domain       string `json:"domain"`
	PlatformType string `json:"platform_type"`
}

func (g userGroup) key() string { return g.ID }

// failure is every form of error body that was seen: of the services, of the gateway, and IAM's nested one, whose code is
// a number.
type failure struct {
	Code      string `json:"error_code"`
	Message   string `json:"error_msg"`
	RequestID string `json:"request_id"`

	Detail        string `json:"error_detail"`
	Authorization string `json:"encoded_authorization_message"` // why a policy denied the call; IAM decodes it

	Nested struct {
		Code    json.Number `json:"code"`
		Message string      `json:"message"`
	} `json:"error"`
}

// The limits that calls count against, by the gateway's names for them (API Explorer: x-apigateway-ratelimit). For calls d1,
// d2, c2, f and g it names none.
const (
	policyGet       = "workspace_default_get"           // a1, b1, c1
	policyOperate   = "workspace_default_operate"       // a2, a6, d3
	policyAuthorize = "workspace_update_authrorization" // b2 and b3 together; the spelling is the vendor's
)

// list names a paged list: where it is, and what its rows and its total are called there.
type list struct {
	path   string // behind the project id
	base   family
	major  string // API version
	array  string
	total  string
	policy string
}

var (
	listAppGroups      = list{"/app-groups", familyApp, "v1", "items", "count", policyGet}
	listAuthorizations = list{"/app-groups/actions/list-authorizations", familyApp, "v1", "authorizations", "count", policyGet}
	listMails          = list{"/mails", familyApp, "v1", "records", "count", policyGet}
	listApps           = list{"/app-center/apps", familyWorkspace, "v1", "items", "count", ""}
	listUsers          = list{"/users", familyWorkspace, "v2", "users", "total_count", ""}
	listUserGroups     = list{"/groups", familyWorkspace, "v2", "user_groups", "total_count", ""}
)

func listAssignments(appID string) list {
	return list{"/app-center/apps/" + httpx.Escape(appID) + "/authorizations", familyWorkspace, "v1", "items", "count", ""}
}

func listMembers(groupID string) list {
	return list{"/groups/" + httpx.Escape(groupID) + "/users", familyWorkspace, "v2", "users", "total_count", ""}
}

// page is one page of any list; a list fills one total and one array.
type page[T any] struct {
	Count          provider.Count `json:"count"`
	TotalCount     provider.Count `json:"total_count"`
	Items          []T            `json:"items"`
	Authorizations []T            `json:"authorizations"`
	Records        []T            `json:"records"`
	Users          []T            `json:"users"`
	UserGroups     []T            `json:"user_groups"`
}

// of returns the page's rows, nil where it has no such list, and how many the whole list has.
func (p page[T]) of(l list) (rows []T, count provider.Count) {
	count = map[string]provider.Count{"count": p.Count, "total_count": p.TotalCount}[l.total]
	return map[string][]T{"items": p.Items, "authorizations": p.Authorizations, "records": p.Records, "users": p.Users, "user_groups": p.UserGroups}[l.array], count
}
