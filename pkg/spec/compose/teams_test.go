package compose_test

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/spec/compose"
)

// matrix makes a connection of who is in which app group.
func matrix(members map[string][]string) *compose.Connection {
	p, _ := providers.Find("huaweicloud")
	c := &compose.Connection{Connection: spec.Connection{Name: "main", Provider: "huaweicloud"}, Schema: &p.Format, State: spec.NewState()}
	for group, people := range members {
		ref := spec.Ref{Connection: "main", Kind: "app-group", Name: group}
		c.State.Resources[ref] = spec.Resource{}
		for _, name := range people {
			c.State.Grants.Add(spec.Grant{Resource: ref, Role: spec.RoleAccess, Subject: spec.Subject{Kind: spec.SubjectUser, Name: name, Domain: p.Format.Domain}}, spec.Origin{})
		}
	}
	return c
}

// load reads what was composed.
func load(t interface{ Fatalf(string, ...any) }, c *compose.Connection, text []byte) spec.State {
	whole := "version: 1\nconnections:\n" + defined(c) + strings.TrimPrefix(string(text), "version: 1\n")
	s, err := spec.Load(spec.Input{Paths: []string{"-"}, Stdin: []byte(whole), Formats: providers.Formats()})
	if err != nil {
		t.Fatalf("%v\n%s", err, whole)
	}
	return s.Desired(time.Now())["main"]
}

func sameGrants(a, b spec.Grants) bool {
	for range a.Minus(b) {
		return false
	}
	return a.Len() == b.Len()
}

var teamLine = regexp.MustCompile(`(?m)^  ([^ :\n]+|"[^"]+"): \[(.*)`)

// Teams give the very grants, are never of one, and never make a file longer.
func TestTeamsGiveTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := spec.Each(make([]int, 20), func(int) string { return "" })
		for i := range people {
			people[i] = fmt.Sprintf("somebody.number%02d", i)
		}
		crews := rapid.SliceOfN(rapid.SliceOfNDistinct(rapid.SampledFrom(people), 3, 15, rapid.ID), 1, 4).Draw(t, "crews")
		members := map[string][]string{}
		for i := range rapid.IntRange(2, 12).Draw(t, "groups") {
			all := map[string]bool{}
			for _, crew := range rapid.SliceOfN(rapid.SampledFrom(crews), 0, 2).Draw(t, "of") {
				for _, p := range crew {
					all[p] = true
				}
			}
			for _, p := range rapid.SliceOfN(rapid.SampledFrom(people), 0, 2).Draw(t, "others") {
				all[p] = true
			}
			members[fmt.Sprintf("%s-%d", rapid.SampledFrom([]string{"CAD-Viewer", "CAD-Editor", "Office", "a: b", "12"}).Draw(t, "name"), i)] = slices.Collect(maps.Keys(all))
		}
		c := matrix(members)
		plain, short := compose.Compose([]*compose.Connection{c}, compose.Options{Ownership: spec.Owned}), compose.Compose([]*compose.Connection{c}, compose.Options{Ownership: spec.Owned, Teams: true})
		text := short.Files[0].Text
		if have := load(t, c, text); !sameGrants(have.Grants, c.State.Grants) {
			t.Fatalf("the files give other grants\n%s", text)
		}
		if len(text) > len(plain.Files[0].Text) {
			t.Fatalf("the files are longer with teams: %d bytes, %d without\n%s", len(text), len(plain.Files[0].Text), text)
		}
		_, section, _ := strings.Cut(string(text), "\nteams:\n")
		section, _, _ = strings.Cut(section, "\n\n")
		for _, m := range teamLine.FindAllStringSubmatch(section, -1) {
			if !strings.Contains(m[2], ",") {
				t.Fatalf("%s is a team of one\n%s", m[1], text)
			}
		}
	})
}

// On the matrices known from the literature and on the history of a real organisation: how much shorter files are with teams.
func TestTeamsOfRealMatrices(t *testing.T) {
	files, _ := filepath.Glob("../../../../shared/data/rolemining/*.tsv")
	if len(files) == 0 {
		t.Skip("the matrices are not here")
	}
	if testing.Short() || os.Getenv("ENTITLECTL_TEST_LONG") == "" {
		files = slices.DeleteFunc(files, func(name string) bool { return filepath.Base(name) != "hc.tsv" }) // the smallest
	}
	files = append(files, "../../../../shared/data/k8s-org-history.tsv")
	for _, file := range files {
		members := readMatrix(t, file)
		c := matrix(members)
		plain := compose.Compose([]*compose.Connection{c}, compose.Options{Ownership: spec.Owned})
		start := time.Now()
		short := compose.Compose([]*compose.Connection{c}, compose.Options{Ownership: spec.Owned, Teams: true})
		took := time.Since(start)
		if have := load(t, c, short.Files[0].Text); !sameGrants(have.Grants, c.State.Grants) {
			t.Errorf("%s: the files give other grants", file)
		}
		lines := func(f compose.Files) int { return bytes.Count(f.Files[0].Text, []byte("\n")) }
		t.Logf("%s: %d groups, %d pairs: %d lines and %d bytes, with %d teams %d lines and %d bytes; %s", filepath.Base(file), len(members),
			c.State.Grants.Len(), lines(plain), len(plain.Files[0].Text), short.Teams, lines(short), len(short.Files[0].Text), took.Round(time.Millisecond))
		if len(short.Files[0].Text) > len(plain.Files[0].Text) {
			t.Errorf("%s: the files are longer with teams", file)
		}
		if out := os.Getenv("COMPOSE_OUT"); out != "" {
			_ = os.WriteFile(filepath.Join(out, filepath.Base(file)+".yaml"), short.Files[0].Text, 0o600)
		}
	}
}

// readMatrix reads lines of group and user, or the last state of a history: change set, date, + or -, group and user.
func readMatrix(t *testing.T, file string) map[string][]string {
	f, err := os.Open(file)
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = f.Close() }() // only read
	now := map[[2]string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		switch fields := strings.Split(lines.Text(), "\t"); len(fields) {
		case 2:
			now[[2]string{"app" + fields[0], "user" + fields[1]}] = true
		case 5:
			now[[2]string{fields[3], fields[4]}] = fields[2] == "+"
		}
	}
	members := map[string][]string{}
	for pair, is := range now {
		if is {
			members[pair[0]] = append(members[pair[0]], pair[1])
		}
	}
	return members
}
