package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Mail is a type of message that a vendor sends by itself about a change, and what is done about those that do not reach their
// end. The page docs/mails.md shows all of them, a row each.
type Mail struct {
	Type    string // as notices: types: names it
	Kind    Kind   // of the resources that it is about
	After   string // the op of a plan that makes the vendor send it
	To      string // who gets it
	Failed  string // what of it the vendor shows, by which it is known not to have reached its end
	While   string // it is sent again only as long as this holds
	Default bool   // it is read, shown and sent again where the file says nothing
}

// Notices says when a mail that did not reach its end is sent again.
type Notices struct {
	Off         bool
	ResendAfter time.Duration // the least time from one sending to the next
	MaxAttempts int           // how often a mail is sent in all, the first time included
	Types       []string      // of Mail; nil: those that are by default
}

// DefaultNotices is what holds where the file says nothing.
var DefaultNotices = Notices{ResendAfter: 24 * time.Hour, MaxAttempts: 3}

// Of lists which of a vendor's mails are read, shown and sent again.
func (n Notices) Of(all []Mail) []Mail {
	return slices.DeleteFunc(slices.Clone(all), func(m Mail) bool {
		return n.Off || n.Types == nil && !m.Default || n.Types != nil && !slices.Contains(n.Types, m.Type)
	})
}

// mailTypes are the words that notices: types: takes.
func (f *ProviderSchema) mailTypes() []string {
	return Each(f.Mails, func(m Mail) string { return m.Type })
}

func (d *decoder) notices(n *yaml.Node, c *connection) {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		if _, ok := d.word(n, "notices", "off"); ok {
			c.Notices = Notices{Off: true}
		}
		return
	}
	o, ok := d.object(n, "notices", noticesKeys)
	if !ok {
		return
	}
	if value := o.get("resendAfter"); value != nil {
		d.duration(value, "resendAfter", &c.Notices.ResendAfter)
		if !d.trusted && c.Notices.ResendAfter < minResendAfter {
			d.reject(d.at(value), "write 1h or more"+askOperator, "resendAfter %s is shorter than 1h", quoted(value.Value))
		}
	}
	if value := o.get("maxAttempts"); value != nil {
		d.most(value, "maxAttempts", maxMailTries, &c.Notices.MaxAttempts)
	}
	if value := o.get("types"); value != nil {
		c.Notices.Types = d.wordList(value, "types", "type of mail", c.schema.mailTypes())
		if value.Kind == yaml.SequenceNode && len(value.Content) == 0 {
			d.reject(d.at(value), "write `notices: off` to leave all mails alone", "types lists no type of mail")
		}
	}
}

// language reads the language of the mails that a vendor sends about our calls. Where the vendor's API has no such choice, the
// key is refused.
func (d *decoder) language(n *yaml.Node, c *connection) {
	if len(c.schema.Languages) == 0 {
		d.reject(d.at(n), "remove it", "language is not supported here: %s has no choice of a language for its mails", c.Provider)
		return
	}
	c.Language, _ = d.word(n, "language", c.schema.Languages...)
}

// MailTable is the table of docs/mails.md: which mails there are, who sends them when, and when they are sent again.
func MailTable(formats []ProviderSchema) string {
	lines := []string{
		"| provider | type | the vendor sends it | to | it is sent again where | and only while | by default |",
		"|---|---|---|---|---|---|---|",
	}
	for _, f := range formats {
		for _, m := range f.Mails {
			lines = append(lines, fmt.Sprintf("| `%s` | `%s` | after each %s of `%s` | %s | %s | %s | %s |",
				f.Provider, m.Type, m.After, m.Kind, m.To, m.Failed, m.While, map[bool]string{true: "yes", false: "no"}[m.Default]))
		}
		if len(f.Mails) == 0 {
			lines = append(lines, fmt.Sprintf("| `%s` | none | its API tells of none | | | | |", f.Provider))
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
