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
}

type seedUser struct {
	Name        string `yaml:"name"`
	Email       string `yaml:"email,omitempty"`
	Phone       string `yaml:"phone,omitempty"`
	Domain      string `yaml:"domain,omitempty"` // blank is local.com
	Description string `yaml:"description,omitempty"`
	Disabled    bool   `yaml:"disabled,omitempty"`
	Locked      bool   `yaml:"locked,omitempty"`
}

type seedUserGroup struct {
	Name        string    `yaml:"name"`
	Domain      string    `yaml:"domain,omitempty"`
	Platform    string    `yaml:"platform,omitempty"` // blank is LOCAL in local.com, else AD
	Description string    `yaml:"description,omitempty"`
	Members     []seedRef `yaml:"members,flow,omitempty"` // users
}

type seedAppGroup struct {
	Name        string     `yaml:"name"`
	Type        string     `yaml:"type,omitempty"` // app_type
	ServerGroup string     `yaml:"serverGroup,omitempty"`
	Description string     `yaml:"description,omitempty"`
	Grants      []seedRef  `yaml:"grants,flow,omitempty"`
	Mails       []seedMail `yaml:"mails,omitempty"`
}

type seedApp struct {
	Name     string    `yaml:"name"`
	Audience string    `yaml:"audience,omitempty"` // assigned (if blank) or everyone
	Grants   []seedRef `yaml:"grants,flow,omitempty"`
}

type seedMail struct {
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

// seedRef names a user ("alice") or a user group ("group:Designers"), or maps to: and domain: where the domain is not local.com.
type seedRef struct {
	To     string `yaml:"to"`
	Domain string `yaml:"domain,omitempty"`

	line int
}

// UnmarshalYAML takes a word or a mapping.
func (r *seedRef) UnmarshalYAML(n *yaml.Node) error {
	r.line = n.Line
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&r.To)
	}
	var plain struct {
		To     string `yaml:"to"`
		Domain string `yaml:"domain"`
	}
	if err := emu.Decode(n, &plain); err != nil {
		return err
	}
	r.To, r.Domain = plain.To, plain.Domain
	return nil
}

// MarshalYAML writes a word where that is enough.
func (r seedRef) MarshalYAML() (any, error) {
	if r.Domain == "" {
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
