//go:build unix

package providers_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/apply"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// perGroup is how many people each app group of a company has.
const perGroup = 100

// company is an organisation in which each app group belongs to a department of 400 people. By group it lists people, by number.
type company struct {
	people        int
	live, desired [][]int
}

// newCompany makes one of about so many grants. Of these the files take one in every second group, and give one in every other:
// a person in 40 comes into another department.
func newCompany(grants int, churn bool) company {
	const department, groups = 400, 160
	c := company{people: (grants/perGroup/groups + 2) * department}
	draw := rand.New(rand.NewPCG(1, 2))
	for g := range grants / perGroup {
		first := g / groups * department
		members := draw.Perm(department)[:perGroup]
		for i := range members {
			members[i] += first
		}
		wanted := slices.Clone(members)
		if mover := slices.IndexFunc(members, func(person int) bool { return person%40 == 0 }); churn && g%2 == 0 && mover >= 0 {
			wanted = slices.Delete(wanted, mover, mover+1)
		} else if churn && g%2 == 1 {
			wanted = append(wanted, (first+department+40*draw.IntN(department/40))%c.people)
		}
		c.live, c.desired = append(c.live, members), append(c.desired, wanted)
	}
	return c
}

func (c company) person(i int) string { return fmt.Sprintf("user%06d", i) }
func (c company) group(g int) string  { return fmt.Sprintf("Group%05d", g) }

func (c company) names(people []int) string {
	return strings.Join(spec.Each(people, c.person), ", ")
}

