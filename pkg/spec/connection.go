package spec

import (
	"fmt"
	"io"
	"time"
)

// Connection is one tenant at one provider, as the file describes it. It holds references to secrets, never a secret.
type Connection struct {
	Name         string
	Provider     string
	Settings     map[string]string // the provider's own keys: region, project, …
	Auth         map[string]Reference
	Endpoints    map[string]string // API family to base URL; "" is the family-less `endpoint: URL`
	Foreign      []string          // those of Endpoints that are not the vendor's own, sorted, each once
	Rate         Rates             // of this run; filled with the provider's default where the file sets none
	Reserve      Rates             // at which turns are taken from the budget that runs share: Rate, but no reviewed file slows it
	Notices      Notices
	Packing      Packing
	Experimental []string
	Source       Position
}

// Notices says when a failed mail is sent again.
type Notices struct {
	Off         bool
	ResendAfter time.Duration
	MaxAttempts int
}

// Packing says how many pairs beyond its changes a plan may let its calls touch, so that they are fewer. The zero value,
// which is the default, keeps every call to the changes that it carries.
type Packing struct {
	Regrant     int // desired pairs that live already has and that may be granted again; a vendor may mail about each
	CoverAbsent int // pairs that are neither desired nor live and that may be revoked
}

// DefaultNotices is what holds where the file says nothing.
var DefaultNotices = Notices{ResendAfter: 24 * time.Hour, MaxAttempts: 3}

// Reference says where a secret is found: env:NAME or file:PATH.
type Reference struct {
	Scheme string // "env" or "file"
	Name   string // variable name, or path below Folder
	Folder string // of the file that names it
	Within string // the part of Folder that the path may not leave, "" for all of it
	Source Position
}

// String is the reference as the file writes it. It is safe to print: it is not the secret.
func (r Reference) String() string { return r.Scheme + ":" + r.Name }

// Secret is a resolved secret. Printing it in any form shows "[redacted]"; only Reveal gives the text.
// The text is behind a pointer, since printing a struct that holds a Secret in a field of its own calls no method.
type Secret struct{ text *string }

// NewSecret wraps a secret text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the secret text, for signing and sending only.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

const redacted = "[redacted]"

// String hides the text.
func (Secret) String() string { return redacted }

// Format hides the text from every verb of fmt.
func (Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// MarshalText hides the text from JSON, YAML and slog.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
