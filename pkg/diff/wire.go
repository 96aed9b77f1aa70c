package diff

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// WireChange is a change as JSON of format 1 has it, key by key in this order, for what holds more keys beside those of a change. Of
// a resend, from is when the last mail was sent, and to is who got it.
type WireChange struct {
	Op       Op            `json:"op"`
	Kind     spec.Kind     `json:"kind"`
	Resource string        `json:"resource"`
	Role     spec.Role     `json:"role,omitempty"`
	Subject  spec.Subject  `json:"subject,omitzero"`
	Field    string        `json:"field,omitempty"`
	From     string        `json:"from,omitempty"`
	To       string        `json:"to,omitempty"`
	MailType string        `json:"mailType,omitempty"`
	Takes    spec.Role     `json:"takes,omitempty"`
	Settings spec.Settings `json:"settings,omitzero"`
	Source   string        `json:"source,omitempty"`
	Reason   string        `json:"reason,omitempty"`
	Mails    int           `json:"mails,omitempty"`
	Problem  string        `json:"problem,omitempty"`
	Doubt    time.Time     `json:"doubt,omitzero"`
	Unsure   bool          `json:"unsure,omitempty"`
	Person   string        `json:"person,omitempty"`
	Via      spec.Via      `json:"via,omitzero"`
	Because  Because       `json:"because,omitempty"`
	Was      string        `json:"was,omitempty"`
}

// Wire is the change under the keys of its JSON.
func (c Change) Wire() WireChange {
	m := c.Mailing()
	if c.Op == OpResend {
		c.To = m.Recipient
		if !m.Sent.IsZero() {
			c.From = m.Sent.Format(time.RFC3339Nano)
		}
	}
	return WireChange{Op: c.Op, Kind: c.Kind, Resource: c.Resource, Role: c.Role, Subject: c.Subject, Field: c.Field, From: c.From, To: c.To,
		MailType: m.Type, Takes: c.Takes, Settings: c.Settings, Source: c.Source, Reason: c.Reason, Mails: c.Mails, Problem: c.Problem,
		Doubt: m.Doubt, Unsure: m.Unsure, Person: c.Person, Via: c.Via, Because: c.Because, Was: c.Was}
}

// Change is the change that was read. It fails on a moment that is none.
func (w WireChange) Change() (Change, error) {
	c := Change{Op: w.Op, Kind: w.Kind, Resource: w.Resource, Role: w.Role, Subject: w.Subject, Field: w.Field, From: w.From, To: w.To,
		Takes: w.Takes, Settings: w.Settings, Source: w.Source, Reason: w.Reason, Mails: w.Mails, Problem: w.Problem,
		Person: w.Person, Via: w.Via, Because: w.Because, Was: w.Was}
	m := Mailing{Type: w.MailType, Doubt: w.Doubt.UTC(), Unsure: w.Unsure}
	if c.Op == OpResend {
		c.From, c.To, m.Recipient = "", "", w.To
		if w.From != "" {
			sent, err := time.Parse(time.RFC3339Nano, w.From)
			if err != nil {
				return Change{}, fmt.Errorf("when the mail about %s was sent: %w", w.Resource, err)
			}
			m.Sent = sent.UTC()
		}
	}
	c.Resent = ResentOf(m)
	return c, nil
}

// MarshalJSON writes the keys of WireChange.
func (c Change) MarshalJSON() ([]byte, error) { return encode(c.Wire(), "") }

// UnmarshalJSON reads what MarshalJSON gave. A strict decoder is not strict below a method like this one, so
// that it has to be strict itself.
func (c *Change) UnmarshalJSON(data []byte) (err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var w WireChange
	if err = d.Decode(&w); err == nil {
		*c, err = w.Change()
	}
	return err
}

// wireResult is a ChangeResult in JSON.
type wireResult struct {
	WireChange
	Outcome Outcome `json:"outcome"`
	Detail  string  `json:"detail,omitempty"`
	Answer
}

func (r ChangeResult) wire() wireResult { return wireResult{r.Wire(), r.Outcome, r.Detail, r.Answer} }

// MarshalJSON writes the keys of a change and, beside them, what became of it.
func (r ChangeResult) MarshalJSON() ([]byte, error) { return encode(r.wire(), "") }

// UnmarshalJSON reads what MarshalJSON gave.
func (r *ChangeResult) UnmarshalJSON(data []byte) (err error) {
	var w wireResult
	if err = json.Unmarshal(data, &w); err == nil {
		var c Change
		c, err = w.Change()
		*r = ChangeResult{&c, w.Outcome, w.Detail, w.Answer}
	}
	return err
}

// wireDifference is a Difference in JSON.
type wireDifference struct {
	Cause     Cause     `json:"cause"`
	ChangedBy ChangedBy `json:"moved,omitempty"`
	WireChange
}

// MarshalJSON writes the keys of a change and, before them, its cause and which side changed.
func (d Difference) MarshalJSON() ([]byte, error) {
	return encode(wireDifference{d.Cause, d.ChangedBy, d.Wire()}, "")
}

// UnmarshalJSON reads what MarshalJSON gave.
func (d *Difference) UnmarshalJSON(data []byte) (err error) {
	var w wireDifference
	if err = json.Unmarshal(data, &w); err == nil {
		d.Cause, d.ChangedBy = w.Cause, w.ChangedBy
		d.Change, err = w.WireChange.Change()
	}
	return err
}
