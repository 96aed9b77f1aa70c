package pack

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	groupCaps = Caps{10, 50}
	appCaps   = Caps{20, 100}
)

// sharedFile opens a file of the shared data folder: where ENTITLECTL_SHARED says, else beside the repository.
func sharedFile(t testing.TB, name string) *os.File {
	t.Helper()
	folder := os.Getenv("ENTITLECTL_SHARED")
	for dir := "."; folder == "" && len(dir) < 40; dir = filepath.Join("..", dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			folder = filepath.Join(dir, "..", "shared")
		}
	}
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		t.Skip("the shared data folder is not here: set ENTITLECTL_SHARED: ", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// numbers numbers names in the order in which they come.
type numbers map[string]int

func (n numbers) of(name string) int {
	if _, known := n[name]; !known {
		n[name] = len(n)
	}
	return n[name]
}

// sharedCells reads a file with a group and an account a line.
func sharedCells(t testing.TB, name string) []cell {
	t.Helper()
	groups, accounts := numbers{}, numbers{}
	var cells []cell
	for lines := bufio.NewScanner(sharedFile(t, name)); lines.Scan(); {
		group, account, _ := strings.Cut(lines.Text(), "\t")
		cells = append(cells, cell{groups.of(group), accounts.of(account)})
	}
	return cells
}

// sharedFiles are the instance files and the most calls that each may need.
var sharedFiles = []struct {
	name string
	most int
}{
	{"batching-instances/org-900.tsv", 188},
	{"batching-instances/day2-grant.tsv", 243},
	{"batching-instances/mixed-sparse.tsv", 486},
	{"data/rolemining/hc.tsv", 16},
	{"data/rolemining/domino.tsv", 40},
	{"data/rolemining/emea.tsv", 367},
	{"data/rolemining/apj.tsv", 487},
	{"data/rolemining/fire1.tsv", 177},
	{"data/rolemining/americas_small.tsv", 566},
}

func TestSharedInstances(t *testing.T) {
	for _, file := range sharedFiles {
		t.Run(filepath.Base(file.name), func(t *testing.T) {
			cells := sharedCells(t, file.name)
			if testing.Short() && len(cells) > 8_000 {
				t.Skip("large")
			}
			rects := cover(cells, groupCaps)
			mustCover(t, cells, rects, groupCaps)
			if len(rects) > file.most {
				t.Errorf("%d calls, want at most %d", len(rects), file.most)
			}
		})
	}
}

func TestFamilies(t *testing.T) {
	for _, f := range []struct {
		name  string
		cells func() []cell
		most  int
	}{
		{"org-300", newOrg(orgShapes["org-300"]).cells, 82},
		{"org-1k", newOrg(orgShapes["org-1k"]).cells, 162},
		{"crown-40", func() []cell { return crown(40) }, 40},
		{"stairs-40x400", func() []cell { return stairs(40, 400) }, 46},
		{"rand-1kx1k-3k", func() []cell { return uniform(1000, 1000, 3000, 8) }, 917},
		{"rand-60x200-6k", func() []cell { return uniform(60, 200, 6000, 9) }, 108},
	} {
		t.Run(f.name, func(t *testing.T) {
			cells := f.cells()
			rects := cover(cells, groupCaps)
			mustCover(t, cells, rects, groupCaps)
			if len(rects) > f.most {
				t.Errorf("%d calls, want at most %d", len(rects), f.most)
			}
		})
	}
}

// TestDeltasInTwoLanes holds the app calls of a day's changes to what they need now.
func TestDeltasInTwoLanes(t *testing.T) {
	if testing.Short() {
		t.Skip("makes organisations of ten thousand")
	}
	for name, most := range map[string]int{"churn1": 145, "day2": 226, "moves": 42} {
		adds, removes := delta(name)
		calls := coverLanes(adds, removes, appCaps)
		apart := len(cover(adds, appCaps)) + len(cover(removes, appCaps))
		if len(calls) > most || len(calls) > apart {
			t.Errorf("%s: %d calls, want at most %d and %d", name, len(calls), most, apart)
		}
	}
}

// TestRevokesBesideAbsentPairs holds revokes beside which every absent pair is free to what they need now: with every pair
// once, and where calls may revoke what others revoke too.
func TestRevokesBesideAbsentPairs(t *testing.T) {
	for name, most := range map[string][2]int{"churn1": {63, 63}, "day2": {68, 68}, "moves": {27, 23}, "leavers": {72, 72}, "300x200-kept-10%": {74, 67}} {
		if testing.Short() && name != "300x200-kept-10%" {
			continue // an organisation of ten thousand
		}
		wanted, free := loose[name]()
		for i, again := range []bool{false, true} {
			calls := coverWith(wanted, free, again, 10_000, groupCaps)
			if f := looseFault(wanted, free, again, 10_000, groupCaps, calls); f != "" {
				t.Errorf("%s, again %v: %s", name, again, f)
			}
			if len(calls) > most[i] {
				t.Errorf("%s, again %v: %d calls, want at most %d", name, again, len(calls), most[i])
			}
		}
	}
}
