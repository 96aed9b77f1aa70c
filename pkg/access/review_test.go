package access_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/access"
	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/spec/compose"
)

// opened is a review of a world, as its file says it.
func opened(t rapid.TB, s *spec.Spec, w access.World) (*access.Review, string) {
	t.Helper()
	r := &access.Review{Name: "q4", Opened: now, By: "ci@runner", Due: now.AddDate(0, 1, 0), Spec: s.Digest}
	r.Lines, r.Outside = access.Freeze(w, s.Reviewers)
	r.Seal()
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		t.Fatal(err)
	}
	return readBack(t, text.String()), text.String()
}

func readBack(t rapid.TB, text string) *access.Review {
	t.Helper()
	r, err := access.ReadReview("r.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return r
}

// After a review is closed, the files want what they wanted and what was live, without what was removed, and with the ends that were
// set. What is nobody's to decide stays as it is.
func TestClosedReviewsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body, live := generateText(t)
		s := load(t, body)
		for _, state := range live { // whom no file knows can't be kept
			for g := range state.Grants.All() {
				if g.Subject.Name == "stranger" || g.Subject.Name == "u0" {
					state.Grants.Remove(g)
				}
			}
		}
		w := worldOf(s, access.FromBoth, live, nil)
		r, text := opened(t, s, w)
		if err := r.Check(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if d := r.Differences(r.Lines); len(d) > 0 {
			t.Fatal(d)
		}
		moments := []time.Time{now, now.AddDate(3, 0, 0)}
		undone, end := 0, held(s, time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC))
		want := []map[spec.Grant]bool{held(s, moments[0]), held(s, moments[1])}
		rows := map[string]access.Row{}
		for _, row := range w.Table() {
			rows[row.Connection+row.Ref().String()+string(row.Role)+string(row.Subject.Kind)+":"+row.Subject.Name] = row
		}
		for i := range r.Lines {
			l := &r.Lines[i]
			subject, _, _ := strings.Cut(l.Subject, "@")
			row := rows[l.Connection+l.Resource+string(l.Role)+subject]
			g := spec.Grant{Resource: row.Ref(), Role: row.Role, Subject: row.Subject}
			if l.Decision = rapid.SampledFrom([]string{"keep", "remove", "until 2027-06-30"}).Draw(t, "decision"); row.Subject == access.Everyone {
				l.Decision = "keep"
				continue
			}
			if l.Decision == "remove" && held(s, now)[g] || l.Decision == "until 2027-06-30" && end[g] {
				undone++
			}
			switch l.Decision {
			case "keep":
				if row.In == access.InLive {
					want[0][g], want[1][g] = true, true
				}
			case "remove":
				delete(want[0], g)
				delete(want[1], g)
			default:
				want[0][g] = true
				delete(want[1], g)
			}
		}
		if err := r.Decided(now); err != nil {
			t.Fatal(err)
		}
		if got := r.Undone(now, s.Desired); len(got) != undone {
			t.Fatalf("%d decisions are not carried out, got %+v", undone, got)
		}
		edits, err := s.Amend(r.Amendments(w), now)
		if err != nil {
			t.Fatal(err)
		}
		written, err := compose.Amend([]byte(head+body), edits, providers.Formats())
		if err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
		after := loadAll(t, string(written))
		if got := r.Undone(now, after.Desired); len(got) > 0 {
			t.Fatalf("not carried out: %+v\n%s", got, written)
		}
		for i, at := range moments {
			if d := cmp.Diff(want[i], held(after, at)); d != "" {
				t.Fatalf("at %s (-want +got):\n%s\n%s", at, d, written)
			}
		}
	})
}

func held(s *spec.Spec, at time.Time) map[spec.Grant]bool {
	found := map[spec.Grant]bool{}
	for _, state := range s.Desired(at) {
		for g := range state.Grants.All() {
			found[g] = true
		}
	}
	return found
}

