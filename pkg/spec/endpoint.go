package spec

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

// endpoints reads the base URLs of a connection, and notes which are not the vendor's own.
func (d *decoder) endpoints(n *yaml.Node, c *connection) {
	c.Endpoints = map[string]string{}
	read := func(family, what string, n *yaml.Node) {
		u, ok := d.endpoint(n, what, c.schema)
		if !ok {
			return
		}
		base := strings.TrimRight(u.String(), "/")
		c.Endpoints[family] = base
		if !c.schema.serves(u) {
			c.Foreign = append(c.Foreign, base)
		}
	}
	if n.Kind != yaml.MappingNode || len(c.schema.Endpoints) == 0 {
		read("", "endpoint", n)
		return
	}
	if o, ok := d.object(n, "endpoint", c.schema.Endpoints); ok {
		for _, family := range c.schema.Endpoints {
			if value := o.get(family); value != nil {
				read(family, "endpoint "+family, value)
			}
		}
	}
	slices.Sort(c.Foreign)
	c.Foreign = slices.Compact(c.Foreign)
}

// endpoint reads a base URL. It is never shown: it may hold a password by mistake.
func (d *decoder) endpoint(n *yaml.Node, what string, f *ProviderSchema) (*url.URL, bool) {
	if !d.is(n, yaml.ScalarNode, what, writeURL) {
		return nil, false
	}
	u, err := url.Parse(n.Value)
	flaw, hint := "is not a URL", writeURL
	if err == nil && strings.IndexFunc(n.Value, isHidden) < 0 && !strings.Contains(n.Value, " ") {
		u.Host = lowerASCII(u.Host)
		if flaw, hint = flawOfURL(u, n.Value); flaw == "" && !d.mayReach(u, f) {
			flaw, hint = "is at no host of "+f.Provider, d.allowed.reachable(f)
		}
	}
	if flaw != "" {
		d.reject(d.at(n), hint, "%s %s", what, flaw)
	}
	return u, flaw == ""
}

const writeURL = "write https://HOST[:PORT][/PATH]"

// flawOfURL finds what would make a base URL mean other things to a reader, to us and to the network.
func flawOfURL(u *url.URL, text string) (flaw, hint string) {
	switch host := u.Hostname(); {
	case host == "" || u.Opaque != "":
		return "is not a URL", writeURL
	case u.User != nil:
		return "holds a user name or password", "remove it, and use auth"
	case strings.ContainsAny(text, "?#"):
		return "holds a query or fragment", "end it after the path"
	case u.Scheme != "http" && u.Scheme != "https":
		return "is neither https nor http", writeURL
	case !isPlainHost(host):
		return "names no plain host", "write its name in ASCII without a dot at the end, or an IP address in full"
	case strings.HasSuffix(u.Host, ":") || u.Port() != "" && !isPort(u.Port()):
		return "has a port that is not a number from 1 to 65535", writeURL
	case u.Scheme == "http" && !isLoopback(host):
		return "is plain http to another machine", "use https; http is for loopback addresses only"
	case strings.Contains(u.Path+"/", "/../") || strings.Contains(u.Path, "//"):
		return "has a path with .. or //", "write the path in full"
	}
	return "", ""
}

// hostName is a name as DNS has it, in lower case. Its last part is no number: some readers would take it for an address.
var hostName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
})

// isPlainHost says whether everybody reads a name or an address alike: it has no Unicode that is folded, no zone, and is no address
// in another notation.
func isPlainHost(host string) bool {
	const longest = 253
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Zone() == "" && !addr.Is4In6() && addr.String() == host
	}
	return hostName().MatchString(host) && len(host) <= longest
}

// lowerASCII leaves letters alone that have one of ASCII for their lower case.
func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0 && strconv.FormatUint(port, 10) == text
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
