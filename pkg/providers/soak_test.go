package providers_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
	"github.com/entitlectl/entitlectl/pkg/store/postgres"
	"github.com/entitlectl/entitlectl/pkg/store/postgres/pgtest"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

// What a soak may cost: so many runs, and so many write requests for each that an undisturbed run sends. What the gateway
// throttles counts, and so does what undoes the stranger's edits.
const (
	soakRuns  = 10
	soakShare = 1.3
)

// TestSoak brings 10,000 grants, beside creates and revokes, to a vendor that throttles a tenth of all requests, leaves some
// done but unanswered and answers some with garbage, while somebody else edits what is live. Apply is run again, as its exit
// code asks for, until there is nothing left to do. The vendor keeps to the rates that it states; time is virtual.
func TestSoak(t *testing.T) {
	seeds := 1
	if os.Getenv("ENTITLECTL_TEST_LONG") != "" {
		seeds = 5
	}
	w := newSoakWorld()
	var calm *soak
	synctest.Test(t, func(t *testing.T) {
		calm = newSoak(t, w, 0, file.Open(storetest.Folder(t)))
		calm.converge(t)
	})
	all, _ := calm.storm.writes()
	if len(calm.runs) != 1 || all != calm.runs[0].Summary.Calls {
		t.Fatalf("undisturbed: %d runs, %d write requests, %+v", len(calm.runs), all, calm.runs[0].Summary)
	}
	t.Logf("undisturbed: %d write requests, %v of virtual time", all, calm.took)
	onEachStore(t, os.Getenv("ENTITLECTL_TEST_LONG") != "", func(t *testing.T, _ bool, empty func() store.Store) {
		for seed := 1; seed <= seeds; seed++ {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				kept := empty()
				synctest.Test(t, func(t *testing.T) {
					defer closeStore(t, kept)
					s := newSoak(t, w, uint64(seed), kept)
					s.storm.throttle, s.storm.drop, s.storm.garbage = 0.10, 0.02, 0.01
					s.storm.stranger = s.newStranger(t)
					s.converge(t)
					s.judge(t, all)
				})
			})
		}
	})
}

// onEachStore runs a test with folders and, if it is also to be on a server, with a real PostgreSQL for a store: virtual time
// stands still while a statement is on its way, and goes on between two. A store of either must be closed in the bubble that it was used in.
func onEachStore(t *testing.T, also bool, test func(t *testing.T, shared bool, empty func() store.Store)) {
	t.Run("file", func(t *testing.T) {
		parent, n := storetest.Folder(t), 0
		test(t, false, func() store.Store { n++; return file.Open(filepath.Join(parent, fmt.Sprint(n))) })
	})
	if !also {
		return
	}
	t.Run("postgres", func(t *testing.T) {
		server := pgtest.Shared(t)
		test(t, true, func() store.Store {
			s, err := postgres.Open(server.URL(server.Schema(t)), "")
			if err != nil {
				t.Fatal(err)
			}
			return s
		})
	})
}

