package spec

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// connection is a Connection and what its provider allows, which is nil where the file names no known provider.
type connection struct {
	Connection
	format *Format
}

// holds tells whether the provider has resources of a kind. An unknown provider, reported already, has all of them.
func (c *connection) holds(k Kind) bool { return c.format == nil || slices.Contains(c.format.Kinds, k) }

// domain is what a blank domain means.
func (c *connection) domain() string {
	if c.format == nil {
		return ""
	}
	return strings.ToLower(c.format.Domain)
}

// The keys that every connection takes, and those inside of them.
var (
	connectionKeys = []string{"provider", "auth", "endpoint", "rate", "notices", "packing", "experimental"}
	rateKeys       = []string{"read", "write"}
	noticesKeys    = []string{"resendAfter", "maxAttempts"}
	packingKeys    = []string{"regrant", "coverAbsent"}
)

func (d *decoder) decodeConnections(n *yaml.Node) {
	for key, value := range d.pairs(n, "connections") {
		d.connection(key, value)
	}
}

var connectionName = regexp.MustCompile(`^[\pL\pN][\pL\pM\pN._-]*$`)

func (d *decoder) connection(key, n *yaml.Node) {
	name := key.Value
	c := &connection{Connection: Connection{Name: name, Source: d.at(key), Notices: DefaultNotices}}
	if first := d.connections[name]; first != nil {
		d.twice(c.Source, "connection", name, first.Source)
		return
	}
	d.connections[name] = c
	if d.visible(key, "connection name", name, maxName) && !connectionName.MatchString(name) {
		d.reject(c.Source, "use letters, digits, dots, dashes and underscores", "connection name %s is not a plain word", quoted(name))
	}
	what := "connection " + quoted(name)
	if !d.is(n, yaml.MappingNode, what, "write it as `key: value`") {
		return
	}
	provider, ok := object{d, n, what}.need("provider")
	if !ok {
		return
	}
	var known []string
	for _, f := range d.formats {
		known = append(known, f.Provider)
	}
	if c.Provider, ok = d.word(provider, "provider", known...); !ok {
		return
	}
	c.format = &d.formats[slices.Index(known, c.Provider)]
	if o, ok := d.object(n, what, c.format.keys()); ok {
		d.settings(c, o)
	}
}

// keys lists all keys of a connection. Those that the provider has no use for are unknown there.
func (f *Format) keys() []string {
	keys := slices.Clone(connectionKeys)
	unused := func(key string) bool {
		return key == "auth" && len(f.Auth) == 0 || key == "notices" && !f.Notices ||
			key == "packing" && !f.Packing || key == "experimental" && len(f.Experimental) == 0
	}
	return append(slices.DeleteFunc(keys, unused), f.Keys...)
}

// settings decodes all of a connection but its provider.
func (d *decoder) settings(c *connection, o object) {
	f := c.format
	c.Settings = map[string]string{}
	for _, key := range f.Keys {
		n := o.get(key)
		if n == nil {
			if slices.Contains(f.Required, key) {
				o.need(key)
			}
			continue
		}
		read := d.name
		if slices.Contains(f.Booleans, key) {
			read = d.boolean
		}
		if v, ok := read(n, key); ok {
			c.Settings[key] = v
		}
	}
	if len(f.Auth) > 0 {
		if n, ok := o.need("auth"); ok {
			c.Auth = d.auth(n, f)
		}
	}
	if n := o.get("endpoint"); n != nil {
		d.endpoints(n, c)
	}
	c.Rate = f.Rate
	if n := o.get("rate"); n != nil {
		d.rates(n, &c.Rate)
	}
	if n := o.get("notices"); n != nil && f.Notices {
		d.notices(n, &c.Notices)
	}
	if n := o.get("packing"); n != nil && f.Packing {
		d.packing(n, &c.Packing)
	}
	if n := o.get("experimental"); n != nil && len(f.Experimental) > 0 {
		c.Experimental = d.wordList(n, "experimental", "experimental call", f.Experimental)
	}
}

func (d *decoder) rates(n *yaml.Node, rates *Rates) {
	o, ok := d.object(n, "rate", rateKeys)
	if !ok {
		return
	}
	for i, rate := range []*Rate{&rates.Read, &rates.Write} {
		if value := o.get(rateKeys[i]); value != nil {
			d.rate(value, "rate "+rateKeys[i], rate)
		}
	}
}

var (
	rateText  = regexp.MustCompile(`^([1-9][0-9]{0,5})/([a-z]+)$`)
	rateUnits = map[string]time.Duration{
		"s": time.Second, "sec": time.Second, "second": time.Second,
		"min": time.Minute, "minute": time.Minute, "h": time.Hour, "hour": time.Hour,
	}
)

func (d *decoder) rate(n *yaml.Node, what string, rate *Rate) {
	const hint = "write N/s, N/min or N/h with N from 1 to 999999"
	if !d.is(n, yaml.ScalarNode, what, hint) {
		return
	}
	m := rateText.FindStringSubmatch(n.Value)
	if m == nil || rateUnits[m[2]] == 0 {
		d.reject(d.at(n), hint, "%s %s is not a rate", what, quoted(n.Value))
		return
	}
	calls, _ := strconv.Atoi(m[1])
	*rate = Rate{Calls: calls, Per: rateUnits[m[2]]}
}

func (d *decoder) notices(n *yaml.Node, notices *Notices) {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		if _, ok := d.word(n, "notices", "off"); ok {
			*notices = Notices{Off: true}
		}
		return
	}
	o, ok := d.object(n, "notices", noticesKeys)
	if !ok {
		return
	}
	if value := o.get("resendAfter"); value != nil {
		d.duration(value, "resendAfter", &notices.ResendAfter)
	}
	if value := o.get("maxAttempts"); value != nil {
		if count, ok := d.count(value, "maxAttempts"); ok {
			notices.MaxAttempts = count
		}
	}
}

func (d *decoder) packing(n *yaml.Node, packing *Packing) {
	o, ok := d.object(n, "packing", packingKeys)
	if !ok {
		return
	}
	for i, limit := range []*int{&packing.Regrant, &packing.CoverAbsent} {
		if value := o.get(packingKeys[i]); value != nil {
			if count, ok := d.count(value, packingKeys[i]); ok {
				*limit = count
			}
		}
	}
}

var days = regexp.MustCompile(`^[1-9][0-9]{0,3}d$`)

// duration reads a Go duration, or a number of days.
func (d *decoder) duration(n *yaml.Node, what string, result *time.Duration) {
	const hint = "write 24h, 90m or 7d"
	if !d.is(n, yaml.ScalarNode, what, hint) {
		return
	}
	v, err := time.ParseDuration(n.Value)
	if days.MatchString(n.Value) {
		count, _ := strconv.Atoi(strings.TrimSuffix(n.Value, "d"))
		v, err = time.Duration(count)*24*time.Hour, nil
	}
	if err != nil || v <= 0 {
		d.reject(d.at(n), hint, "%s %s is not a duration above 0", what, quoted(n.Value))
		return
	}
	*result = v
}

// wordList reads a list of fixed words, each at most once.
func (d *decoder) wordList(n *yaml.Node, list, item string, known []string) []string {
	items, _ := d.list(n, list)
	words := []string{}
	for _, n := range items {
		word, ok := d.word(n, item, known...)
		switch {
		case !ok:
		case slices.Contains(words, word):
			d.reject(d.at(n), "keep one of them", "%s %s is listed twice", item, quoted(word))
		default:
			words = append(words, word)
		}
	}
	return words
}
