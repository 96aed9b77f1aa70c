package alibabacloudemu

import "time"

// seed is a world as a file has it.
type seed struct {
	Directory string `yaml:"directory,omitempty"` // its id; blank is rd-Em1ato

	Accounts []seedAccount `yaml:"accounts,omitempty"`
	Mails    []Mail        `yaml:"mails,omitempty"` // in the order they were sent

	Credentials []seedCredential `yaml:"credentials,omitempty"` // temporary access keys of this directory, beside Options.Credentials
	Issued      []seedCredential `yaml:"issued,omitempty"`      // temporary access keys that were issued
	LastID      int64            `yaml:"lastId,omitempty"`      // number in the last id that was made
}

type seedCredential struct {
	AccessKeyID     string    `yaml:"accessKeyId"`
	AccessKeySecret string    `yaml:"accessKeySecret"`
	SecurityToken   string    `yaml:"securityToken,omitempty"`
	Expires         time.Time `yaml:"expires,omitempty"` // blank: never
}

type seedAccount struct {
	Name   string      `yaml:"name"`             // DisplayName
	Type   string      `yaml:"type"`             // resource (if blank) or cloud
	Status string      `yaml:"status"`           // any of the vendor's; blank is CreateSuccess
	Email  string      `yaml:"email,omitempty"`  // of the owner: where mails go
	Phone  string      `yaml:"phone,omitempty"`  // bound as security phone
	Folder string      `yaml:"folder,omitempty"` // id; blank is the root folder
	Owner  string      `yaml:"owner,omitempty"`  // ignores or declines mails; blank confirms them
	Sent   time.Time   `yaml:"sent,omitempty"`   // the mail of a verifying status; blank is when the seed is loaded
	Answer time.Time   `yaml:"answer,omitempty"` // when the owner answers that mail; blank is never
	Change *seedChange `yaml:"emailChange,omitempty"`

	// What the vendor gives an account; blank is made anew.
	ID       string    `yaml:"id,omitempty"`
	Record   string    `yaml:"record,omitempty"` // RecordId
	Login    string    `yaml:"login,omitempty"`  // AccountName of a resource account
	Joined   time.Time `yaml:"joined,omitempty"`
	Modified time.Time `yaml:"modified,omitempty"`
}

// seedChange is a change of email that was asked for.
type seedChange struct {
	Email  string    `yaml:"email"`
	Status string    `yaml:"status"` // WAIT_MODIFY, CANCELLED or EXPIRED
	Sent   time.Time `yaml:"sent,omitempty"`
	Answer time.Time `yaml:"answer,omitempty"`
}

func (s seedAccount) key() string { return s.Name }