// Whatever is changed in a review file but decisions and notes is found.
func TestTamperedReviews(t *testing.T) {
	s := load(t, "appGroups: [{name: A, in: w, grants: [{to: [u1, u2, 'group:G']}]}]\nreviewers: {app-group/A: [u3]}\n")
	_, text := opened(t, s, worldOf(s, access.FromBoth, nil, nil))
	if r := readBack(t, strings.ReplaceAll(text, "decision: , note: ,", `decision: keep, note: "so: it is", `)); r.Check() != nil || r.Undecided() != 0 || r.Lines[0].Note != "so: it is" {
		t.Errorf("decisions count as changes: %+v", r)
	}
	if forged := readBack(t, string(access.MarkClosed([]byte(text), "now"))); !forged.Open() || !forged.Overdue(forged.Due) {
		t.Error("a review counts as closed of which nothing is decided")
	}
	marked := readBack(t, string(access.MarkClosed([]byte(strings.ReplaceAll(text, "decision: ,", "decision: keep,")), "now by $1")))
	if marked.Check() != nil || marked.Open() || marked.Closed != "now by $1" {
		t.Errorf("a closed review is altered: %+v", marked)
	}
	lines := strings.Split(text, "\n")
	i := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "who: u1") })
	for name, altered := range map[string]string{
		"a name":     strings.Replace(text, "who: u1", "who: u2", 1),
		"a subject":  strings.Replace(text, "user:u1@", "user:u9@", 1),
		"a reviewer": strings.Replace(text, "reviewer: u3", "reviewer: u1", 1),
		"a way":      strings.Replace(text, "stdin:", "other:", 1),
		"the end":    strings.Replace(text, "due: 2026", "due: 2036", 1),
		"one less":   strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "\n"),
		"one twice":  strings.Join(slices.Insert(slices.Clone(lines), i, lines[i]), "\n"),
		"the count":  strings.Replace(text, "outside: 0", "outside: 1", 1),
	} {
		if altered == text || readBack(t, altered).Check() == nil {
			t.Errorf("%s: nobody noticed", name)
		}
	}
	for want, broken := range map[string]string{
		`unknown key "descision"; did you mean "decision"?`:                           strings.Replace(text, "{decision:", "{descision:", 1),
		`"note" is there twice`:                                                       strings.Replace(text, "note: ,", "note: , note: x,", 1),
		`"note" must be one word or text`:                                             strings.Replace(text, "note: ,", "note: [x],", 1),
		"no review file of format 1":                                                  strings.Replace(text, "format: 1", "format: 2", 1),
		"r.yaml:17:1: a tab in a line of its own; remove it":                          text + "\t",
		"a merge conflict that is not settled":                                        strings.Replace(text, "outside:", "<<<<<<< HEAD\noutside:", 1),
		"a ? in text within brackets; put the text in quotes":                         strings.Replace(text, "note: ,", "note: why?,", 1),
		"a second colon in one value; put the value in quotes":                        strings.Replace(text, "note: ,", "note: ticket: 4711,", 1),
		`the note ends at a comma before "see"; put all of the note in double quotes`: strings.Replace(text, "note: ,", "note: left, see,", 1),
		"r.yaml: no review file":                                                      "[]",
	} {
		if _, err := access.ReadReview("r.yaml", []byte(broken)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// A name that people could misread, or that YAML would take for something else, comes back as it is.
func TestReviewsOfOddNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"yes", "12", "a: b", "张伟", "\u202eab", "~", "", "x # y", "a\"b\\"})).Draw(t, "name")
		r := &access.Review{Name: "q", Opened: now, Due: now, By: name, Lines: []access.Line{{Who: name, Subject: name, Through: name, Reviewer: name, Resource: "app/X"}}}
		r.Seal()
		var text bytes.Buffer
		if err := r.Write(&text); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsRune(text.String(), '\u202e') {
			t.Fatal("a character that turns text around stands in the file")
		}
		if again := readBack(t, text.String()); again.Check() != nil && strings.ToValidUTF8(name, "") == name {
			t.Fatalf("%q came back as %q", name, again.Lines[0].Who)
		}
	})
}

