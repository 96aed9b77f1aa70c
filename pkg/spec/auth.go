package spec

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// auth decodes references to secrets. It never shows what is there instead: that may be a secret.
func (d *decoder) auth(n *yaml.Node, f *ProviderSchema) map[string]Reference {
	if !d.is(n, yaml.MappingNode, "auth", "write keys with references: "+f.authForms()) {
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
			d.reject(d.at(key), d.meant(key.Value, known, "use "+f.authForms()), "unknown key in auth")
			sound = false
		case seen[key.Value] != nil:
			d.duplicateKey(key, seen[key.Value], "auth")
		default:
			seen[key.Value] = key
			auth[key.Value] = d.reference(value, "auth key "+key.Value, f)
		}
	}
	if sound && !f.accepts(auth) {
		d.reject(d.at(n), "use "+f.authForms(), "auth is incomplete or mixes two ways")
	}
	return auth
}

// accepts tells whether exactly the keys of one way to prove who we are are there.
func (f *ProviderSchema) accepts(auth map[string]Reference) bool {
	given := slices.Collect(maps.Keys(auth))
	return slices.ContainsFunc(f.Auth, func(form AuthForm) bool {
		foreign := func(key string) bool { return !slices.Contains(form.Keys, key) && !slices.Contains(form.Optional, key) }
		missing := func(key string) bool { return !slices.Contains(given, key) }
		return !slices.ContainsFunc(given, foreign) && !slices.ContainsFunc(form.Keys, missing)
	})
}

// authForms words the accepted sets of keys: "accessKey, secretKey [securityToken] or token".
func (f *ProviderSchema) authForms() string {
	var forms []string
	for _, form := range f.Auth {
		text := strings.Join(form.Keys, " + ")
		if len(form.Optional) > 0 {
			text += " (and optionally " + strings.Join(form.Optional, ", ") + ")"
		}
		forms = append(forms, text)
	}
	return either(forms)
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
