package huaweicloudemu

import (
	"fmt"
	"slices"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// localDomain is the built-in directory: the domain of whoever names none.
const localDomain = "local.com"

// world is all that a vendor knows. Its lists are what reads show, its maps what is true now; the two differ while a write
// lags. Rows do not change: a changed one replaces the old.
type world struct {
	opts  *Options
	now   time.Time // of the request in hand
	shows time.Time // when reads see its writes; zero is at once
	last  int64     // number in the last id

	tokens  map[string]time.Time // until when
	keys    map[string]*keyState
	buckets buckets

	users      emu.List[*user]
	userByID   map[string]*user
	groups     emu.List[*userGroup]
	groupByID  map[string]*userGroup
	idByName   map[accountName]string
	members    index[*membership] // by user group
	joined     index[*membership] // by user
	membership map[pair]*membership

	appGroups       emu.List[*appGroup]
	appGroupByID    map[string]*appGroup
	appGroupByName  map[string]*appGroup
	grants          emu.List[*grant]
	grantsOf        index[*grant] // by app group
	grantsTo        index[*grant] // by account
	grantByID       map[string]*grant
	grantByPair     map[pair]*grant
	mailsOf         index[*mail] // by app group
	mailByID        map[string]*mail
	apps            emu.List[*app]
	appByID         map[string]*app
	assignmentsOf   index[*assignment] // by app
	assignmentsTo   index[*assignment] // by account
	assignmentPairs map[pair]*assignment
}

// pair is a thing (app group, app, user group) and an account in it, by their ids.
type pair struct{ of, account string }

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

func newWorld(opts *Options) *world {
	return &world{
		opts:   opts,
		tokens: map[string]time.Time{}, keys: map[string]*keyState{}, buckets: buckets{},
		userByID: map[string]*user{}, groupByID: map[string]*userGroup{}, idByName: map[accountName]string{},
		members: index[*membership]{}, joined: index[*membership]{}, membership: map[pair]*membership{},
		appGroupByID: map[string]*appGroup{}, appGroupByName: map[string]*appGroup{},
		grantsOf: index[*grant]{}, grantsTo: index[*grant]{}, grantByID: map[string]*grant{}, grantByPair: map[pair]*grant{},
		mailsOf: index[*mail]{}, mailByID: map[string]*mail{},
		appByID: map[string]*app{}, assignmentsOf: index[*assignment]{}, assignmentsTo: index[*assignment]{},
		assignmentPairs: map[pair]*assignment{},
	}
}

// begin sets the time of a request, and how long reads do not see its writes.
func (w *world) begin(now time.Time, lag time.Duration) {
	w.now, w.shows = now, time.Time{}
	if lag > 0 {
		w.shows = now.Add(lag)
	}
}

// newID makes the next id. Ids rise, so that the order of rows made at one time is the order of their ids.
func (w *world) newID(prefix string) string {
	w.last++
	return fmt.Sprintf("%s%016x", prefix, w.last)
}

// account finds a user or user group by id.
func (w *world) account(group bool, id string) (account, bool) {
	if group {
		g, ok := w.groupByID[id]
		if !ok {
			return account{}, false
		}
		return g.account, true
	}
	u, ok := w.userByID[id]
	if !ok {
		return account{}, false
	}
	return u.account, true
}

// named finds a user or user group by name, domain (blank is the local one) and, where given, platform.
func (w *world) named(group bool, name, domain, platform string) (account, bool) {
	a, ok := w.account(group, w.idByName[accountName{group, name, orLocal(domain)}])
	return a, ok && (platform == "" || platform == a.platform)
}

// forget removes all that an account was given.
func (w *world) forget(a account) {
	delete(w.idByName, a.key())
	for m := range w.joined.of(a.id).Current() {
		w.leave(m)
	}
	for m := range w.members.of(a.id).Current() {
		w.leave(m)
	}
	for x := range w.assignmentsTo.of(a.id).Current() {
		w.unassign(x)
	}
	if w.opts.OrphanGrants {
		return
	}
	for g := range w.grantsTo.of(a.id).Current() {
		w.revoke(g)
	}
}

func orLocal(domain string) string {
	if domain == "" {
		return localDomain
	}
	return domain
}

func platformOf(domain string) string {
	if domain == localDomain {
		return "LOCAL"
	}
	return "AD"
}

// stamp writes a time as Workspace does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// index is lists by an id.
type index[R emu.Row] map[string]*emu.List[R]

// of returns the list of an id, to read; to add, see put.
func (x index[R]) of(id string) *emu.List[R] {
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

// page returns a page of a list in the order that the options want, each row as the wire shows it, and how many rows there are.
func page[R emu.Row, V any](w *world, l *emu.List[R], offset, limit int, keep func(R) bool, view func(R) V) (out []V, total int) {
	rows, total := l.Page(w.now, offset, limit, keep)
	if w.opts.NewestFirst {
		all, _ := l.Page(w.now, 0, -1, keep)
		rows = slices.Clone(all)
		slices.Reverse(rows)
		rows = rows[min(offset, total):]
		if limit >= 0 {
			rows = rows[:min(limit, len(rows))]
		}
	}
	out = make([]V, 0, len(rows))
	for _, row := range rows {
		out = append(out, view(row))
	}
	return out, total
}
