package spec

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The moments at which good files are shown: before, at and after the bounds that they name.
var moments = []string{"2025-12-31T23:59:59Z", "2026-11-02T00:00:00Z", "2026-11-02T23:59:59Z", "2026-11-03T00:00:00Z", "2026-12-31T00:00:00Z"}

// TestGood loads each file of testdata/good and compares what it says, at several moments, with the .want file beside it.
func TestGood(t *testing.T) {
	t.Chdir("testdata/good")
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			s, err := Load(input(file))
			if err != nil {
				t.Fatal(err)
			}
			got := dump(s)
			golden := strings.TrimSuffix(file, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// dump shows a spec, then what it desires at each moment as far as that differs from the moment before.
func dump(s *Spec) string {
	var b strings.Builder
	for _, c := range s.Connections {
		fmt.Fprintf(&b, "connection %+v\n", c)
	}
	rules := s.Rules
	self := rules.RequireSelf
	rules.RequireSelf = nil
	fmt.Fprintf(&b, "rules %+v\n", rules)
	for _, w := range s.Warnings {
		fmt.Fprintf(&b, "warning %v\n", w)
	}
	for _, p := range append(slices.Clone(rules.Protected), self...) {
		fmt.Fprintf(&b, "protection %v %s %q of %q\n", p.Resource, p.Subject.Kind, p.Subject.Name, p.Subject.Domain)
	}
	var last []string
	for _, m := range moments {
		now, err := time.Parse(time.RFC3339, m)
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(&b, "\nat %s\n", m)
		lines := dumpStates(s.Desired(now))
		for _, l := range lines {
			if !slices.Contains(last, l) {
				fmt.Fprintf(&b, "  %s\n", l)
			}
		}
		for _, l := range last {
			if !slices.Contains(lines, l) {
				fmt.Fprintf(&b, "  gone: %s\n", l)
			}
		}
		last = lines
	}
	return b.String()
}

func dumpStates(states map[string]State) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(states)) {
		state := states[name]
		lines = append(lines, fmt.Sprintf("%s: %d resources", name, len(state.Resources)))
		for _, ref := range slices.SortedFunc(maps.Keys(state.Resources), Ref.Compare) {
			r := state.Resources[ref]
			r.Schema = nil // that of the made-up providers
			lines = append(lines, fmt.Sprintf("%s: %v %+v", name, ref, r))
		}
		for what, origins := range map[string]Grants{"grant": state.Grants, "lapsed": state.Inactive} {
			for g, origin := range origins.All() {
				lines = append(lines, fmt.Sprintf("%s: %s %v %s to %s %q of %q: %v %q", name, what, g.Resource, g.Role,
					g.Subject.Kind, g.Subject.Name, g.Subject.Domain, origin.Source, origin.Reason))
			}
		}
		for subject, origin := range state.Departed {
			lines = append(lines, fmt.Sprintf("%s: left %s %q of %q: %v %q", name, subject.Kind, subject.Name, subject.Domain,
				origin.Source, origin.Reason))
		}
	}
	slices.Sort(lines)
	return lines
}
