package main

import (
	"bufio"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// pair is a group and somebody in it.
type pair struct{ group, person string }

// changeSet is one step of a history.
type changeSet struct{ added, removed []pair }

// readSets reads lines of change set, date, + or -, team and person, separated by tabs.
func readSets(t *testing.T, file string) (sets []changeSet) {
	f, err := os.Open(file)
	if err != nil {
		t.Skipf("the history of the real organisation is not here: %v", err)
	}
	defer func() { _ = f.Close() }() // only read
	number := ""
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Split(lines.Text(), "\t")
		if fields[0] != number {
			number, sets = fields[0], append(sets, changeSet{})
		}
		name := strings.NewReplacer("/", "_", ".", "_").Replace(fields[3])
		if len(name) > 64 { // what the vendor takes
			name = fmt.Sprintf("%s-%08x", name[:55], crc32.ChecksumIEEE([]byte(fields[3])))
		}
		set, p := &sets[len(sets)-1], pair{name, fields[4]}
		if fields[2] == "+" {
			set.added = append(set.added, p)
		} else {
			set.removed = append(set.removed, p)
		}
	}
	return sets
}

// organisation is who is in which of its groups, and all people and groups that it ever has.
type organisation struct {
	in     map[pair]bool
	people map[string]bool
	groups map[string]bool
}

func (o *organisation) step(s changeSet) {
	for _, p := range s.added {
		o.in[p], o.groups[p.group] = true, true
	}
	for _, p := range s.removed {
		delete(o.in, p)
	}
}

func (o *organisation) members() map[string][]string {
	members := map[string][]string{}
	for p := range o.in {
		members[p.group] = append(members[p.group], p.person)
	}
	for _, all := range members {
		slices.Sort(all)
	}
	return members
}

func (o *organisation) seed() []byte {
	var b strings.Builder
	b.WriteString("huaweicloud:\n  users:\n")
	for _, name := range slices.Sorted(maps.Keys(o.people)) {
		fmt.Fprintf(&b, "    - {name: %s, email: %s@corp.example}\n", name, name)
	}
	b.WriteString("  appGroups:\n")
	members := o.members()
	for _, group := range slices.Sorted(maps.Keys(o.groups)) {
		fmt.Fprintf(&b, "    - {name: %q, grants: [%s]}\n", group, strings.Join(members[group], ", "))
	}
	return []byte(b.String())
}

const historyFile = `version: 1
connections:
  first: {provider: huaweicloud, region: ap-southeast-3, notices: NOTICES, auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}}
`

// The tenant of a real organisation is imported, plans to nothing, and then lives on by edits of the imported file: one change set
// after the other. A long run also imports it as it was at the end, with the mails about each group, and with teams.
func TestImportOfAnOrganisation(t *testing.T) {
	sets := readSets(t, "../../../shared/data/k8s-org-history.tsv")
	long := os.Getenv("ENTITLECTL_TEST_LONG") != ""
	edits, every := 2, 40
	switch {
	case long:
		edits, every = 40, 10
	case testing.Short():
		edits = 1
	}
	inBubble(t, func() {
		o := organisationOf(sets, len(sets)-edits*every)
		h := newLived(t, o, "off")
		defer h.end()
		h.importIt(t, "--ownership", "owned")
		for i := range edits {
			begin := len(sets) - (edits-i)*every
			before := maps.Clone(o.in)
			for _, s := range sets[begin : begin+every] {
				o.step(s)
			}
			h.edit(t, o, before)
		}
	})
	if !long {
		return
	}
	for _, notices := range []string{"off", "{resendAfter: 24h}"} {
		inBubble(t, func() {
			h := newLived(t, organisationOf(sets, len(sets)), notices)
			defer h.end()
			t.Log("notices: " + notices)
			h.importIt(t)
			check(t, os.Remove(h.imported))
			h.importIt(t, "--teams")
		})
	}
}

// organisationOf is the organisation after so many steps.
func organisationOf(sets []changeSet, steps int) *organisation {
	o := &organisation{map[pair]bool{}, map[string]bool{}, map[string]bool{}}
	for _, s := range sets {
		for _, p := range s.added {
			o.people[p.person], o.groups[p.group] = true, true
		}
	}
	for _, s := range sets[:steps] {
		o.step(s)
	}
	return o
}

