package diff

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// WireChange is a change as JSON of format 1 has it, for what holds more keys beside those of a change. Of a resend, from is
// when the last mail was sent, and to is who got it.
type WireChange Change

// Wire is the change under the keys of its JSON.
func (c Change) Wire() WireChange {
	if c.Op == OpResend {
		c.To = c.Notice.Recipient
		if !c.Notice.Sent.IsZero() {
			c.From = c.Notice.Sent.Format(time.RFC3339Nano)
		}
	}
	return WireChange(c)
}

// Change is the change that was read. It fails on a moment that is none.
func (w WireChange) Change() (Change, error) {
	c := Change(w)
	c.Doubt = c.Doubt.UTC()
	if c.Op != OpResend {
		return c, nil
	}
	c.From, c.To, c.Notice.Recipient = "", "", w.To
	if w.From != "" {
		sent, err := time.Parse(time.RFC3339Nano, w.From)
		if err != nil {
			return Change{}, fmt.Errorf("when the mail about %s was sent: %w", w.Resource, err)
		}
		c.Notice.Sent = sent.UTC()
	}
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
