package spec

import (
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// allowance is what the connections of files that anybody may propose to change can name beyond the defaults: where
// credentials are sent, and where they are found. The operator's own file names any host and variable, and any file below
// its folder.
type allowance struct {
	hosts []hostPattern
	env   []string // NAME or PREFIX*
	files []string // folders and files beside the file that names them
}

// What every provider's connections may read: these variables, and files in this folder beside the file that names them.
const (
	ownVariables  = "ENTITLECTL_SECRET_*"
	secretsFolder = "secrets"
)

// hostPattern is a host and a port. A leading "*." stands for one label.
type hostPattern struct{ host, port string }

func (p hostPattern) String() string {
	if strings.Contains(p.host, ":") {
		return "[" + p.host + "]:" + p.port
	}
	if p.port == httpsPort {
		return p.host
	}
	return p.host + ":" + p.port
}

const httpsPort = "443"

// serves says whether a URL is the vendor's own API.
func (f *ProviderSchema) serves(u *url.URL) bool {
	return u.Scheme == "https" && slices.ContainsFunc(f.Hosts, func(host string) bool { return hostPattern{host, httpsPort}.matches(u) })
}

func (d *decoder) mayReach(u *url.URL, f *ProviderSchema) bool {
	return d.trusted || isLoopback(u.Hostname()) || f.serves(u) ||
		slices.ContainsFunc(d.allowed.hosts, func(p hostPattern) bool { return p.matches(u) })
}

// reachable says which hosts there are.
func (a allowance) reachable(f *ProviderSchema) string {
	known := slices.Concat(f.Hosts, Each(a.hosts, hostPattern.String))
	return "use https and port 443 of " + either(known) + ", or a loopback address" + operatorAllows("hosts")
}

// region is the name of a region. No other label may stand in its place: anybody can rent a bucket NAME.obs.VENDOR.
var region = regexp.MustCompile(`^[a-z]+-[a-z]+-[0-9]+$`)

func (p hostPattern) matches(u *url.URL) bool {
	if port := u.Port(); port != p.port && !(port == "" && u.Scheme == "https" && p.port == httpsPort) {
		return false
	}
	have, want := strings.Split(u.Hostname(), "."), strings.Split(p.host, ".")
	return slices.EqualFunc(have, want, func(label, pattern string) bool {
		return label == pattern || pattern == "*" || pattern == "{region}" && region.MatchString(label)
	})
}

func operatorAllows(key string) string {
	return ", or let the operator's file add others (allow: " + key + ":)"
}

// mayLookUp refuses variables that are none of the provider's.
func (d *decoder) mayLookUp(r Reference, f *ProviderSchema) bool {
	known := slices.Concat(f.Env, []string{ownVariables}, d.allowed.env)
	covers := func(pattern string) bool {
		prefix, open := strings.CutSuffix(pattern, "*")
		return r.Name == pattern || open && strings.HasPrefix(r.Name, prefix)
	}
	if d.trusted || slices.ContainsFunc(known, covers) {
		return true
	}
	d.reject(r.Source, "use "+either(known)+operatorAllows("env"), "%s may not be read for %s", r, f.Provider)
	return false
}

// mayOpen refuses files outside of where secrets are kept, by their name; Secrets looks at what the name leads to. It sets
// Within.
func (d *decoder) mayOpen(r *Reference, f *ProviderSchema) bool {
	name := path.Clean(filepath.ToSlash(r.Name))
	flaw, hint := "", "keep secrets elsewhere"
	places := append([]string{secretsFolder}, d.allowed.files...)
	i := slices.IndexFunc(places, func(place string) bool {
		return strings.HasPrefix(name, place+"/") || name == place && slices.Contains(d.allowed.files, place)
	})
	switch {
	case inGit(name):
		flaw = "is inside of " + gitFolder
	case d.inState(filepath.Join(r.Folder, name)):
		flaw = "is in the state folder"
	case d.trusted:
		return true
	case i >= 0:
		r.Within = places[i]
		return true
	default:
		flaw, hint = "may not be read for "+f.Provider, "put the file into "+secretsFolder+"/ beside this one"+operatorAllows("files")
	}
	d.reject(r.Source, hint, "%s %s", r, flaw)
	return false
}

// isBelow says whether a path leads down from where it begins.
func isBelow(name string) bool {
	return filepath.IsLocal(name) && strings.IndexFunc(name, isHidden) < 0 && !slices.Contains(elements(name), "..")
}

func elements(name string) []string { return strings.Split(filepath.ToSlash(name), "/") }

const gitFolder = ".git"

func inGit(name string) bool {
	return slices.ContainsFunc(elements(name), func(e string) bool { return strings.EqualFold(e, gitFolder) })
}

// inState says by names alone whether a path is in the state folder, which need not exist yet.
func (l *loader) inState(name string) bool {
	state, err := filepath.Abs(l.stateDir)
	if err != nil || l.stateDir == "" {
		return false
	}
	file, err := filepath.Abs(name)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(state, file)
	return err == nil && filepath.IsLocal(rel)
}
