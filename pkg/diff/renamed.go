package diff

import (
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Renamed is live with some resources under other names, such as those that files give them now.
func (l Live) Renamed(names map[spec.Ref]spec.Ref) Live {
	if len(names) == 0 {
		return l
	}
	now := func(ref spec.Ref) spec.Ref {
		if to, renamed := names[ref]; renamed {
			return to
		}
		return ref
	}
	aspect := func(a Aspect) Aspect { a.Resource = now(a.Resource); return a }
	l.State = l.State.Renamed(names)
	l.IDs, l.Unsupported, l.Several = rekeyed(l.IDs, now), rekeyed(l.Unsupported, now), rekeyed(l.Several, now)
	l.Unseen, l.Unsettable = rekeyed(l.Unseen, aspect), rekeyed(l.Unsettable, aspect)
	l.Nameless = rekeyed(l.Nameless, func(g spec.Grant) spec.Grant { g.Resource = now(g.Resource); return g })
	l.UnreadMails = rekeyed(l.UnreadMails, func(m MailKey) MailKey { m.Resource = now(m.Resource); return m })
	l.Notices = slices.Clone(l.Notices)
	for i := range l.Notices {
		l.Notices[i].Resource = now(l.Notices[i].Resource)
	}
	return l
}

// rekeyed is a map with the same values under other keys.
func rekeyed[K comparable, V any](m map[K]V, now func(K) K) map[K]V {
	if m == nil {
		return nil
	}
	out := make(map[K]V, len(m))
	for key, value := range m {
		out[now(key)] = value
	}
	return out
}

// CalledAsLive are changes with their resources by the names under which these were live when they were read last.
func (l LiveNames) CalledAsLive(connection string, changes []Change) []Change {
	if len(l) == 0 {
		return changes
	}
	changes = slices.Clone(changes)
	for i, c := range changes {
		if former, renamed := l[c.Ref(connection)]; renamed {
			changes[i].Resource = former.Name
		}
	}
	return changes
}

// LiveNames are the names under which resources are live that the files call otherwise now.
type LiveNames map[spec.Ref]spec.Ref

// formerly is the state of other files with the names that these files give resources now, where those have the former ones.
func formerly(other, desired spec.State) spec.State {
	names := map[spec.Ref]spec.Ref{}
	for ref, r := range desired.Resources {
		if former, renamed := r.FormerRef(ref); renamed {
			names[former] = ref
		}
	}
	return other.Renamed(names)
}

// matchFormer finds among holders those whom the files call otherwise now. It comes last: what is kept without it stays so.
func (c *Comparison) matchFormer(missing []spec.Grant, holders named) {
	for _, g := range missing {
		for _, former := range c.desired.Former[g.Subject] {
			if !slices.Contains(holders[ownKey(former)], former) || !c.isFormer(g.Subject, former) {
				continue
			}
			c.show(g, former)
			slices.SortFunc(c.shownAs[g], spec.Subject.Compare)
			if c.shownAs[g] = slices.Compact(c.shownAs[g]); c.blocked(g) == "" {
				c.respelt[g] = true
			}
		}
	}
}

// isFormer says whether the vendor agrees with the files that a holder is somebody by the name before: it does not know the present
// name, or it gives both the same address or id. Else they are two accounts, however the person is called.
func (c *Comparison) isFormer(subject, holder spec.Subject) bool {
	if c.live.UnknownSubjects[subject] != "" {
		return true
	}
	own := append(c.live.otherKeys(subject), ownKey(subject))
	if address := c.desired.Addresses[subject]; address != "" {
		own = append(own, keyOf(subject, address))
	}
	return meet(append(c.live.otherKeys(holder), ownKey(holder)), own)
}