// file writes what is desired.
func (c company) file(b *testing.B) string {
	var file strings.Builder
	file.WriteString("version: 1\nconnections:\n  main: {provider: huaweicloud, region: ap-southeast-3, project: 0123456789abcdef0123456789abcdef, notices: off, auth: {accessKey: env:HUAWEICLOUD_KEY, secretKey: env:HUAWEICLOUD_SECRET}}\nrules: {max-revokes: off}\nusers:\n")
	for i := range c.people {
		fmt.Fprintf(&file, "  - {name: %s}\n", c.person(i))
	}
	file.WriteString("appGroups:\n")
	for g, people := range c.desired {
		fmt.Fprintf(&file, "  - {name: %s, in: main, grants: [{to: [%s]}]}\n", c.group(g), c.names(people))
	}
	path := filepath.Join(b.TempDir(), "entitlements.yaml")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// seed is what is live, for an emulator.
func (c company) seed() string {
	var seed strings.Builder
	seed.WriteString("huaweicloud:\n  users:\n")
	for i := range c.people {
		fmt.Fprintf(&seed, "    - {name: %s}\n", c.person(i))
	}
	seed.WriteString("  appGroups:\n")
	for g, people := range c.live {
		fmt.Fprintf(&seed, "    - {name: %s, grants: [%s]}\n", c.group(g), c.names(people))
	}
	return seed.String()
}

// shown is what is live, as a provider would give it.
func (c company) shown() diff.Live {
	live := diff.NewLive()
	for g, people := range c.live {
		ref := spec.Ref{Connection: "main", Kind: "app-group", Name: c.group(g)}
		live.Resources[ref], live.IDs[ref] = spec.Resource{}, strconv.Itoa(g)
		for _, i := range people {
			s := spec.Subject{Kind: spec.SubjectUser, Name: c.person(i), Domain: "local.com"}
			live.Grants.Add(spec.Grant{Resource: ref, Subject: s, Role: spec.RoleAccess}, spec.Origin{})
			live.AddName(s, "account-"+strconv.Itoa(i))
		}
	}
	return live
}

// stopwatch adds up the processor time of phases, of all threads, garbage collection included.
type stopwatch struct {
	b    *testing.B
	sum  map[string]time.Duration
	from time.Duration
}

func processorTime(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// start begins a phase on a clean heap, so that none pays for another.
func (w *stopwatch) start() {
	runtime.GC()
	w.from = processorTime(w.b)
}

func (w *stopwatch) stop(phase string) { w.sum[phase] += processorTime(w.b) - w.from }

// report gives the seconds of each phase and of all, and the nanoseconds that a grant takes.
func (w *stopwatch) report(grants int) {
	all := time.Duration(0)
	for phase, took := range w.sum {
		all += took
		w.b.ReportMetric(took.Seconds()/float64(w.b.N), phase+"-s")
	}
	w.b.ReportMetric(all.Seconds()/float64(w.b.N), "all-s")
	w.b.ReportMetric(float64(all.Nanoseconds())/float64(w.b.N)/float64(grants), "ns/grant")
}

// BenchmarkEngine measures what a plan costs beside reading, phase by phase, where a hundredth of the grants changes and where
// nothing does. It takes processor time: divide it by the cores that a phase uses for the time that passes.
func BenchmarkEngine(b *testing.B) {
	for _, grants := range []int{10_000, 100_000, 1_000_000} {
		for name, churn := range map[string]bool{"churn": true, "nothing": false} {
			b.Run(fmt.Sprintf("%d/%s", grants, name), func(b *testing.B) {
				if testing.Short() && grants > 10_000 {
					b.Skip("takes some seconds")
				}
				c := newCompany(grants, churn)
				path, live := c.file(b), c.shown()
				w := &stopwatch{b: b, sum: map[string]time.Duration{}}
				for b.Loop() {
					w.engine(path, live)
				}
				w.report(grants)
			})
		}
	}
}

// engine goes through the phases of a plan.
func (w *stopwatch) engine(path string, live diff.Live) {
	p, _ := providers.Find("huaweicloud")
	w.start()
	loaded, err := spec.Load(spec.Input{Paths: []string{path}, Formats: []spec.ProviderSchema{p.Format}})
	if err != nil {
		w.b.Fatal(err)
	}
	w.stop("load")
	w.start()
	conn := loaded.Connections[0]
	desired := loaded.Desired(time.Unix(0, 0))[conn.Name]
	w.stop("desired")
	source, err := p.Reader(conn, providertest.SecretsOf(conn), (&providertest.Tenant{}).Env())
	if err != nil {
		w.b.Fatal(err)
	}
	w.start()
	compared := diff.Compare(desired, live)
	changes := compared.Changes(diff.Resending{})
	w.stop("compute")
	w.start()
	slack := diff.AllowanceOf(conn.Name, desired, live, changes, conn.Packing)
	w.stop("slack")
	w.start()
	packed := source.Pack(changes, slack, false)
	if err := diff.CheckCalls(changes, packed.Calls, source.Shapes()); err != nil {
		w.b.Fatal(err)
	}
	w.stop("pack")
	w.start()
	source.Pack(changes, diff.Allowance{}, true)
	w.stop("bound-and-pack")
	w.start()
	touched := diff.Fingerprints(conn.Name, changes, live)
	part := diff.ConnectionPlan{Name: conn.Name, Changes: changes, Calls: packed.Calls, Touched: touched, Basis: diff.Basis(touched)}
	w.stop("basis")
	w.start()
	part.Violations = diff.Check(conn.Name, loaded.Rules, desired, changes, part.Calls, live)
	part.Matching, part.Unseen = compared.Seen()
	w.stop("rules")
	w.start()
	plan := &diff.Plan{Format: diff.FormatVersion, Connections: []diff.ConnectionPlan{part}}
	plan.Summarize(nil)
	report := render.Plan(plan, render.Layout{})
	if _, err := plan.Encode(); err != nil || len(report.Totals) == 0 {
		w.b.Fatal(err)
	}
	w.stop("render")
	w.b.ReportMetric(float64(len(changes)), "changes")
	w.b.ReportMetric(float64(len(packed.Calls)), "calls")
}

// BenchmarkMillion loads a file of a million grants, reads as many from the emulator in this process, and plans; the processor
// time and the memory are of both sides.
func BenchmarkMillion(b *testing.B) {
	if testing.Short() {
		b.Skip("takes a minute")
	}
	for name, churn := range map[string]bool{"churn": true, "nothing": false} {
		b.Run(name, func(b *testing.B) {
			const grants = 1_000_000
			c := newCompany(grants, churn)
			p, _ := providers.Find("huaweicloud")
			tenant, path := providertest.Start(b, kit(p), c.seed()), c.file(b)
			c = company{}
			b.ReportAllocs()
			w := &stopwatch{b: b, sum: map[string]time.Duration{}}
			for b.Loop() {
				w.start()
				made, err := apply.Plan(b.Context(), apply.PlanOptions{Jobs: []apply.Job{tenant.FileJob(b, path)}, NoBound: true})
				if err != nil {
					b.Fatal(err)
				}
				w.stop("plan")
				b.ReportMetric(float64(made.Summary.Differ), "changes")
				tenant.Sent, tenant.Events = nil, nil
			}
			var memory runtime.MemStats
			runtime.ReadMemStats(&memory)
			b.ReportMetric(float64(memory.Sys)/(1<<20), "MiB")
			w.report(grants)
		})
	}
}