// Who decides is found by the resource, then by the nearest team, then by what holds for all others; whoever is in a group is not asked
// about one by one.
func TestReviewersOfLines(t *testing.T) {
	s := load(t, "teams: {t: [u1, team:u], u: [u2]}\n"+
		"appGroups: [{name: A, in: w, grants: [{to: [team:t, u3]}]}, {name: B, in: w, grants: [{to: [team:u, 'group:G']}]}, {name: C, in: w, ownership: ignored, grants: [{to: [u1]}]}]\n"+
		"reviewers: {team:u: [ann], app-group/A: [bob, cleo], '*': [dan]}\n")
	live := spec.NewState()
	live.Resources[spec.Ref{Connection: "w", Kind: "app-group", Name: "X"}] = spec.Resource{}
	group := spec.Subject{Kind: spec.SubjectUserGroup, Name: "G", Domain: "local.com"}
	w := worldOf(s, access.FromBoth, map[string]spec.State{"w": live}, map[spec.Subject][]spec.Subject{group: {account("u4")}})
	lines, outside := access.Freeze(w, s.Reviewers)
	got := map[string]string{}
	for _, l := range lines {
		got[l.Resource+" "+l.Who] = l.Reviewer
	}
	want := map[string]string{"app-group/A u1": "bob, cleo", "app-group/A u2": "bob, cleo", "app-group/A u3": "bob, cleo", "app-group/B u2": "ann", "app-group/B group:G@local.com": "dan"}
	if d := cmp.Diff(want, got); d != "" || outside != 2 {
		t.Errorf("%d outside; (-want +got):\n%s", outside, d)
	}
	if !slices.IsSorted(spec.Each(lines, func(l access.Line) string { return l.Reviewer })) {
		t.Error("the lines of a reviewer are not together")
	}
}

// Who has more or less by now is said.
func TestChangedPopulations(t *testing.T) {
	s := load(t, "appGroups: [{name: A, in: w, grants: [{to: [u1, u2]}]}]\n")
	r, _ := opened(t, s, worldOf(s, access.FromBoth, nil, nil))
	other := load(t, "appGroups: [{name: A, in: w, grants: [{to: [u1, u3]}]}]\n")
	lines, _ := access.Freeze(worldOf(other, access.FromBoth, nil, nil), other.Reviewers)
	want := []string{"+ u3 has access on app-group/A at w", "- u2 has access on app-group/A at w"}
	if d := cmp.Diff(want, r.Differences(lines)); d != "" {
		t.Error(d)
	}
	forged := *r
	forged.Lines = slices.Clone(r.Lines)
	forged.Lines[0].Who, forged.Lines[1].Reviewer = "u4", "mallory"
	forged.Seal()
	want = []string{"~ u4 has access on app-group/A at w: that is u1 by now", "~ u2 has access on app-group/A at w: by the files nobody decides about it, not mallory"}
	if d := cmp.Diff(want, forged.Differences(r.Lines)); d != "" {
		t.Error(d)
	}
	forged.Lines[0].Who, forged.Lines[1].Reviewer = "u1@local.com", "" // whom the files did not know then
	if d := forged.Differences(r.Lines); len(d) > 0 {
		t.Error(d)
	}
	r.Lines[0].Decision = "keep"
	again := &access.Review{Lines: lines}
	if n := again.TakeDecisions(r); n != 1 || again.Undecided() != 1 {
		t.Errorf("%d decisions were taken over: %+v", n, again.Lines)
	}
	if maps.Equal(held(s, now), held(other, now)) {
		t.Error("the two are one")
	}
}

func TestReviewersThatAreWrong(t *testing.T) {
	for want, text := range map[string]string{
		`unknown team "x"`:                     "reviewers: {'team:x': [a]}\n",
		`no resource "app-group/B" is listed`:  "reviewers: {app-group/B: [a]}\n",
		`"cad" is nothing that has reviewers`:  "reviewers: {cad: [a]}\n",
		`reviewers of "app-group/A" must be a`: "reviewers: {app-group/A: a}\n",
	} {
		_, err := spec.Load(spec.Input{Paths: []string{"-"}, Formats: providers.Formats(), Stdin: []byte("version: 1\n" + text)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
