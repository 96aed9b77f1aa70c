package huaweicloudemu

import (
	"cmp"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// localDomain is the domain of the built-in directory. It is meant where a request gives none.
const localDomain = "local.com"

// world is everything that the vendor knows.
type world struct {
	emu.World
	opts *Options

	tokens  map[string]time.Time // until when
	keys    map[string]keyState
	buckets buckets

	credentials []seedCredential
	issued      []seedCredential     // temporary access keys
	serverKey   seedCredential       // of the agency of the server that the metadata service is on
	sessions    map[string]time.Time // tokens of the metadata service, until when

	users    emu.Table[*user]
	groups   emu.Table[*userGroup]
	idByName map[accountName]string // of users and user groups
	members  links                  // of users in user groups

	appGroups      emu.Table[*appGroup]
	appGroupByName map[string]string // ids
	grants         emu.Table[*link]  // by the id of the authorization
	granted        links             // the same, on app groups
	mailByID       map[string]*mail
	mailsOf        index[*mail] // by app group

	apps     emu.Table[*app]
	assigned links // to apps
}

func newWorld(opts *Options) *world {
	return &world{
		World: emu.World{ID: opts.Project}, opts: opts, tokens: map[string]time.Time{}, sessions: map[string]time.Time{}, keys: map[string]keyState{}, buckets: buckets{},
		idByName: map[accountName]string{}, members: newLinks(), appGroupByName: map[string]string{}, granted: newLinks(),
		mailByID: map[string]*mail{}, mailsOf: index[*mail]{}, assigned: newLinks(),
	}
}

// newID makes the next id.
func (w *world) newID(prefix string) string { return w.idOr("", prefix) }

// idOr is the id that a seed gives, or the next one.
func (w *world) idOr(given, prefix string) string { return w.NewID(given, prefix+"%016x") }

// madeAt is when a row was made: when its seed says, or now.
func (w *world) madeAt(given time.Time) time.Time {
	if given.IsZero() {
		return w.Now
	}
	return given
}

// account is a user or a user group: whoever can be given something.
type account struct {
	group                      bool
	id, name, domain, platform string
}

// accountName is how an account is found without its id.
type accountName struct {
	group        bool
	name, domain string
}

func (a account) key() accountName { return accountName{a.group, a.name, a.domain} }

// userGroupKind is the account_type of user groups. That of users differs between the two services.
const userGroupKind = "USER_GROUP"

func kindOf(group bool, user string) string {
	if group {
		return userGroupKind
	}
	return user
}

// account returns the user or user group with an id.
func (w *world) account(group bool, id string) (a account, ok bool) {
	if group {
		if g := w.groups.Get(id); g != nil {
			return g.account, true
		}
	} else if u := w.users.Get(id); u != nil {
		return u.account, true
	}
	return a, false
}

// named returns the user or user group with a name, in a domain (blank is the local one) and, where given, of a platform.
func (w *world) named(group bool, name, domain, platform string) (account, bool) {
	a, ok := w.account(group, w.idByName[accountName{group, name, orLocal(domain)}])
	return a, ok && (platform == "" || platform == a.platform)
}

// forget takes away everything that an account was given, and its name.
func (w *world) forget(a account) {
	delete(w.idByName, a.key())
	for _, rows := range []*emu.List[*link]{w.members.byAccount.rows(a.id), w.members.byThing.rows(a.id)} {
		for x := range rows.Current() {
			w.members.drop(x, w.Shows)
		}
	}
	for x := range w.assigned.byAccount.rows(a.id).Current() {
		w.assigned.drop(x, w.Shows)
	}
	if w.opts.OrphanGrants {
		return
	}
	for x := range w.granted.byAccount.rows(a.id).Current() {
		w.revoke(x)
	}
}

func orLocal(domain string) string { return cmp.Or(domain, localDomain) }

func platformOf(domain string) string {
	if domain == localDomain {
		return "LOCAL"
	}
	return "AD"
}

// stamp writes a time as the vendor does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// link ties an account to a thing: to an app group or an app that it may use, or to a user group that it is a member of.
type link struct {
	emu.Life
	account
	thing   string    // id
	grantID string    // of an authorization on an app group
	made    time.Time // the same
}

// pair is a thing and an account, by their ids.
type pair struct{ thing, account string }

// links tie accounts to all things of one kind. A thing has an account once.
type links struct {
	byPair             map[pair]*link
	byThing, byAccount index[*link]
}

func newLinks() links { return links{map[pair]*link{}, index[*link]{}, index[*link]{}} }

func (l links) get(thing, account string) *link { return l.byPair[pair{thing, account}] }

func (l links) add(x *link, at time.Time) {
	l.byPair[pair{x.thing, x.id}] = x
	l.byThing.put(x.thing, x, at)
	l.byAccount.put(x.id, x, at)
}

func (l links) drop(x *link, at time.Time) {
	delete(l.byPair, pair{x.thing, x.id})
	l.byThing.rows(x.thing).Remove(x, at)
	l.byAccount.rows(x.id).Remove(x, at)
}

// index holds a list for each id.
type index[R emu.Row] map[string]*emu.List[R]

// rows returns the list of an id, for reading only.
func (x index[R]) rows(id string) *emu.List[R] {
	if l := x[id]; l != nil {
		return l
	}
	return new(emu.List[R])
}

func (x index[R]) put(id string, row R, at time.Time) {
	if x[id] == nil {
		x[id] = new(emu.List[R])
	}
	x[id].Add(row, at)
}
