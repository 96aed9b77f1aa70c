package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// vendor is a small cloud that keeps state. Like the real ones it takes batches, leaves out accounts that it does not know
// without a word, shows writes late, and loses answers.
type vendor struct {
	mu       sync.Mutex
	live     spec.State
	shown    spec.State // what reads show until the lag is over
	lagUntil time.Time
	lag      time.Duration
	ghosts   map[string]bool // subjects that grants silently skip
	poison   map[string]bool // subjects because of which a call is refused
	hidden   spec.Grant      // shows once its app is assigned
	unknown  map[string]bool // subjects that a look-up does not find
	notices  []diff.Notice   // mails that failed; one that is sent again is none of them
	faults   map[int]fault   // by number of the call, from 1
	batch    int             // changes that a call may have; 0: 3
	readErr  error
	onRead   func(n int, live *diff.Live) error // spoils the n-th read, from 1
	calls    []string
	effects  map[diff.Change]int // how often each change was carried out
	touched  []diff.Change       // every change that a call carried, repeats too
	reads    int
}

// fault is how a call ends badly.
type fault string

const (
	dropped fault = "done, but unanswered"
	torn    fault = "done in part, and unanswered"
	partly  fault = "done in part, and called failed"
	lost    fault = "not done, and unanswered"
	failed  fault = "not done, and said so"
	refusal fault = "refused"
	badRow  fault = "refused because of one row"
	denied  fault = "not authorized"
	wait1h  fault = "told to wait for an hour"
)

// failure is the error of a call that ended so.
func (f fault) failure() error {
	fate := map[fault]provider.Fate{refusal: provider.NotDone, badRow: provider.NotDone, wait1h: provider.NotDone, denied: provider.NotDone, failed: provider.Failed, partly: provider.Failed}[f]
	if f == wait1h {
		return &provider.Failure{Fate: fate, OutOfTime: true, Asked: "the vendor asks for 1 h", Status: 429, Code: "Slow", RequestID: "r1", Err: errors.New(string(f))}
	}
	return &provider.Failure{Fate: fate, OneRow: f == badRow, Unauthorized: f == denied, Err: errors.New(string(f))}
}

func (v *vendor) Read(ctx context.Context, q provider.Query) (diff.Live, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.reads++
	if err := errors.Join(ctx.Err(), v.readErr); err != nil {
		return diff.Live{}, err
	}
	from := v.live
	if time.Now().Before(v.lagUntil) {
		from = v.shown
	}
	live := diff.Live{UnknownSubjects: map[spec.Subject]string{}, State: from.Where(func(ref spec.Ref) bool {
		_, listed := q.Desired.Resources[ref]
		return listed
	})}
	for g := range q.Grants().Minus(live.Grants) {
		if v.unknown[g.Subject.Name] {
			live.UnknownSubjects[g.Subject] = "no such user"
		}
	}
	live.Unmanaged = len(from.Resources) - len(live.Resources)
	live.Notices = slices.Clone(v.notices)
	if v.onRead != nil {
		return live, v.onRead(v.reads, &live)
	}
	return live, nil
}

// Pack makes calls of at most so many changes of one op as a batch has.
func (v *vendor) Pack(changes []diff.Change, _ diff.Allowance, _ bool) diff.Packed {
	var calls []diff.Call
	for i, c := range changes {
		if c.Problem != "" {
			continue
		}
		if n := len(calls); n > 0 && calls[n-1].Name == string(c.Op) && len(calls[n-1].Changes) < cmp.Or(v.batch, 3) {
			calls[n-1].Changes = append(calls[n-1].Changes, i)
		} else {
			calls = append(calls, diff.Call{Name: string(c.Op), Changes: []int{i}})
		}
	}
	return diff.Packed{Calls: calls}
}

// Shapes are of calls that list their changes one by one.
func (v *vendor) Lists(provider.Query) (lists, pages int) { return 1, 1 }