func closeStore(t *testing.T, s store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// soakWorld is what is live and what is to be.
type soakWorld struct {
	people        []string
	groups        []string // those that are live, then those that are to be made
	made          int      // of groups, how many are to be made
	live, desired map[membership]bool
	bystanders    map[membership]bool // live on groups that the file does not list
}

// newSoakWorld makes teams of four app groups each that share most of their people, and some people of their own.
func newSoakWorld() *soakWorld {
	const people, teams, size, shared, own, granted = 600, 80, 4, 24, 10, 10000
	draw := rand.New(rand.NewPCG(7, 7))
	w := &soakWorld{made: 60, live: map[membership]bool{}, desired: map[membership]bool{}, bystanders: map[membership]bool{}}
	for i := range people {
		w.people = append(w.people, fmt.Sprintf("u%03d", i))
	}
	for team := range teams {
		crowd := draw.Perm(people)
		for g := range size {
			name := fmt.Sprintf("T%02d-%d", team, g)
			w.groups = append(w.groups, name)
			for _, i := range append(slices.Clone(crowd[:shared]), crowd[shared+g*own:shared+(g+1)*own]...) {
				w.desired[membership{name, w.people[i]}] = true
			}
			if g == 0 { // who left
				w.live[membership{name, w.people[crowd[people-1]]}] = true
				w.live[membership{name, w.people[crowd[people-2]]}] = true
			}
		}
	}
	old := len(w.groups) - w.made
	listed := slices.SortedFunc(maps.Keys(w.desired), membership.compare)
	for _, m := range listed[:len(listed)-granted] {
		if slices.Index(w.groups, m.team) < old {
			w.live[m] = true
		}
	}
	maps.DeleteFunc(w.live, func(m membership, _ bool) bool { return slices.Index(w.groups, m.team) >= old })
	for i := range 20 {
		w.bystanders[membership{fmt.Sprint("Other", i%4), w.people[i]}] = true
	}
	return w
}

func (m membership) compare(o membership) int {
	if m.team != o.team {
		return strings.Compare(m.team, o.team)
	}
	return strings.Compare(m.person, o.person)
}

// seed is the world before, in the emulator's form. Everybody has an address, so each grant sends a mail.
func (w *soakWorld) seed() string {
	var b strings.Builder
	b.WriteString("huaweicloud:\n  users:\n")
	for _, name := range w.people {
		fmt.Fprintf(&b, "    - {name: %s, email: %s@corp.example}\n", name, name)
	}
	b.WriteString("  appGroups:\n")
	before := maps.Clone(w.live)
	maps.Copy(before, w.bystanders)
	holders := byTeam(before)
	for _, group := range append(w.groups[:len(w.groups)-w.made:len(w.groups)-w.made], "Other0", "Other1", "Other2", "Other3") {
		fmt.Fprintf(&b, "    - {name: %s, grants: [%s]}\n", group, strings.Join(holders[group], ", "))
	}
	return b.String()
}

func byTeam(memberships map[membership]bool) map[string][]string {
	holders := map[string][]string{}
	for _, m := range slices.SortedFunc(maps.Keys(memberships), membership.compare) {
		holders[m.team] = append(holders[m.team], m.person)
	}
	return holders
}

// soak is one course of runs until all is done.
type soak struct {
	world *soakWorld
	replayed
	storm  *storm
	file   string
	store  store.Store
	runs   []*diff.Result
	unread int // runs that ended before they began
	took   time.Duration
}

func newSoak(t *testing.T, w *soakWorld, seed uint64, kept store.Store) *soak {
	t.Helper()
	p, _ := providers.Find("huaweicloud")
	vendor, known := p.Emulator(providers.EmulatorOptions{}), kit(p)
	known.Emulator = func() emu.Vendor { return vendor }
	tenant := providertest.Start(t, known, w.seed())
	tenant.Connection.Rate, tenant.Connection.Settings["project"] = p.Format.Rate, "0123456789abcdef0123456789abcdef"
	storm := newStorm(vendor, tenant.Via, seed)
	tenant.Via = storm
	s := &soak{world: w, storm: storm, file: filepath.Join(t.TempDir(), "entitlements.yaml"), store: kept,
		replayed: replayed{tenant}}
	teams := map[string]bool{}
	for _, g := range w.groups {
		teams[g] = true
	}
	writeDesired(t, s.file, w.desired, teams)
	return s
}

// newStranger grants what is not desired and revokes what is, on groups that are live.
func (s *soak) newStranger(t *testing.T) *stranger {
	const edits = 12
	out := &stranger{t: t, inner: s.Transport(), draw: s.storm.draw, base: s.Connection.Endpoints[""] + "/v1/0123456789abcdef0123456789abcdef/app-groups"}
	wanted := byTeam(s.world.desired)
	for i := range edits {
		group := s.world.groups[out.draw.IntN(len(s.world.groups)-s.world.made)]
		person := s.world.people[out.draw.IntN(len(s.world.people))]
		op := diff.OpGrant
		if i%2 == 1 {
			op, person = diff.OpRevoke, wanted[group][out.draw.IntN(len(wanted[group]))]
		}
		out.targets = append(out.targets, edit{op, membership{group, person}})
	}
	return out
}

// converge applies until there is nothing left to do and nobody left who undoes it.
func (s *soak) converge(t *testing.T) {
	t.Helper()
	start := time.Now()
	for range soakRuns {
		again := s.apply(t)
		if !again && (s.storm.stranger == nil || len(s.storm.stranger.targets) == 0) {
			s.took = time.Since(start)
			return
		}
	}
	t.Fatalf("not done after %d runs: %+v", len(s.runs), s.runs[len(s.runs)-1].Summary)
}

// apply is one run of the program: it takes the lock, plans, carries out and gives the lock back. It says whether something
// was left to do.
func (s *soak) apply(t *testing.T) bool {
	t.Helper()
	job := s.FileJob(t, s.file)
	session, err := apply.AcquireLocks(t.Context(), s.store, store.Owner{Run: fmt.Sprint("run ", len(s.runs)+1), User: "soak"}, "", []string{job.Connection.Name}, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := session.Release(); err != nil {
			t.Error(err)
		}
	}()
	jobs := []apply.Job{job}
	p, err := apply.Plan(t.Context(), apply.PlanOptions{Jobs: jobs, Created: time.Now(), Now: time.Now(), Store: s.store, NoBound: true})
	if err != nil { // the weather was too bad to read in: nothing was written, and the next run begins anew
		t.Logf("not read: %v", err)
		s.unread++
		return true
	}
	if p.Empty() {
		return false
	}
	s.storm.expect(p)
	result, err := apply.Apply(t.Context(), apply.ApplyOptions{Plan: p, Jobs: jobs, Session: session, Now: p.Now})
	if err != nil {
		t.Fatal(err)
	}
	s.runs = append(s.runs, result)
	t.Logf("run %d: planned %+v, result %+v", len(s.runs), p.Summary, result.Summary)
	return true
}

// judge holds what was done against what was asked for.
func (s *soak) judge(t *testing.T, undisturbed int) {
	t.Helper()
	all, throttled := s.storm.writes()
	t.Logf("%d runs and %d that could not read, %d write requests (%d of them throttled, %d dropped, %d garbage) for %d undisturbed: %.2f, without the throttled %.2f; %d reads; %d edits of a stranger; %v of virtual time",
		len(s.runs), s.unread, all, throttled, s.storm.sent[stormDropped], s.storm.sent[stormGarbage], undisturbed, float64(all)/float64(undisturbed),
		float64(all-throttled)/float64(undisturbed), s.storm.reads, len(s.storm.stranger.done), s.took)
	want := maps.Clone(s.world.desired)
	maps.Copy(want, s.world.bystanders)
	if have := s.memberships(t); !maps.Equal(have, want) {
		t.Errorf("the vendor has %d memberships, want %d; they differ in %d", len(have), len(want), difference(have, want))
	}
	if len(s.storm.foreign) > 0 {
		t.Errorf("%d things were written that the plan does not name: %q", len(s.storm.foreign), s.storm.foreign[:min(10, len(s.storm.foreign))])
	}
	if most := soakShare * float64(undisturbed); float64(all) > most {
		t.Errorf("%d write requests, more than %.0f", all, most)
	}
	s.judgeTime(t, all)
	s.judgeMails(t)
}

// judgeTime: no faster than the rates allow, and no slower than they, the waits that the vendor asks for and the time that a
// write is given to show explain.
func (s *soak) judgeTime(t *testing.T, writes int) {
	t.Helper()
	perMinute := s.Provider.Format.Rate
	pace := time.Duration(writes)*perMinute.Write.Interval() + time.Duration(s.storm.reads)*perMinute.Read.Interval()
	const asked = 10 * time.Second // what a 429 of this vendor comes down to
	// With one request in ten throttled, a pace that halves and creeps back stays above half the rate.
	most := 2*pace + time.Duration(s.storm.waits)*asked + time.Duration(3*len(s.runs)+3)*apply.DefaultSettle
	if least := time.Duration(writes-100) * perMinute.Write.Interval(); s.took < least || s.took > most {
		t.Errorf("it took %v, want %v to %v", s.took, least, most)
	}
}

// judgeMails: a grant was done twice, and so perhaps mailed twice, only where a run reported it as unknown or the stranger had
// a hand in it.
func (s *soak) judgeMails(t *testing.T) {
	t.Helper()
	excused := map[membership]bool{}
	for _, e := range s.storm.stranger.done {
		excused[e.membership] = true
	}
	for _, r := range s.runs {
		for _, c := range r.Connections[0].Changes {
			if c.Outcome == diff.Unknown {
				excused[membership{c.Resource, c.Subject.Name}] = true
			}
		}
	}
	for m, times := range s.storm.granted {
		if times > 1 && !excused[m] {
			t.Errorf("%v was granted %d times, and never reported as unknown", m, times)
		}
	}
	mailed := s.mailed(t)
	for m := range s.world.desired {
		once := 1
		if s.world.live[m] {
			once = 0
		}
		if !excused[m] && mailed[m] != once {
			t.Errorf("%v was mailed %d times, want %d", m, mailed[m], once)
		}
	}
}

// mailed counts the mails about access that was given, by the vendor's own records.
func (s *soak) mailed(t *testing.T) map[membership]int {
	t.Helper()
	var state struct {
		Huaweicloud struct {
			AppGroups []struct {
				Name  string
				Mails []struct{ To, Type string }
			} `yaml:"appGroups"`
		}
	}
	if err := yaml.Unmarshal([]byte(s.World(t)), &state); err != nil {
		t.Fatal(err)
	}
	count := map[membership]int{}
	for _, g := range state.Huaweicloud.AppGroups {
		for _, m := range g.Mails {
			if m.Type == "" || m.Type == "ADD_GROUP_AUTHORIZATION" {
				count[membership{g.Name, m.To}]++
			}
		}
	}
	return count
}
