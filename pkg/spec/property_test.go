package spec

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// world is a generated desired state: top-level items as lines under their section, and what they ought to give.
type world struct {
	lines  map[string][]string
	grants map[Grant]bool
	lapsed map[Grant]bool
}

// now is the moment at which worlds are judged; their entries last until the year before, or the year after.
var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// genWorld draws users, teams that nest, and app groups whose entries overlap.
func genWorld(t *rapid.T) world {
	w := world{lines: map[string][]string{}, grants: map[Grant]bool{}, lapsed: map[Grant]bool{}}
	users := rapid.IntRange(1, 6).Draw(t, "users")
	for u := range users {
		w.lines["users"] = append(w.lines["users"], fmt.Sprintf("- {name: u%d}", u))
	}
	members := map[string][]int{}
	for u := range users {
		members[fmt.Sprintf("u%d", u)] = []int{u}
	}
	words := make([]string, 0, users)
	for u := range users {
		words = append(words, fmt.Sprintf("u%d", u))
	}
	draw := func(label string) []string { return rapid.SliceOfN(rapid.SampledFrom(words), 0, 4).Draw(t, label) }
	for i := range rapid.IntRange(0, 4).Draw(t, "teams") {
		name, inside := fmt.Sprintf("team:t%d", i), draw("members")
		for _, word := range inside {
			members[name] = append(members[name], members[word]...)
		}
		w.lines["teams"] = append(w.lines["teams"], fmt.Sprintf("t%d: [%s]", i, strings.Join(inside, ", ")))
		words = append(words, name)
	}
	for g := range rapid.IntRange(0, 3).Draw(t, "groups") {
		var entries []string
		for range rapid.IntRange(0, 3).Draw(t, "entries") {
			to, until := draw("to"), rapid.SampledFrom([]string{"", ", expires: 2025-06-01", ", starts: 2027-06-01", ", expires: 2027-06-01"}).Draw(t, "bound")
			entries = append(entries, fmt.Sprintf("{to: [%s]%s}", strings.Join(to, ", "), until))
			for _, word := range to {
				for _, u := range members[word] {
					grant := Grant{Ref{"w", kindAppGroup, fmt.Sprintf("g%d", g)}, Subject{SubjectUser, fmt.Sprintf("u%d", u), "local.com"}, RoleAccess}
					if until == "" || strings.Contains(until, "expires: 2027") {
						w.grants[grant] = true
					} else {
						w.lapsed[grant] = true
					}
				}
			}
		}
		w.lines["appGroups"] = append(w.lines["appGroups"], fmt.Sprintf("- {name: g%d, in: w, grants: [%s]}", g, strings.Join(entries, ", ")))
	}
	for g := range w.grants {
		delete(w.lapsed, g)
	}
	return w
}

// write deals the shuffled items out to some files.
func (w world) write(t *rapid.T, dir string, files int, shuffle *rand.Rand) {
	texts := make([]string, files)
	texts[0] = strings.TrimPrefix(conns, "version: 1\n")
	for _, section := range []string{"appGroups", "teams", "users"} {
		lines := append([]string(nil), w.lines[section]...)
		shuffle.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		parts := make([]string, files)
		for _, line := range lines {
			parts[shuffle.Intn(files)] += "  " + line + "\n"
		}
		for i, part := range parts {
			if part != "" {
				texts[i] += section + ":\n" + part
			}
		}
	}
	for i, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.yaml", i)), []byte("version: 1\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOrderAndFilesDoNotMatter: however the items of a world are ordered and split over files, what is desired is what
// the world says.
func TestOrderAndFilesDoNotMatter(t *testing.T) {
	base := t.TempDir()
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		w := genWorld(t)
		seed := rapid.Int64().Draw(t, "seed")
		for files := 1; files <= 3; files++ {
			round++
			dir := filepath.Join(base, fmt.Sprint(round))
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			w.write(t, dir, files, rand.New(rand.NewSource(seed+int64(files))))
			s, err := Load(input(dir))
			if err != nil {
				t.Fatal(err)
			}
			state := s.Desired(now)["w"]
			if diff := cmp.Diff(w.grants, keys(state.Grants)); diff != "" {
				t.Errorf("grants: %s", diff)
			}
			if diff := cmp.Diff(w.lapsed, keys(state.Inactive)); diff != "" {
				t.Errorf("lapsed: %s", diff)
			}
			if len(state.Resources) != len(w.lines["appGroups"]) {
				t.Errorf("%d resources", len(state.Resources))
			}
		}
	})
}

func keys(grants Grants) map[Grant]bool {
	set := make(map[Grant]bool, grants.Len())
	for g := range grants.All() {
		set[g] = true
	}
	return set
}
