package access

import (
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// From is what an answer is taken from.
type From string

// What answers are taken from.
const (
	FromFiles From = "files"
	FromLive  From = "live"
	FromBoth  From = "both"
)

// World is what questions are about.
type World struct {
	From   From
	Users  []string     // the people of the files
	Chains *spec.Chains // how the files give what they give
	Sites  []Site       // sorted by name
}

// Site is one connection.
type Site struct {
	Name    string
	Desired spec.State
	Live    spec.State // without grants and resources where live is not asked
	Others  []spec.Ref // live resources that are known to be there, and were not read since the question is not about them
	// Members are who is in user groups, as far as the vendor shows it.
	Members map[spec.Subject][]spec.Subject
}

// Unmanaged is the ownership of a live resource that no file lists.
const Unmanaged spec.Ownership = "unmanaged"

// Everyone is the subject of a resource that everybody may use.
var Everyone = spec.Subject{Kind: "everyone", Name: "everyone"}

func (w World) files() bool { return w.From != FromLive }
func (w World) live() bool  { return w.From != FromFiles }

// Resources lists all that can be asked about, as KIND/NAME, sorted, each once.
func (w World) Resources() []string {
	var all []string
	for _, site := range w.Sites {
		for ref := range w.refs(site) {
			all = append(all, ref.String())
		}
		for _, ref := range site.Others {
			all = append(all, ref.String())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// refs are the resources of a site, and how far the files rule each.
func (w World) refs(site Site) map[spec.Ref]spec.Ownership {
	refs := map[spec.Ref]spec.Ownership{}
	if w.live() {
		for ref := range site.Live.Resources {
			refs[ref] = Unmanaged
		}
	}
	for ref, r := range site.Desired.Resources {
		if _, there := refs[ref]; there || w.files() {
			refs[ref] = r.Ownership
		}
	}
	return refs
}

// Holders lists whoever can be asked about: the people of the files, and the subjects of grants by the names of their vendors.
func (w World) Holders() []string {
	known := map[string]bool{}
	for _, name := range w.Users {
		known[name] = true
	}
	for _, r := range w.rows(question{}) {
		if r.Person == "" && r.Subject != Everyone {
			known[r.Subject.String()] = true
			known[r.Subject.Name] = true
		}
	}
	all := make([]string, 0, len(known))
	for name := range known {
		all = append(all, name)
	}
	slices.SortFunc(all, strings.Compare)
	return all
}
