package spec

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

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
		c.Endpoints = d.endpoints(n, f)
	}
	c.Rate, c.Reserve = f.Rate, f.Rate
	if n := o.get("rate"); n != nil {
		d.rates(n, c)
	}
	if n := o.get("notices"); n != nil && f.Notices {
		d.notices(n, &c.Notices)
	}
	if n := o.get("packing"); n != nil && f.Packing {
		d.packing(n, &c.Packing)
	}
	if n := o.get("experimental"); n != nil && len(f.Experimental) > 0 {
		c.Experimental = d.experimental(n, f.Experimental)
	}
}

func (d *decoder) endpoints(n *yaml.Node, f *Format) map[string]string {
	endpoints := map[string]string{}
	if n.Kind != yaml.MappingNode || len(f.Endpoints) == 0 {
		if u, ok := d.endpoint(n, "endpoint"); ok {
			endpoints[""] = u
		}
		return endpoints
	}
	if o, ok := d.object(n, "endpoint", f.Endpoints); ok {
		for _, family := range f.Endpoints {
			if value := o.get(family); value != nil {
				if u, ok := d.endpoint(value, "endpoint "+family); ok {
					endpoints[family] = u
				}
			}
		}
	}
	return endpoints
}

// endpoint reads a base URL. It is never shown: it may hold a password by mistake.
func (d *decoder) endpoint(n *yaml.Node, what string) (string, bool) {
	if !d.is(n, yaml.ScalarNode, what, "write https://HOST[:PORT][/PATH]") {
		return "", false
	}
	text := n.Value
	u, err := url.Parse(text)
	flaw, hint := "", ""
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "" || strings.IndexFunc(text, isHidden) >= 0 || strings.Contains(text, " "):
		flaw, hint = "is not a URL", "write https://HOST[:PORT][/PATH]"
	case u.User != nil:
		flaw, hint = "holds a user name or password", "remove it, and use auth"
	case strings.ContainsAny(text, "?#"):
		flaw, hint = "holds a query or fragment", "end it after the path"
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		flaw, hint = "is plain http to another machine", "use https; http is for loopback addresses only"
	case u.Scheme != "http" && u.Scheme != "https":
		flaw, hint = "is neither https nor http", "write https://HOST[:PORT][/PATH]"
	case strings.Contains(u.Path+"/", "/../") || strings.Contains(u.Path, "//"):
		flaw, hint = "has a path with .. or //", "write the path in full"
	}
	if flaw != "" {
		d.reject(d.at(n), hint, "%s %s", what, flaw)
		return "", false
	}
	return strings.TrimRight(u.String(), "/"), true
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func (d *decoder) experimental(n *yaml.Node, known []string) []string {
	items, _ := d.list(n, "experimental")
	var words []string
	for _, item := range items {
		word, ok := d.word(item, "experimental call", known...)
		switch {
		case !ok:
		case slices.Contains(words, word):
			d.reject(d.at(item), "keep one of them", "experimental call %s is listed twice", quoted(word))
		default:
			words = append(words, word)
		}
	}
	return words
}
