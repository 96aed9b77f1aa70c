package huaweicloud

import (
	"regexp"
	"strings"
	"sync"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// The kinds of resources, and the words of an app's audience.
const (
	kindAppGroup spec.Kind = "app-group"
	kindApp      spec.Kind = "app"

	audienceAssigned = "assigned" // the accounts that are assigned to it
	audienceEveryone = "everyone" // every user of the tenant; assignments are kept but mean nothing
)

// The settings of app groups, and what the vendor calls them (a1, a2, a4).
const (
	settingType        = "type"
	settingServerGroup = "serverGroup"
	settingDescription = "description"
	settingName        = "name" // of what is renamed, an app too
)

var settingFields = map[string]string{settingType: "app_type", settingServerGroup: "app_server_group_id", settingDescription: "description", settingName: "name"}

// defaultDomain is what the vendor takes a blank directory domain for.
const defaultDomain = "local.com"

// foldAuto is the word of caseFold: beside true and false.
const foldAuto = "auto"

// Format says what a connection of this provider may hold in the file. The rates are those that the vendor publishes per
// user and minute for the APIs whose rows could be seen; those of app groups are taken to be the same.
func Format() spec.ProviderSchema {
	return spec.ProviderSchema{
		Provider:     "huaweicloud",
		Kinds:        kinds(),
		Auth:         authForms(),
		AuthKinds:    authKinds,
		TokenFileEnv: []string{"HUAWEICLOUD_SDK_ID_TOKEN_FILE"},
		Metadata:     "http://169.254.169.254",
		// Those of the SDK, and those for Europe, which has a domain of its own. Others under either are for anybody to rent.
		Hosts: []string{"workspace.{region}.myhuaweicloud.com", "appstream.{region}.myhuaweicloud.com", "iam.{region}.myhuaweicloud.com",
			"iam.myhuaweicloud.com", "workspace." + europe + ".myhuaweicloud.eu",
			"iam." + europe + ".myhuaweicloud.eu", "iam.myhuaweicloud.eu"},
		Env:       []string{"HUAWEICLOUD_*"},
		Keys:      []string{"region", "project", spec.KeyDomain, spec.KeyPlatform, spec.KeyCaseFold},
		Booleans:  []string{spec.KeyCaseFold},
		Words:     map[string][]string{spec.KeyPlatform: {"AD", "LOCAL", "SYSTEM"}, spec.KeyCaseFold: {foldAuto}},
		Required:  []string{"region"},
		Endpoints: []string{"app", "workspace", "iam"},
		About:     about(),
		Examples:  examples(),
		Domain:    defaultDomain,
		Rate:      spec.Rates{Read: spec.PerMinute(200), Write: spec.PerMinute(100)},
		Mails:     mails(),
		Languages: []string{"zh-cn", "en-us", "fr-fr"}, // X-Language
		Packing:   true,
		Flaw:      flawOf,
	}
}

// about says what the keys are.
func about() map[string]string {
	return map[string]string{
		authAccessKey: "the id of an access key", authSecretKey: "its secret", authSecurityToken: "for temporary access keys", authToken: "a token of IAM",
		authAgency:           "the name of the agency whose part the access key takes on",
		authAgencyAccount:    "the name of the account that made the agency",
		authAccountID:        "the id of the account that the access key is of, sent as X-Domain-Id where IAM asks for it",
		authIdentityProvider: "the name of the OpenID Connect identity provider in IAM",
		authTokenFile:        "the absolute path of the file that holds the provider's token, read anew whenever keys are renewed",
		authMetadata:         "where the server that this runs on has its metadata; its agency gives the keys",
		authExec:             "a program that prints accessKey, secretKey and perhaps securityToken, or token, and expiresAt, as a JSON object",
		"region":             "the region: " + strings.Join(knownRegions(), ", ") + "; any other with endpoint:", "project": "the id of the project; by default it is looked up by the region's name",
		spec.KeyDomain:   "the directory domain of people and user groups who name none; by default " + defaultDomain,
		spec.KeyPlatform: "the kind of directory of people who name none, sent when they are granted something; by default none is sent. The App Center knows no SYSTEM",
		spec.KeyCaseFold: "whether names that differ in letter case only are one: false, the default; true; or auto, where the directory, asked for one, answers with the other alone",
		"app":            "for Workspace's app streaming", "workspace": "for Workspace's desktops and app center", "iam": "for the project's id and tokens",
	}
}

// examples are values of the keys.
func examples() map[string]any {
	return map[string]any{
		"region": "ap-southeast-3", "project": "0123456789abcdef0123456789abcdef", spec.KeyDomain: "corp.local", spec.KeyCaseFold: "auto",
		authAccessKey: "env:HUAWEICLOUD_SDK_AK", authSecretKey: "env:HUAWEICLOUD_SDK_SK", authSecurityToken: "env:HUAWEICLOUD_SDK_SECURITY_TOKEN",
		authToken: "file:secrets/token", authAgency: "env:HUAWEICLOUD_AGENCY", authAgencyAccount: "env:HUAWEICLOUD_AGENCY_ACCOUNT", authAccountID: "env:HUAWEICLOUD_SDK_DOMAIN_ID",
		authIdentityProvider: "env:HUAWEICLOUD_SDK_IDP_ID", authTokenFile: "env:HUAWEICLOUD_SDK_ID_TOKEN_FILE", authMetadata: "http://169.254.169.254",
		authExec: []string{"/usr/local/bin/credential-helper", "workspace"},
	}
}

// kinds is what the file may say of app groups and apps.
func kinds() []spec.KindSchema {
	grants := []spec.List{{
		Key: "grants", Role: spec.RoleAccess, Takes: []spec.SubjectKind{spec.SubjectUser, spec.SubjectUserGroup},
		About: "who may use it, and how long",
	}}
	return []spec.KindSchema{
		{
			Kind: kindAppGroup, Section: "appGroups", ID: spec.ByName, Ownership: true, Create: true, Delete: true, Rename: true, Lists: grants, Names: appGroupNames,
			About: "app groups of Workspace; one that does not exist is made",
			Settings: []spec.Setting{
				{Key: settingType, Words: []string{"COMMON_APP", "SESSION_DESKTOP_APP"}, Once: true,
					About: "what it publishes: applications, as the vendor has it by default, or the whole desktop of a session; settled once it is made"},
				{Key: settingServerGroup, Once: true,
					About: "the id of the server group that runs its applications, of the same type; settled once it is bound", Example: "0123456789abcdef0123456789abcdef"},
				{Key: settingDescription, About: "what people see beside its name", Example: "drawing and review"},
			},
		},
		{
			Kind: kindApp, Section: "apps", ID: spec.ByName, Ownership: true, Rename: true, Lists: grants,
			About: "apps of the app center, which exist already",
			Settings: []spec.Setting{{
				Key: "audience", Words: []string{audienceAssigned, audienceEveryone}, Implied: audienceAssigned, Opens: audienceEveryone,
				Reach: &spec.Reach{Role: spec.RoleAccess, Words: []string{audienceEveryone, audienceAssigned}, Lists: map[string]spec.Role{audienceAssigned: spec.RoleAccess}},
				About: "assigned: those whom grants list; everyone: every user of the tenant",
			}},
		},
	}
}

// appGroupName is what the vendor takes as the name of a new app group (a2).
var appGroupName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w\x{4e00}-\x{9fa5}-]{1,64}$`) })

func appGroupNames(name string) string {
	if appGroupName().MatchString(name) {
		return ""
	}
	return "1 to 64 Chinese characters, letters, digits, _ or -"
}
