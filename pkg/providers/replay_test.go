package providers_test

import (
	"bufio"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/providers"
)

// membership is one pair of a history: a team as an app group, and a person.
type membership struct{ team, person string }

// history is a list of change sets, each of which adds and removes memberships.
type history []struct{ added, removed []membership }

// TestReplay replays the access history of a real organisation as app groups: for every 120th change set, every tenth in a
// long run, it writes the desired file, plans, applies, and checks the vendor's own state.
func TestReplay(t *testing.T) {
	const real = "../../../shared/data/k8s-org-history.tsv"
	t.Run("made up", func(t *testing.T) { replay(t, "testdata/history.tsv", 3) })
	t.Run("real", func(t *testing.T) {
		if _, err := os.Stat(real); err != nil {
			t.Skipf("the history of the real organisation is not here: %v", err)
		}
		every := 480
		switch {
		case testing.Short():
			every = 600
		case os.Getenv("ENTITLECTL_TEST_LONG") != "":
			every = 10
		}
		replay(t, real, every)
	})
}

func replay(t *testing.T, file string, every int) {
	h := readHistory(t, file)
	p, _ := providers.Find("huaweicloud")
	b := replayed{providertest.Start(t, kit(p), seedOf(h))}
	spec := filepath.Join(t.TempDir(), "entitlements.yaml")
	now, teams := map[membership]bool{}, map[string]bool{}
	before := maps.Clone(now)
	var sets, changes, calls, naive int
	for i, set := range h {
		for _, m := range set.added {
			now[m], teams[m.team] = true, true
		}
		for _, m := range set.removed {
			delete(now, m)
		}
		if i%every != 0 && i != len(h)-1 {
			continue
		}
		writeDesired(t, spec, now, teams)
		made, sent := b.step(t, spec, now)
		pairs := difference(before, now)
		if made.Grant+made.Revoke != pairs || sent != made.Calls {
			t.Fatalf("change set %d: %d pairs differ, the plan has %d grants and %d revokes in %d calls, %d were sent", i, pairs, made.Grant, made.Revoke, made.Calls, sent)
		}
		before = maps.Clone(now)
		sets, changes, calls, naive = sets+1, changes+made.Create+pairs, calls+sent, naive+made.Create+pairs
	}
	reads := len(b.Calls()) - len(b.Writes(t))
	t.Logf("%d change sets, %d changes, %d write calls, %d read calls (a plan, a read-back and an empty plan each); a call for each change: %d write calls",
		sets, changes, calls, reads, naive)
}

// replayed is a tenant that an organisation lives in.
type replayed struct{ *providertest.Tenant }

// step plans, applies and checks; it returns the plan's summary and the write calls that the vendor saw.
func (b replayed) step(t *testing.T, file string, want map[membership]bool) (made diff.Summary, sent int) {
	t.Helper()
	job, writes := b.FileJob(t, file), len(b.Writes(t))
	first := providertest.Plan(t, job)
	result := providertest.Apply(t, first, job)
	if !result.Summary.Clean() {
		t.Fatalf("result %+v", result.Summary)
	}
	sent = len(b.Writes(t)) - writes
	if have := b.memberships(t); !maps.Equal(have, want) {
		t.Fatalf("the vendor has %d memberships, want %d; they differ in %d", len(have), len(want), difference(have, want))
	}
	if second := providertest.Plan(t, b.FileJob(t, file)); !second.Empty() {
		t.Fatalf("the second plan has %d changes", len(second.Connections[0].Changes))
	}
	return first.Summary, sent
}

// memberships is the emulator's own account of who is in which app group.
func (b replayed) memberships(t *testing.T) map[membership]bool {
	t.Helper()
	var state struct {
		Huaweicloud struct {
			AppGroups []struct {
				Name   string
				Grants []string
			} `yaml:"appGroups"`
		}
	}
	if err := yaml.Unmarshal([]byte(b.World(t)), &state); err != nil {
		t.Fatal(err)
	}
	have := map[membership]bool{}
	for _, g := range state.Huaweicloud.AppGroups {
		for _, person := range g.Grants {
			have[membership{g.Name, person}] = true
		}
	}
	return have
}

func difference(a, b map[membership]bool) int {
	n := 0
	for m := range a {
		if !b[m] {
			n++
		}
	}
	for m := range b {
		if !a[m] {
			n++
		}
	}
	return n
}

// readHistory reads lines of change set, date, + or -, team and person, separated by tabs.
func readHistory(t *testing.T, file string) history {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	var h history
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Split(lines.Text(), "\t")
		set, err := strconv.Atoi(fields[0])
		if err != nil || len(fields) != 5 || set < len(h)-1 {
			t.Fatalf("%s: unexpected line %q", file, lines.Text())
		}
		for len(h) <= set {
			h = append(h, struct{ added, removed []membership }{})
		}
		m := membership{appGroupName(fields[3]), fields[4]}
		if fields[2] == "+" {
			h[set].added = append(h[set].added, m)
		} else {
			h[set].removed = append(h[set].removed, m)
		}
	}
	return h
}

// appGroupName makes a team's name one that the vendor takes: without slash or dot, of at most 64 characters.
func appGroupName(team string) string {
	name := strings.NewReplacer("/", "_", ".", "_").Replace(team)
	if len(name) > 64 {
		name = fmt.Sprintf("%s-%08x", name[:55], crc32.ChecksumIEEE([]byte(team)))
	}
	return name
}

// seedOf is a world that has the people and nothing else.
func seedOf(h history) string {
	people := map[string]bool{}
	for _, set := range h {
		for _, m := range set.added {
			people[m.person] = true
		}
	}
	var b strings.Builder
	b.WriteString("huaweicloud:\n  users:\n")
	for _, name := range slices.Sorted(maps.Keys(people)) {
		fmt.Fprintf(&b, "    - {name: %s}\n", name)
	}
	return b.String()
}

func writeDesired(t *testing.T, file string, now map[membership]bool, teams map[string]bool) {
	t.Helper()
	people, members := map[string]bool{}, map[string][]string{}
	for m := range now {
		people[m.person] = true
		members[m.team] = append(members[m.team], m.person)
	}
	var b strings.Builder
	b.WriteString("version: 1\nconnections:\n  main: {provider: huaweicloud, region: ap-southeast-3, notices: off, auth: {accessKey: env:HUAWEICLOUD_KEY, secretKey: env:HUAWEICLOUD_SECRET}}\nusers:\n")
	for _, name := range slices.Sorted(maps.Keys(people)) {
		fmt.Fprintf(&b, "  - {name: %s}\n", name)
	}
	b.WriteString("appGroups:\n")
	for _, team := range slices.Sorted(maps.Keys(teams)) {
		slices.Sort(members[team])
		fmt.Fprintf(&b, "  - {name: %q, in: main, grants: [{to: [%s]}]}\n", team, strings.Join(members[team], ", "))
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
