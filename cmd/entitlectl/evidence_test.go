package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
)

// told is as much as a run may be told, and more.
func told() map[string]string {
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprintf("%02d%s", i, strings.Repeat("n", 200)))
	}
	return map[string]string{approvedVariable: strings.Join(names, ","), authorVariable: strings.Join(names, ","),
		pullRequestVariable: strings.Repeat("p", 9000), jobVariable: strings.Repeat("j", 9000)}
}

// Evidence is whole, records stay small whatever a run was told, and whichever byte of whichever file is altered is noticed.
func TestEvidenceShowsEveryAlteration(t *testing.T) {
	w := newWorld(t)
	w.secrets = told()
	if code := w.run(t.Context(), "apply", "--yes"); code != exitDone {
		t.Fatalf("exit %d\n%s", code, &w.stderr)
	}
	folder := filepath.Join(filepath.Dir(w.file), "evidence")
	if code := w.run(t.Context(), "history", "evidence", "--out", folder); code != exitDone {
		t.Fatalf("exit %d\n%s", code, &w.stderr)
	}
	if code := w.run(t.Context(), "history", "verify", "--evidence", folder); code != exitDone {
		t.Fatalf("exit %d\n%s", code, &w.stderr)
	}
	var files []string
	check(t, fs.WalkDir(os.DirFS(folder), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, name)
		}
		return err
	}))
	for line := range bytes.Lines(read(t, filepath.Join(folder, evidenceRecords))) {
		if len(line) > 10<<10 {
			t.Errorf("a record has %d bytes", len(line))
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		path := filepath.Join(folder, rapid.SampledFrom(files).Draw(rt, "file"))
		was := read(t, path)
		altered := slices.Clone(was)
		altered[rapid.IntRange(0, len(was)-1).Draw(rt, "at")] ^= byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
		check(t, os.WriteFile(path, altered, 0o600))
		if code := w.run(t.Context(), "history", "verify", "--evidence", folder); code != exitError {
			rt.Fatalf("%s: exit %d", path, code)
		}
		check(t, os.WriteFile(path, was, 0o600))
	})
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	check(t, err)
	return text
}

// Records of earlier versions, which have neither plan nor claims, give evidence as far as they go; so do runs that were cut off.
func TestEvidenceOfEarlierVersions(t *testing.T) {
	w := newWorld(t)
	s := file.Open(filepath.Join(filepath.Dir(w.file), "state"))
	who := func(run string) store.Owner {
		return store.Owner{Run: run, User: "ana", Host: "ci", PID: 1, Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	}
	result := `{"format":1,"plan":"sha256:1","connections":[{"name":"main","provider":"huaweicloud","calls":1,"match":0,"changes":[` +
		`{"op":"grant","kind":"app-group","resource":"CAD","role":"access","subject":{"kind":"user","name":"=zoe"},"outcome":"done"}]}],"summary":{"done":1,"calls":1}}`
	check(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted, At: who("r1").Since, Who: who("r1"), Plan: "sha256:1"}, nil))
	check(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted, At: who("r2").Since, Who: who("r2"), Plan: "sha256:2"}, nil))
	check(t, s.Record(t.Context(), store.Record{Kind: store.RunEnded, At: who("r1").Since, Who: who("r1"), Plan: "sha256:1", Outcome: "done", Calls: 1, Result: json.RawMessage(result)}, nil))
	folder := filepath.Join(filepath.Dir(w.file), "evidence")
	for _, args := range [][]string{{"history", "evidence", "--out", folder}, {"history", "verify", "--evidence", folder}} {
		if code := w.run(context.Background(), args...); code != exitDone {
			t.Fatalf("%q: exit %d\n%s", args, code, &w.stderr)
		}
	}
	page, csv := string(read(t, filepath.Join(folder, evidencePage))), string(read(t, filepath.Join(folder, evidenceChanges)))
	for _, want := range []string{"sha256:1 (not kept by the version that applied it)", "=zoe", "cut off", "nobody is said to have approved it"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if !strings.Contains(csv, ",'=zoe,") || strings.Count(csv, "\r\n") != 3 {
		t.Errorf("the CSV is\n%s", csv)
	}
}

// Whoever writes facts and digests anew, but not the chain of records, is found out.
func TestEvidenceIsAsRecordsSay(t *testing.T) {
	w := newWorld(t)
	w.secrets = map[string]string{authorVariable: "ann", approvedVariable: "ben"}
	folder := filepath.Join(filepath.Dir(w.file), "evidence")
	for _, args := range [][]string{{"apply", "--yes"}, {"history", "evidence", "--out", folder}} {
		if code := w.run(t.Context(), args...); code != exitDone {
			t.Fatalf("%q: exit %d\n%s", args, code, &w.stderr)
		}
	}
	path, sums := filepath.Join(folder, evidenceFacts), filepath.Join(folder, evidenceSums)
	was, manifest := string(read(t, path)), string(read(t, sums))
	digest := func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
	for name, change := range map[string][2]string{
		"nothing": {"@", "@"}, "approver": {`"ben"`, `"eve"`}, "author": {`"ann"`, `"eve"`}, "start": {`"started": "2`, `"started": "1`}, "end": {`"ended": "2`, `"ended": "1`},
		"user": {`"user": "`, `"user": "x`}, "count": {`"done": `, `"done": 1`}, "run": {`"runs": [`, `"runs": [], "x": [`},
	} {
		altered := strings.ReplaceAll(was, change[0], change[1])
		check(t, os.WriteFile(path, []byte(altered), 0o600))
		check(t, os.WriteFile(sums, []byte(strings.Replace(manifest, digest(was), digest(altered), 1)), 0o600))
		want := exitError
		if name == "nothing" {
			want = exitDone
		}
		if code := w.run(t.Context(), "history", "verify", "--evidence", folder); code != want || name != "nothing" && altered == was {
			t.Errorf("%s: exit %d\n%s", name, code, &w.stderr)
		}
	}
}

// Of a run whose start was pruned there is what became of it.
func TestEvidenceOfPrunedStarts(t *testing.T) {
	w := newWorld(t)
	if code := w.run(t.Context(), "apply", "--yes"); code != exitDone {
		t.Fatalf("exit %d\n%s", code, &w.stderr)
	}
	s := file.Open(filepath.Join(filepath.Dir(w.file), "state"))
	var end store.Record
	for r, err := range s.Records(t.Context()) {
		check(t, err)
		end = r
	}
	removed, err := s.Prune(t.Context(), end.At, store.Owner{Run: "pruning"}, "old")
	check(t, err)
	folder := filepath.Join(filepath.Dir(w.file), "evidence")
	for _, args := range [][]string{{"history"}, {"history", "evidence", "--out", folder}, {"history", "verify", "--evidence", folder}} {
		if code := w.run(t.Context(), args...); code != exitDone || removed != 1 {
			t.Errorf("%q: exit %d, %d removed\n%s", args, code, removed, &w.stderr)
		}
	}
	if csv := string(read(t, filepath.Join(folder, evidenceChanges))); !strings.Contains(csv, ",grant,") {
		t.Errorf("changes.csv has no change\n%s", csv)
	}
}
