package wps365emu

import (
	"time"

	"gopkg.in/yaml.v3"
)

// seed is a world as a file has it.
type seed struct {
	Company         string          `yaml:"company,omitempty"`      // its id; blank is "company"
	Domains         []string        `yaml:"domains,flow,omitempty"` // of the tenant; blank: those of all addresses in the seed
	Departments     []seedDept      `yaml:"departments,omitempty"`
	Users           []seedUser      `yaml:"users,omitempty"`
	PublicMailboxes []seedMailbox   `yaml:"publicMailboxes,omitempty"`
	MailGroups      []seedMailGroup `yaml:"mailGroups,omitempty"`
	Recycled        []string        `yaml:"recycled,flow,omitempty"` // addresses of deleted mail groups; see Options.RecycleBin

	Tokens    []seedToken `yaml:"tokens,omitempty"`    // that were issued, and are not spent
	LastToken int         `yaml:"lastToken,omitempty"` // number in the last one
	LastID    int64       `yaml:"lastId,omitempty"`    // number in the last id that was made
}

type seedToken struct {
	Value   string    `yaml:"value"`
	Refresh bool      `yaml:"refresh,omitempty"`
	User    string    `yaml:"user,omitempty"` // id; blank: it is the app's
	Scopes  []string  `yaml:"scopes,flow"`
	Expires time.Time `yaml:"expires"`
}

type seedDept struct {
	ID         string `yaml:"id,omitempty"` // blank is made anew
	Path       string `yaml:"path"`         // names with slashes between them; those above need no entry of their own
	Address    string `yaml:"address,omitempty"`
	ExternalID string `yaml:"externalId,omitempty"`
}

type seedUser struct {
	ID          string    `yaml:"id,omitempty"` // blank is made anew
	Name        string    `yaml:"name"`
	Email       string    `yaml:"email,omitempty"`   // in contacts
	Mailbox     string    `yaml:"mailbox,omitempty"` // blank is the email
	Aliases     []string  `yaml:"aliases,flow,omitempty"`
	ExternalID  string    `yaml:"externalId,omitempty"`
	Status      string    `yaml:"status,omitempty"` // blank is active
	Departments []seedRef `yaml:"departments,flow,omitempty"`
	Made        time.Time `yaml:"made,omitempty"`   // to the second
	Hidden      bool      `yaml:"hidden,omitempty"` // outside of the app's contact range
}

type seedMailbox struct {
	ID      string   `yaml:"id,omitempty"` // blank is made anew
	Address string   `yaml:"address"`
	Aliases []string `yaml:"aliases,flow,omitempty"`
	Name    string   `yaml:"name"`
	Owner   seedRef  `yaml:"owner"`
}

type seedMailGroup struct {
	ID      string    `yaml:"id,omitempty"` // blank is made anew
	Address string    `yaml:"address"`
	Name    string    `yaml:"name"`
	Owner   seedRef   `yaml:"owner"`
	Mode    string    `yaml:"senders,omitempty"`             // all, company (if blank), member or custom
	Senders []seedRef `yaml:"allowedSenders,flow,omitempty"` // only of custom
	Members []seedRef `yaml:"members,flow,omitempty"`
}

func (s seedDept) key() string        { return s.Path }
func (s seedUser) key() string        { return s.Name }
func (s seedUser) email() string      { return s.Email }
func (s seedUser) externalID() string { return s.ExternalID }
func (s seedMailbox) key() string     { return s.Address }
func (s seedMailGroup) key() string   { return s.Address }

// seedRef names something by its address or path.
type seedRef struct {
	text string
	line int
}

// UnmarshalYAML takes a word.
func (r *seedRef) UnmarshalYAML(n *yaml.Node) error {
	r.line = n.Line
	return n.Decode(&r.text)
}

// MarshalYAML writes a word.
func (r seedRef) MarshalYAML() (any, error) { return r.text, nil }