func (v *vendor) Shapes() (shapes []diff.CallShape) {
	for _, op := range diff.Ops {
		for _, kind := range []spec.Kind{kindAppGroup, kindApp} {
			shapes = append(shapes, diff.CallShape{Name: string(op), Kind: kind, Role: spec.RoleAccess, Ops: []diff.Op{op}, Listed: true})
		}
	}
	return shapes
}

func (v *vendor) Do(_ context.Context, name string, changes []diff.Change, begin func() error) error {
	if err := begin(); err != nil {
		return refusal.failure()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls = append(v.calls, fmt.Sprintf("%s %d", name, len(changes)))
	v.touched = append(v.touched, changes...)
	bad, faulty := v.faults[len(v.calls)]
	if faulty && bad != dropped && bad != torn && bad != partly {
		return bad.failure()
	}
	if slices.ContainsFunc(changes, func(c diff.Change) bool { return v.poison[c.Subject.Name] }) {
		return badRow.failure()
	}
	if v.lag > 0 && !time.Now().Before(v.lagUntil) {
		v.shown = v.live.Where(func(spec.Ref) bool { return true })
	}
	v.lagUntil = time.Now().Add(v.lag)
	for i, c := range changes {
		if i == 0 || bad != torn && bad != partly {
			v.do(c)
		}
	}
	if faulty {
		return bad.failure()
	}
	return nil
}

func (v *vendor) do(c diff.Change) {
	if c.Op != diff.OpGrant || !v.ghosts[c.Subject.Name] {
		if v.effects == nil {
			v.effects = map[diff.Change]int{}
		}
		v.effects[c.Key()]++
	}
	switch c.Op {
	case diff.OpCreate:
		v.live.Resources[c.Ref(conn)] = spec.Resource{}
	case diff.OpGrant:
		if !v.ghosts[c.Subject.Name] {
			v.live.Grants.Add(c.Grant(conn), spec.Origin{})
		}
	case diff.OpUpdate:
		v.live.Resources[c.Ref(conn)] = spec.Resource{Settings: spec.Settings{}.With("audience", c.To), Open: c.To == "everyone"}
		if v.hidden.Resource == c.Ref(conn) {
			v.live.Grants.Add(v.hidden, spec.Origin{})
		}
	case diff.OpResend:
		v.notices = slices.DeleteFunc(v.notices, func(n diff.Notice) bool { return n.Subject == c.Subject })
	case diff.OpRevoke:
		v.live.Grants.Remove(c.Grant(conn))
	case diff.OpDelete:
		delete(v.live.Resources, c.Ref(conn))
		v.live.Grants = v.live.Grants.Where(func(g spec.Grant) bool { return g.Resource != c.Ref(conn) })
	}
}

const (
	conn                   = "ws"
	kindAppGroup spec.Kind = "app-group"
	kindApp      spec.Kind = "app"
)

func grantOf(resource, user string) spec.Grant {
	return spec.Grant{Resource: spec.Ref{Connection: conn, Kind: kindAppGroup, Name: resource}, Role: spec.RoleAccess,
		Subject: spec.Subject{Kind: spec.SubjectUser, Name: user}}
}

// state builds a State of app groups and their holders.
func state(holders map[string][]string) spec.State {
	s := spec.NewState()
	for resource, users := range holders {
		s.Resources[grantOf(resource, "").Resource] = spec.Resource{}
		for _, u := range users {
			s.Grants.Add(grantOf(resource, u), spec.Origin{})
		}
	}
	return s
}

func (v *vendor) holders(resource string) []string {
	var users []string
	for g := range v.live.Grants.All() {
		if g.Resource.Name == resource {
			users = append(users, g.Subject.Name)
		}
	}
	slices.Sort(users)
	return users
}

func jobs(v provider.Source, desired spec.State) []Job {
	return []Job{{Connection: spec.Connection{Name: conn, Provider: "test", Rate: spec.Rates{Write: spec.PerMinute(100)}}, Desired: desired, Source: v}}
}
