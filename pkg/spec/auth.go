package spec

import (
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// auth decodes how a connection proves who it is. It never shows what is there in place of a reference: that may be a secret.
func (d *decoder) auth(n *yaml.Node, f *ProviderSchema) map[string]Reference {
	if !d.is(n, yaml.MappingNode, "auth", "write keys with references: "+d.authForms(f)) {
		return nil
	}
	var known []string
	for _, form := range f.Auth {
		known = append(append(known, form.Keys...), form.Optional...)
	}
	auth, seen, sound := map[string]Reference{}, map[string]*yaml.Node{}, true
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case refused(key):
			sound = false
		case !slices.Contains(known, key.Value):
			d.reject(d.at(key), d.meant(key.Value, known, "use "+d.authForms(f)), "unknown key in auth")
			sound = false
		case seen[key.Value] != nil:
			d.duplicateKey(key, seen[key.Value], "auth")
		case !d.trusted && f.AuthKinds[key.Value].operators():
			d.reject(d.at(key), "move the connection into the file that --operator names", "auth key %s may stand in an operator's file alone", key.Value)
			sound = false
		default:
			seen[key.Value] = key
			auth[key.Value] = d.authValue(key.Value, value, f)
		}
	}
	if sound && !f.accepts(auth) {
		d.reject(d.at(n), "use "+d.authForms(f), "auth is incomplete or mixes two ways")
	}
	return auth
}

// operators says whether only an operator's file may hold a value of this kind.
func (k AuthKind) operators() bool { return k == AuthAddress || k == AuthCommand }

// authValue reads what a key of auth says.
func (d *decoder) authValue(key string, n *yaml.Node, f *ProviderSchema) Reference {
	kind, what := f.AuthKinds[key], "auth key "+key
	switch {
	case kind == AuthCommand:
		return d.command(n, what)
	case kind == AuthAddress:
		return d.metadata(n, what, f)
	case kind != AuthSecret && n.Kind == yaml.ScalarNode && !strings.HasPrefix(n.Value, "env:") && !strings.HasPrefix(n.Value, "file:"):
		return d.literal(n, what, kind)
	}
	r := d.reference(n, what, f)
	if r.Kind = kind; kind == AuthTokenFile && r.Scheme != "" {
		return d.tokenFile(r, what, f)
	}
	return r
}

// tokenFile refuses what a change to the files could choose the path of a token by: it is read and sent.
func (d *decoder) tokenFile(r Reference, what string, f *ProviderSchema) Reference {
	switch {
	case r.Scheme == "file":
		d.reject(r.Source, "write env:"+f.TokenFileEnv[0]+"; in an operator's file, the absolute path itself", "%s is the path of a token, and %s would be read for that path", what, r)
	case !d.trusted && !slices.Contains(f.TokenFileEnv, r.Name):
		d.reject(r.Source, "use env:"+either(f.TokenFileEnv)+", or hold the connection in an operator's file", "%s may not be chosen by %s", what, r)
	default:
		return r
	}
	return Reference{}
}

// literal reads a name or a path that an operator's file says as it is.
func (d *decoder) literal(n *yaml.Node, what string, kind AuthKind) Reference {
	text, ok := d.name(n, what)
	r := Reference{Scheme: "text", Name: text, Kind: kind, Source: d.at(n)}
	if kind == AuthTokenFile {
		r.Scheme = "path"
	}
	switch {
	case !ok:
	case !d.trusted:
		d.reject(r.Source, "write env:NAME, or hold the connection in an operator's file", "%s may be said as it is in an operator's file alone", what)
	case kind == AuthTokenFile && !filepath.IsAbs(text):
		d.reject(r.Source, "write the absolute path, such as /var/run/secrets/tokens/oidc", "%s names no absolute path", what)
	default:
		return r
	}
	return Reference{}
}

// metadata reads the address of a metadata service.
func (d *decoder) metadata(n *yaml.Node, what string, f *ProviderSchema) Reference {
	if !d.is(n, yaml.ScalarNode, what, "write "+f.Metadata) {
		return Reference{}
	}
	base := strings.TrimRight(n.Value, "/")
	u, err := url.Parse(base)
	flaw := "is not a URL"
	if err == nil {
		flaw, _ = flawOfURL(u, base)
	}
	if flaw != "" && base != f.Metadata {
		d.reject(d.at(n), "write "+f.Metadata+", where the vendor's servers have it; plain http goes there and to the loopback alone", "%s %s", what, flaw)
		return Reference{}
	}
	return Reference{Scheme: "text", Name: base, Kind: AuthAddress, Source: d.at(n)}
}

