package huaweicloudemu

import (
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"gopkg.in/yaml.v3"
)

// seed is a world as a file has it.
type seed struct {
	Project    string          `yaml:"project,omitempty"` // its id; blank is Options.Project
	Users      []seedUser      `yaml:"users,omitempty"`
	UserGroups []seedUserGroup `yaml:"userGroups,omitempty"`
	AppGroups  []seedAppGroup  `yaml:"appGroups,omitempty"`
	Apps       []seedApp       `yaml:"apps,omitempty"`

	Credentials []seedCredential `yaml:"credentials,omitempty"` // temporary access keys, beside Options.Credentials
	Tokens      []seedToken      `yaml:"tokens,omitempty"`      // that were issued
	Issued      []seedCredential `yaml:"issued,omitempty"`      // temporary access keys that were issued
	LastID      int64            `yaml:"lastId,omitempty"`      // number in the last id that was made
}

type seedCredential struct {
	AccessKey     string    `yaml:"accessKey"`
	SecretKey     string    `yaml:"secretKey"`
	SecurityToken string    `yaml:"securityToken,omitempty"`
	Expires       time.Time `yaml:"expires,omitempty"` // blank: never
}

type seedToken struct {
	Value   string    `yaml:"value"`
	Expires time.Time `yaml:"expires"`
}

// seedID is the id of a row, and when it was made. Blank are the next id, and when the seed is loaded.
type seedID struct {
	ID   string    `yaml:"id,omitempty"`
	Made time.Time `yaml:"made,omitempty"`
}

type seedUser struct {
	seedID      `yaml:",inline"`
	Name        string `yaml:"name"`
	Email       string `yaml:"email,omitempty"`
	Phone       string `yaml:"phone,omitempty"`
	Domain      string `yaml:"domain,omitempty"` // blank is local.com
	Description string `yaml:"description,omitempty"`
	Disabled    bool   `yaml:"disabled,omitempty"`
	Locked      bool   `yaml:"locked,omitempty"`
}

type seedUserGroup struct {
	seedID      `yaml:",inline"`
	Name        string    `yaml:"name"`
	Domain      string    `yaml:"domain,omitempty"`
	Platform    string    `yaml:"platform,omitempty"` // blank is LOCAL in local.com, else AD
	Description string    `yaml:"description,omitempty"`
	Members     []seedRef `yaml:"members,flow,omitempty"` // users
}

type seedAppGroup struct {
	seedID      `yaml:",inline"`
	Name        string     `yaml:"name"`
	Type        string     `yaml:"type,omitempty"` // app_type
	ServerGroup string     `yaml:"serverGroup,omitempty"`
	Description string     `yaml:"description,omitempty"`
	Grants      []seedRef  `yaml:"grants,flow,omitempty"`
	Mails       []seedMail `yaml:"mails,omitempty"`
}

type seedApp struct {
	seedID   `yaml:",inline"`
	Name     string    `yaml:"name"`
	Audience string    `yaml:"audience,omitempty"` // assigned (if blank) or everyone
	Grants   []seedRef `yaml:"grants,flow,omitempty"`
}

type seedMail struct {
	ID    string    `yaml:"id,omitempty"`
	To    seedRef   `yaml:"to,flow"`         // who got it; may be gone since
	About string    `yaml:"about,omitempty"` // whose grant it is about, as in grants; blank is whom it went to
	Type  string    `yaml:"type,omitempty"`  // mail_send_type; blank is ADD_GROUP_AUTHORIZATION
	Error string    `yaml:"error,omitempty"` // why it failed; blank is success
	Lang  string    `yaml:"language,omitempty"`
	Sent  time.Time `yaml:"sent,omitempty"` // blank is when the seed is loaded
}

func (s seedUser) key() string      { return s.Name }
func (s seedUserGroup) key() string { return s.Name }
func (s seedAppGroup) key() string  { return s.Name }
func (s seedApp) key() string       { return s.Name }

// userGroupPrefix marks a user group where a word may also be a user.
const userGroupPrefix = "group:"

// seedRef names a user ("alice") or a user group ("group:Designers"), or maps to: and domain: where the domain is not local.com, and
// what an authorization on an app group has of its own.
type seedRef struct {
	To     string `yaml:"to"`
	Domain string `yaml:"domain,omitempty"`
	seedID `yaml:",inline"`

	line int
}

// UnmarshalYAML takes a word or a mapping.
func (r *seedRef) UnmarshalYAML(n *yaml.Node) error {
	r.line = n.Line
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&r.To)
	}
	type plain seedRef // which has no method like this one
	return emu.Decode(n, (*plain)(r))
}

// MarshalYAML writes a word where that is enough.
func (r seedRef) MarshalYAML() (any, error) {
	if r.Domain == "" && r.seedID == (seedID{}) {
		return r.To, nil
	}
	type plain seedRef
	return plain(r), nil
}

// account returns whom a reference means, without its id.
func (r seedRef) account() account {
	name, group := strings.CutPrefix(r.To, userGroupPrefix)
	return account{group: group, name: name, domain: orLocal(r.Domain)}
}

// refTo is the inverse of account.
func refTo(a account) seedRef {
	r := seedRef{To: a.name}
	if a.group {
		r.To = userGroupPrefix + a.name
	}
	if a.domain != localDomain {
		r.Domain = a.domain
	}
	return r
}
