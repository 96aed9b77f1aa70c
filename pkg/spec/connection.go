package spec

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
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
	Language     string // of the mails that the vendor sends about our calls; "": its own choice
	Packing      Packing
	Experimental []string
	Source       Position
}

// Packing says how many pairs beyond its changes a plan may let its calls touch, so that they are fewer. The zero value,
// which is the default, keeps every call to the changes that it carries.
type Packing struct {
	Regrant     int // desired pairs that live already has and that may be granted again; a vendor may mail about each
	CoverAbsent int // pairs that may be revoked though they are neither desired nor live, or are revoked by another call too
}

// Keys that mean the same for every provider that has them. They say how people are known, and not which tenant it is.
const (
	KeyDomain   = "domain"   // what a blank domain means in the files
	KeyPlatform = "platform" // the kind of directory of people who have none of their own
	KeyCaseFold = "caseFold" // whether names that differ in letter case only are one
)

// connection is a Connection and what its provider allows, which is nothing where the file names no known provider.
type connection struct {
	Connection
	schema *ProviderSchema
}

// holds says whether the provider has resources of a kind. An unknown provider, reported already, has all of them.
func (c *connection) holds(k Kind) bool {
	return c.Provider == "" || slices.ContainsFunc(c.schema.Kinds, func(have KindSchema) bool { return have.Kind == k })
}

// domain is what a blank domain means.
func (c *connection) domain() string {
	return cmp.Or(c.Settings[KeyDomain], strings.ToLower(c.schema.Domain))
}

// platform is the kind of directory that a user is of; "" where nobody says. Who is said to be of the vendor's own domain is not of
// the directory that the connection is about.
func (c *connection) platform(u *user) string {
	builtIn := u.domain != "" && u.domain == strings.ToLower(c.schema.Domain)
	switch {
	case slices.Contains(c.schema.Words[KeyPlatform], u.platform):
		return u.platform
	case builtIn && u.domain != c.Settings[KeyDomain]:
		return ""
	}
	return c.Settings[KeyPlatform]
}

// The keys that every connection takes, and those inside of them.
var (
	connectionKeys = []string{"provider", "auth", "endpoint", "rate", "notices", "language", "packing", "experimental"}
	rateKeys       = []string{"read", "write"}
	noticesKeys    = []string{"resendAfter", "maxAttempts", "types"}
	packingKeys    = []string{"regrant", "coverAbsent"}
)

func (d *decoder) decodeConnections(n *yaml.Node) {
	for key, value := range d.pairs(n, "connections") {
		d.connection(key, value)
	}
}

var connectionName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\pL\pN][\pL\pM\pN._-]*$`) })

func (d *decoder) connection(key, n *yaml.Node) {
	name := key.Value
	c := &connection{Connection: Connection{Name: name, Source: d.at(key), Notices: DefaultNotices}, schema: new(ProviderSchema)}
	if first := d.connections[name]; first != nil {
		d.twice(c.Source, "connection", name, first.Source)
		return
	}
	d.connections[name] = c
	if d.visible(key, "connection name", maxName) && !connectionName().MatchString(name) {
		d.reject(c.Source, "use letters, digits, dots, dashes and underscores", "connection name %s is not a plain word", quoted(name))
	}
	what := "connection " + quoted(name)
	if !d.is(n, yaml.MappingNode, what, "write it as `key: value`") {
		return
	}
	provider, ok := object{decoder: d, node: n, what: what}.need("provider")
	if !ok {
		return
	}
	known := Each(d.formats, func(f ProviderSchema) string { return f.Provider })
	if c.Provider, ok = d.word(provider, "provider", known...); !ok {
		return
	}
	c.schema = &d.formats[slices.Index(known, c.Provider)]
	keys := c.schema.keys()
	if o := (object{node: n}); o.get("language") != nil && !slices.Contains(keys, "language") {
		keys = append(keys, "language") // to say why it is refused
	}
	if o, ok := d.object(n, what, keys); ok {
		d.settings(c, o)
	}
}

// keys lists all keys of a connection. Those that the provider has no use for are unknown there.
func (f *ProviderSchema) keys() []string {
	keys := slices.Clone(connectionKeys)
	unused := func(key string) bool {
		return key == "auth" && len(f.Auth) == 0 || key == "notices" && len(f.Mails) == 0 || key == "language" && len(f.Languages) == 0 ||
			key == "packing" && !f.Packing || key == "experimental" && len(f.Experimental) == 0
	}
	return append(slices.DeleteFunc(keys, unused), f.Keys...)
}

// settings decodes all of a connection but its provider.
func (d *decoder) settings(c *connection, o object) {
	f, before := c.schema, len(d.found)+d.dropped
	d.providerKeys(c, o)
	if len(f.Auth) > 0 {
		if n, ok := o.need("auth"); ok {
			c.Auth = d.auth(n, f)
		}
	}
	if n := o.get("endpoint"); n != nil {
		d.endpoints(n, c)
	}
	c.Rate, c.Reserve = f.Rate, f.Rate
	if n := o.get("rate"); n != nil {
		d.rates(n, c)
	}
	if n := o.get("notices"); n != nil && len(f.Mails) > 0 {
		d.notices(n, c)
	}
	if n := o.get("language"); n != nil {
		d.language(n, c)
	}
	if n := o.get("packing"); n != nil && f.Packing {
		d.packing(n, &c.Packing)
	}
	if n := o.get("experimental"); n != nil && len(f.Experimental) > 0 {
		c.Experimental = d.wordList(n, "experimental", "experimental call", f.Experimental)
	}
	if len(d.found)+d.dropped == before && f.Flaw != nil { // else what is reported already may be the cause
		if key, flaw, hint := f.Flaw(c.Connection); key != "" {
			d.reject(d.at(cmp.Or(o.get(key), o.node)), hint, "%s", flaw)
		}
	}
}

// providerKeys decodes the keys that only this provider's connections have.
func (d *decoder) providerKeys(c *connection, o object) {
	c.Settings = map[string]string{}
	for _, key := range c.schema.Keys {
		n := o.get(key)
		if n == nil && slices.Contains(c.schema.Required, key) {
			n, _ = o.need(key)
		}
		if n == nil {
			continue
		}
		if v, ok := d.setting(n, key, c.schema); ok {
			c.Settings[key] = v
		}
	}
}

// setting reads the value of a provider's key.
func (d *decoder) setting(n *yaml.Node, key string, f *ProviderSchema) (string, bool) {
	words, boolean := f.Words[key], slices.Contains(f.Booleans, key)
	switch {
	case boolean && (words == nil || n.Tag == "!!bool"):
		return d.boolean(n, key)
	case boolean:
		return d.word(n, key, append(slices.Clone(words), "true", "false")...)
	case words != nil:
		return d.word(n, key, words...)
	case key == KeyDomain:
		return d.domain(n, key)
	}
	return d.name(n, key)
}

// wordList reads a list of fixed words, each at most once.
func (d *decoder) wordList(n *yaml.Node, list, item string, known []string) []string {
	if n.Kind != yaml.SequenceNode && !refused(n) && !isNull(n) {
		d.reject(d.at(n), "write ["+known[0]+"], or more of "+either(known), "%s must be a list, got %s", list, describe(n))
		return nil
	}
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
