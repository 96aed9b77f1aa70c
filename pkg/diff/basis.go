package diff

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Fingerprint is what a plan relies on at one resource that it touches: everything there but what the plan itself changes.
type Fingerprint struct {
	Resource string `json:"resource"`     // KIND/NAME
	ID       string `json:"id,omitempty"` // the vendor's; "" of what the plan creates
	Grants   int    `json:"grants"`       // live grants that the plan leaves alone
	// Uncounted says that who else held it is not part of it: everybody might use it, or the list was not whole. Once a plan
	// closes such an app, it shows holders that nobody added.
	Uncounted bool   `json:"uncounted,omitempty"`
	Digest    string `json:"digest"`
}

// Fingerprints returns one of each resource that the changes touch, sorted by resource. A run of the plan that stopped
// half-way leaves them as they are; anyone else's edit of those resources does not.
func Fingerprints(connection string, changes []Change, live Live) []Fingerprint {
	uncounted := map[spec.Ref]bool{}
	for ref, r := range live.Resources {
		uncounted[ref] = r.Open || r.Incomplete != ""
	}
	prints := touch(connection, changes).fingerprints(live, uncounted)
	return slices.SortedFunc(maps.Values(prints), func(a, b Fingerprint) int { return strings.Compare(a.Resource, b.Resource) })
}

// Basis is one digest over fingerprints.
func Basis(prints []Fingerprint) string {
	return digest(spec.Each(prints, func(f Fingerprint) *sum { return sumOf(fmt.Sprintf("%s %q %s", f.Resource, f.ID, f.Digest)) }))
}

// touched is what changes lay hands on.
type touched struct {
	resources map[spec.Ref]bool
	ours      map[spec.Ref]bool // created: what they are is the plan's doing
	deleted   map[spec.Ref]bool // what is destroyed with them is what the plan stands on, until they are gone
	updates   map[spec.Ref][]Change
	grants    spec.Grants
}

func touch(connection string, changes []Change) touched {
	t := touched{map[spec.Ref]bool{}, map[spec.Ref]bool{}, map[spec.Ref]bool{}, map[spec.Ref][]Change{}, spec.NewGrants()}
	for _, c := range changes {
		ref := c.Ref(connection)
		t.resources[ref] = true
		switch c.Op {
		case OpCreate:
			t.ours[ref] = true
		case OpDelete:
			t.deleted[ref] = true
		case OpUpdate:
			t.updates[ref] = append(t.updates[ref], c)
		case OpGrant, OpRevoke:
			t.grants.Add(c.Grant(connection), spec.Origin{})
		}
	}
	return t
}

// fingerprints takes them of what is live, without the holders of what is uncounted. Those of what is deleted always count.
func (t touched) fingerprints(live Live, uncounted map[spec.Ref]bool) map[spec.Ref]Fingerprint {
	prints, known := make(map[spec.Ref]Fingerprint, len(t.resources)), map[Holding]*sum{}
	var sums []*sum
	for ref := range t.resources {
		f := Fingerprint{Resource: ref.String(), Uncounted: uncounted[ref] && !t.deleted[ref]}
		sums = sums[:0]
		if !t.ours[ref] {
			f.ID = live.IDs[ref]
			for _, item := range settingItems(live.Resources[ref].Settings, t.updates[ref]) {
				sums = append(sums, sumOf(item))
			}
		}
		if !f.Uncounted {
			settings := len(sums)
			for g := range live.Grants.On(ref) {
				if !t.grants.Has(g) {
					sums = append(sums, grantSum(g, known))
				}
			}
			f.Grants = len(sums) - settings
		}
		f.Digest = digest(sums)
		prints[ref] = f
	}
	return prints
}

// grantSum is that of a grant on a resource; known keeps it, since most people hold many.
func grantSum(g spec.Grant, known map[Holding]*sum) *sum {
	h := Holding{g.Role, g.Subject}
	s := known[h]
	if s == nil {
		s = sumOf(fmt.Sprintf("grant %q %q %q %q", g.Role, g.Subject.Kind, g.Subject.Name, g.Subject.Domain))
		known[h] = s
	}
	return s
}

// settingItems lists settings. One that an update brought about counts as the one that it replaces.
func settingItems(settings spec.Settings, updates []Change) []string {
	for _, c := range updates {
		if settings.Get(c.Field) == c.To {
			settings = settings.With(c.Field, c.From)
		}
	}
	var items []string
	for field, value := range settings.All() {
		items = append(items, fmt.Sprintf("setting %s %q", field, value))
	}
	return items
}

// sum stands for a line that is digested.
type sum [sha256.Size]byte

func sumOf(line string) *sum {
	s := sum(sha256.Sum256([]byte(line)))
	return &s
}

// digest is one over lines whatever order they come in, which it changes.
func digest(sums []*sum) string {
	slices.SortFunc(sums, func(a, b *sum) int {
		if a[0] != b[0] { // nearly always, and there may be millions
			return int(a[0]) - int(b[0])
		}
		return bytes.Compare(a[:], b[:])
	})
	all := sha256.New()
	for _, sum := range sums {
		all.Write(sum[:])
	}
	return "sha256:" + hex.EncodeToString(all.Sum(nil))
}

// Key is the change without where it comes from and what it costs: the same in every plan that has it.
func (c Change) Key() Change {
	mail := c.Mailing()
	mail.Doubt, mail.Unsure = time.Time{}, false
	return Change{Op: c.Op, Kind: c.Kind, Resource: c.Resource, Role: c.Role, Subject: c.Subject, Field: c.Field, To: c.To, Resent: ResentOf(mail)}
}
