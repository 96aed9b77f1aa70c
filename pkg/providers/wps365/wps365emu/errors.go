package wps365emu

import (
	"errors"
	"fmt"
)

// errNoAPI is answered in plain text, before anything is checked.
var errNoAPI = errors.New("no such path")

// problem is an error reply. WPS 365 open platform, error codes.
type problem struct {
	Code int      `json:"code"`
	Msg  string   `json:"msg"`
	More *problem `json:"more,omitempty"`
}

func (p *problem) Error() string { return fmt.Sprintf("%d: %s", p.Code, p.Msg) }

// status is the HTTP status: the first three digits of the code.
func (p *problem) status() int {
	status := p.Code
	for status > 999 {
		status /= 10
	}
	return status
}

// Codes of wrong parameters.
const (
	badFormat   = 400000002
	badValue    = 400000003
	unsupported = 400000004
	tooMany     = 400000105
	tooLong     = 400000106
)

// Errors that are the same each time.
var (
	errInvalid     = &problem{Code: 400000007, Msg: "invalid request"}
	errPermission  = &problem{Code: 403000001, Msg: "Permission denied"}
	errMediaType   = &problem{Code: 415000001, Msg: "unsupported content type"}
	errThrottled   = &problem{Code: 429000001, Msg: "too many requests"}
	errNoMailbox   = &problem{Code: 400415002, Msg: "mailbox does not exist"}
	errNoDomain    = &problem{Code: 400415006, Msg: "domain does not exist"}
	errNoOwner     = &problem{Code: 400415007, Msg: "owner does not exist"}
	errUnsupported = &problem{Code: 400415008, Msg: "not supported"}
	errNoMailGroup = &problem{Code: 400415009, Msg: "mail group does not exist"}
	errTaken       = &problem{Code: 400415060, Msg: "mail address is taken"}
	errNameTaken   = &problem{Code: 400415061, Msg: "mailbox name is taken"}
	errBadToken    = &problem{Code: 40100011, Msg: "InvalidToken"}
)
