package spec

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Rates are a connection's call budgets.
type Rates struct {
	Read  Rate
	Write Rate
}

// Rate is a number of calls per period. The zero Rate means that nothing was said.
type Rate struct {
	Calls int
	Per   time.Duration
}

// PerMinute is the rate in the unit that vendors publish.
func PerMinute(calls int) Rate { return Rate{Calls: calls, Per: time.Minute} }

// text is the rate as the file writes it.
func (r Rate) text() string {
	for _, unit := range []string{"s", "min", "h"} {
		if rateUnits[unit] == r.Per {
			return fmt.Sprintf("%d/%s", r.Calls, unit)
		}
	}
	return fmt.Sprintf("%d per %s", r.Calls, r.Per)
}

// slower says whether a rate allows fewer calls in the same time than another.
func (r Rate) slower(o Rate) bool {
	return int64(r.Calls)*int64(o.Per) < int64(o.Calls)*int64(r.Per) // at most a million calls times an hour
}

// Interval is the time between two calls at an even pace; 0 for the zero Rate.
func (r Rate) Interval() time.Duration {
	if r.Calls <= 0 {
		return 0
	}
	return r.Per / time.Duration(r.Calls)
}

// What reviewed files may set at most, and at least: a rate that holds a run up for hours, or mails without end, is the
// operator's to allow.
const (
	minResendAfter = time.Hour
	maxMailTries   = 10
	maxPacking     = 10_000
)

var minRate = PerMinute(10)

const askOperator = "; only the operator's file may go beyond"

func (d *decoder) rates(n *yaml.Node, c *connection) {
	if o, ok := d.object(n, "rate", rateKeys); ok {
		d.ratePair(o, "read", c, &c.Rate.Read, &c.Reserve.Read)
		d.ratePair(o, "write", c, &c.Rate.Write, &c.Reserve.Write)
	}
}

// ratePair reads a rate of a connection, and what it means for the budget that runs share. Both are what the vendor publishes
// until then.
func (d *decoder) ratePair(o object, key string, c *connection, rate, reserve *Rate) {
	n, what, published := o.get(key), "rate "+key, *rate
	if n == nil || !d.rate(n, what, rate) {
		return
	}
	if d.trusted || reserve.slower(*rate) {
		*reserve = *rate
	}
	if !d.trusted && !c.local() {
		d.fair(n, what, *rate, published)
	}
}

// fair checks the rate that a reviewed file sets.
func (d *decoder) fair(n *yaml.Node, what string, rate, published Rate) {
	switch {
	case rate.slower(minRate):
		d.reject(d.at(n), "write 10/min or more"+askOperator, "%s %s is slower than 10/min", what, quoted(n.Value))
	case published.Calls > 0 && published.slower(rate):
		d.reject(d.at(n), "leave it out, or lower it"+askOperator, "%s %s is above what the vendor publishes, %s", what, quoted(n.Value), published.text())
	}
}

// local says whether each call of a connection goes to this machine.
func (c *connection) local() bool {
	families := c.schema.Endpoints
	if _, all := c.Endpoints[""]; all || len(families) == 0 {
		families = []string{""}
	}
	return !slices.ContainsFunc(families, func(family string) bool {
		u, err := url.Parse(c.Endpoints[family])
		return err != nil || !isLoopback(u.Hostname())
	})
}

var (
	rateText  = regexp.MustCompile(`^([1-9][0-9]{0,5})/([a-z]+)$`)
	rateUnits = map[string]time.Duration{
		"s": time.Second, "sec": time.Second, "second": time.Second,
		"min": time.Minute, "minute": time.Minute, "h": time.Hour, "hour": time.Hour,
	}
)

func (d *decoder) rate(n *yaml.Node, what string, rate *Rate) bool {
	const hint = "write N/s, N/min or N/h with N from 1 to 999999"
	if !d.is(n, yaml.ScalarNode, what, hint) {
		return false
	}
	m := rateText.FindStringSubmatch(n.Value)
	if m == nil || rateUnits[m[2]] == 0 {
		d.reject(d.at(n), hint, "%s %s is not a rate", what, quoted(n.Value))
		return false
	}
	calls, _ := strconv.Atoi(m[1])
	*rate = Rate{Calls: calls, Per: rateUnits[m[2]]}
	return true
}

func (d *decoder) packing(n *yaml.Node, packing *Packing) {
	o, ok := d.object(n, "packing", packingKeys)
	if !ok {
		return
	}
	for i, limit := range []*int{&packing.Regrant, &packing.CoverAbsent} {
		if value := o.get(packingKeys[i]); value != nil {
			d.most(value, packingKeys[i], maxPacking, limit)
		}
	}
}

// most reads a number, of which reviewed files may set up to limit.
func (d *decoder) most(n *yaml.Node, what string, limit int, result *int) {
	count, ok := d.count(n, what)
	if ok && count > limit && !d.trusted {
		d.reject(d.at(n), fmt.Sprintf("write %d or less%s", limit, askOperator), "%s %d is more than %d", what, count, limit)
	}
	if ok {
		*result = count
	}
}

var days = regexp.MustCompile(`^[1-9][0-9]{0,3}d$`)

// ParseDuration reads a Go duration, or a number of days from 1 to 9999: 24h, 90m or 7d. A Go duration may be below 0.
func ParseDuration(text string) (time.Duration, error) {
	if days.MatchString(text) {
		count, _ := strconv.Atoi(strings.TrimSuffix(text, "d"))
		return time.Duration(count) * 24 * time.Hour, nil
	}
	return time.ParseDuration(text)
}

// duration reads what ParseDuration takes.
func (d *decoder) duration(n *yaml.Node, what string, result *time.Duration) {
	const hint = "write 24h, 90m or 7d"
	if !d.is(n, yaml.ScalarNode, what, hint) {
		return
	}
	v, err := ParseDuration(n.Value)
	if err != nil || v <= 0 {
		d.reject(d.at(n), hint, "%s %s is not a duration above 0", what, quoted(n.Value))
		return
	}
	*result = v
}
