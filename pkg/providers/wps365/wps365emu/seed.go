package wps365emu

import "gopkg.in/yaml.v3"

// seed is a world as a file has it.
type seed struct {
	Company         string          `yaml:"company,omitempty"`      // its id; blank is "company"
	Domains         []string        `yaml:"domains,flow,omitempty"` // of the tenant; blank: those of all addresses in the seed
	Departments     []seedDept      `yaml:"departments,omitempty"`
	Users           []seedUser      `yaml:"users,omitempty"`
	PublicMailboxes []seedMailbox   `yaml:"publicMailboxes,omitempty"`
	MailGroups      []seedMailGroup `yaml:"mailGroups,omitempty"`
	Recycled        []string        `yaml:"recycled,flow,omitempty"` // addresses of deleted mail groups; see Options.RecycleBin
}

type seedDept struct {
	Path       string `yaml:"path"` // names with slashes between them; those above need no entry of their own
	Address    string `yaml:"address,omitempty"`
	ExternalID string `yaml:"externalId,omitempty"`
}

type seedUser struct {
	Name        string    `yaml:"name"`
	Email       string    `yaml:"email,omitempty"`   // in contacts
	Mailbox     string    `yaml:"mailbox,omitempty"` // blank is the email
	Aliases     []string  `yaml:"aliases,flow,omitempty"`
	ExternalID  string    `yaml:"externalId,omitempty"`
	Status      string    `yaml:"status,omitempty"` // blank is active
	Departments []seedRef `yaml:"departments,flow,omitempty"`
	Hidden      bool      `yaml:"hidden,omitempty"` // outside of the app's contact range
}

type seedMailbox struct {
	Address string   `yaml:"address"`
	Aliases []string `yaml:"aliases,flow,omitempty"`
	Name    string   `yaml:"name"`
	Owner   seedRef  `yaml:"owner"`
}

type seedMailGroup struct {
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