// usualTimeout is for a program that prints a credential and asks somebody else for it.
const usualTimeout = 30 * time.Second

// command reads [PROGRAM, ARGUMENT…], or command, env and timeout. Its arguments are never shown: they may hold a secret by mistake.
func (d *decoder) command(n *yaml.Node, what string) Reference {
	c := &Command{Timeout: usualTimeout, Source: d.at(n)}
	if n.Kind == yaml.MappingNode {
		o, ok := d.object(n, what, []string{"command", "env", "timeout"})
		if !ok {
			return Reference{}
		}
		if n, ok = o.need("command"); !ok {
			return Reference{}
		}
		d.commandOptions(o, c)
	}
	items, ok := d.list(n, what)
	c.Argv = readAll(items, func(n *yaml.Node) (string, bool) { return d.text(n, "argument of "+what) })
	switch argv := c.Argv; {
	case !ok || len(argv) < len(items):
		return Reference{}
	case len(argv) == 0 || !filepath.IsAbs(argv[0]) && strings.ContainsAny(argv[0], `/\`):
		d.reject(c.Source, "write [/usr/local/bin/PROGRAM, ARGUMENT], with an absolute path or a name that PATH leads to", "%s names no program", what)
		return Reference{}
	}
	return Reference{Scheme: "exec", Name: strings.Join(c.Argv, "\x00"), Kind: AuthCommand, Command: c, Source: c.Source}
}

func (d *decoder) commandOptions(o object, c *Command) {
	if n := o.get("env"); n != nil {
		items, _ := d.list(n, "env")
		c.Env = readAll(items, func(n *yaml.Node) (string, bool) {
			name, ok := d.text(n, "variable")
			if ok && !variable.MatchString(name) {
				d.reject(d.at(n), "write VAULT_ADDR", "variable is no name of one") // not shown: it may be what the variable holds
			}
			return name, ok && variable.MatchString(name)
		})
	}
	if n := o.get("timeout"); n != nil {
		text, ok := d.text(n, "timeout")
		limit, err := time.ParseDuration(text)
		if ok && (err != nil || limit < time.Second || limit > 10*time.Minute) {
			d.reject(d.at(n), "write 30s, or another time from 1s to 10m", "timeout is no such time")
			return
		}
		c.Timeout = limit
	}
}

// accepts says whether exactly the keys of one way to prove who we are are there.
func (f *ProviderSchema) accepts(auth map[string]Reference) bool {
	given := map[string]string{}
	for key := range auth {
		given[key] = key
	}
	return slices.ContainsFunc(f.Auth, func(form AuthForm) bool { return form.Holds(given) })
}

// authForms words the sets of keys that a file may hold: "accessKey + secretKey (and optionally securityToken) or token".
func (d *decoder) authForms(f *ProviderSchema) string {
	var forms []string
	for _, form := range f.authForms(d.trusted) {
		text := strings.Join(form.Keys, " + ")
		if len(form.Optional) > 0 {
			text += " (and optionally " + strings.Join(form.Optional, ", ") + ")"
		}
		forms = append(forms, text)
	}
	return either(forms)
}

// authForms are those that an operator's file, or another one, may hold.
func (f *ProviderSchema) authForms(operators bool) []AuthForm {
	return slices.DeleteFunc(slices.Clone(f.Auth), func(form AuthForm) bool {
		return !operators && slices.ContainsFunc(form.Keys, func(key string) bool { return f.AuthKinds[key].operators() })
	})
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (d *decoder) reference(n *yaml.Node, what string, f *ProviderSchema) Reference {
	const hint = "write env:NAME or file:PATH, and keep the secret out of this file"
	if refused(n) {
		return Reference{}
	}
	scheme, name, _ := strings.Cut(n.Value, ":")
	r := Reference{Scheme: scheme, Name: name, Folder: d.folder, Source: d.at(n)}
	switch {
	case n.Kind != yaml.ScalarNode || n.Tag != "!!str" || scheme != "env" && scheme != "file":
		d.reject(r.Source, hint, "%s is not a reference", what)
	case scheme == "env" && !variable.MatchString(name):
		d.reject(r.Source, "use letters, digits and underscores after env:", "%s names no environment variable", what)
	case scheme == "file" && !isBelow(name):
		d.reject(r.Source, "name a file below the folder of this one, without .. or a leading /", "%s names a path outside", what)
	case scheme == "env" && !d.mayLookUp(r, f) || scheme == "file" && !d.mayOpen(&r, f):
	default:
		return r
	}
	return Reference{}
}
