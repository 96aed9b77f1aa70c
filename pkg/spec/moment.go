package spec

import (
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"
)

// moment is a point in time and how the file writes it.
type moment struct {
	at   time.Time
	text string
}

// moment reads a date, which stands for 00:00 UTC, or a moment as in RFC 3339.
func (d *decoder) moment(n *yaml.Node, what string) *moment {
	const hint = "write 2026-12-31 for 00:00 UTC, or 2026-12-31T18:00:00+08:00"
	if n == nil || !d.is(n, yaml.ScalarNode, what, hint) {
		return nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		at, err := time.Parse(layout, n.Value)
		switch {
		case err != nil:
		case at.Year() < firstYear:
			d.reject(d.at(n), "write the year as in 2026-12-31, or leave `"+what+"` out where there is none", "%s %s is before %d", what, n.Value, firstYear)
			return nil
		default:
			return &moment{at, n.Value}
		}
	}
	use := hint
	if !strings.ContainsFunc(n.Value, unicode.IsDigit) {
		use += "; leave `" + what + "` out where there is none"
	}
	d.reject(d.at(n), use, "%s %s is not a date%s", what, quoted(n.Value), notPlain(n.Value))
	return nil
}

// firstYear is the first in which anything may begin or end. An earlier one would take access in silence, and is a slip or what
// directories write for "never": 0001, 1601 and 1970.
const firstYear = 1971