// lived is an organisation's tenant, and the file that was imported from it.
type lived struct {
	*world
	folder, imported string
	state            []string
}

func newLived(t *testing.T, o *organisation, notices string) *lived {
	folder, err := os.MkdirTemp("", "import-history-")
	check(t, err)
	w := &world{server: newEmulator(emu.Options{}, false), file: filepath.Join(folder, "connections.yaml")}
	w.transport = w.server.Transport()
	w.server.Advance(importStart.Sub(w.server.Now()))
	check(t, w.server.LoadSeed(o.seed()))
	check(t, os.WriteFile(w.file, []byte(strings.Replace(historyFile, "NOTICES", notices, 1)), 0o600))
	return &lived{w, folder, filepath.Join(folder, "entitlements.yaml"), []string{"--state-dir", filepath.Join(folder, "state")}}
}

func (h *lived) end() { _ = os.RemoveAll(h.folder) }

// must runs a command line and tells how many calls it took, and how long.
func (h *lived) must(t *testing.T, code int, args ...string) (said string, calls int, took time.Duration) {
	before, start := len(h.server.Calls()), time.Now()
	have, said := importRun(h.world, append(args, h.state...)...)
	if have != code {
		t.Fatalf("%s ended with %d, not %d\n%.3000s", strings.Join(args, " "), have, code, said)
	}
	return said, len(h.server.Calls()) - before, time.Since(start)
}

func (h *lived) importIt(t *testing.T, flags ...string) {
	said, calls, took := h.must(t, exitDone, append([]string{"import", "-f", h.file, "--out", h.imported}, flags...)...)
	t.Logf("import %s: %s: %d calls, %s at the vendor's rate, %d lines", strings.Join(flags, " "), said[strings.LastIndex(said, "imported"):], calls, took.Round(time.Second), strings.Count(written(h.imported), "\n"))
	_, calls, took = h.must(t, exitDone, "plan", "-f", h.imported, "--detailed-exitcode", "--no-lower-bound")
	t.Logf("plan: %d calls, %s", calls, took.Round(time.Second))
}

var groupBlock = regexp.MustCompile(`(?m)^  - (?:name: (\S+)\n    in: first\n(?:    (?:grants:|  - to: \[|.{13}).*\n)*|\{name: (\S+), in: first\}\n)`)

// edit brings the file to the organisation of now, as a person would: by editing the lists of the groups that changed.
func (h *lived) edit(t *testing.T, o *organisation, before map[pair]bool) {
	changed, pairs := map[string]bool{}, 0
	for p := range maps.Keys(o.in) {
		if !before[p] {
			changed[p.group], pairs = true, pairs+1
		}
	}
	for p := range before {
		if !o.in[p] {
			changed[p.group], pairs = true, pairs+1
		}
	}
	members, text := o.members(), written(h.imported)
	edited := map[string]bool{}
	text = groupBlock.ReplaceAllStringFunc(text, func(block string) string {
		m := groupBlock.FindStringSubmatch(block)
		name := strings.Trim(m[1]+m[2], `"`)
		if !changed[name] {
			return block
		}
		edited[name] = true
		return fmt.Sprintf("  - name: %q\n    in: first\n    grants:\n      - to: [%s]\n", name, strings.Join(members[name], ", "))
	})
	for name := range changed {
		if !edited[name] {
			t.Fatalf("group %s is not in the file\n%.2000s", name, text)
		}
	}
	for _, person := range slices.Sorted(maps.Keys(o.people)) {
		if line := fmt.Sprintf("  - {name: %s, email: %s@corp.example}\n", person, person); !strings.Contains(text, "{name: "+person+", ") {
			text = strings.Replace(text, "\nusers:\n", "\nusers:\n"+line, 1)
		}
	}
	check(t, os.WriteFile(h.imported, []byte(text), 0o600))
	said, calls, _ := h.must(t, exitDone, "apply", "-f", h.imported, "--yes", "--allow", diff.RuleMaxRevokes, "--allow", diff.RuleMaxRevokeShare, "--allow", diff.RuleMaxRevokeShareResource, "--allow", diff.RuleMaxMails)
	t.Logf("%d pairs: %d calls; %s", pairs, calls, strings.TrimSpace(said[strings.LastIndex(said, "Applied"):]))
	h.must(t, exitDone, "plan", "-f", h.imported, "--detailed-exitcode", "--no-lower-bound")
}
