package spec

import "time"

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
