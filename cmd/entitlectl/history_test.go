package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
)

// Records of earlier versions have all changes in them: the list is as short as that of others, and the run shows each change.
func TestHistoriesOfEarlierVersions(t *testing.T) {
	w := newWorld(t)
	s := file.Open(filepath.Join(filepath.Dir(w.file), "state"))
	who := store.Owner{Run: "r1", User: "ana", Host: "ci", PID: 1, Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	var changes []string
	for i := range 2500 {
		changes = append(changes, fmt.Sprintf(`{"op":"grant","kind":"app-group","resource":"CAD","role":"access","subject":{"kind":"user","name":"u%04d"},"outcome":"done"}`, i))
	}
	result := fmt.Sprintf(`{"format":1,"plan":"sha256:1","connections":[{"name":"main","provider":"huaweicloud","calls":50,"match":0,"changes":[%s]}],"summary":{"done":2500,"calls":50}}`, strings.Join(changes, ","))
	check(t, s.Record(t.Context(), store.Record{Kind: store.RunStarted, At: who.Since, Who: who, Plan: "sha256:1"}, nil))
	check(t, s.Record(t.Context(), store.Record{Kind: store.RunEnded, At: who.Since, Who: who, Plan: "sha256:1", Outcome: "done", Calls: 50, Result: json.RawMessage(result)}, nil))
	for _, tc := range []struct {
		args       []string
		want       string
		rows, most int
	}{
		{[]string{"history"}, "Applied: 2500 done in 50 calls.", 0, 1000},
		{[]string{"history", "-o", "json"}, `"done": 2500`, 0, 2000},
		{[]string{"history", "1"}, "500 rows are not shown but only counted;", 2000, 200_000},
		{[]string{"history", "1", "--max-rows", "0"}, "Applied: 2500 done in 50 calls.", 2500, 300_000},
		{[]string{"history", "1", "-o", "json"}, `"done": 2500`, 2500, 2_000_000},
	} {
		if code := w.run(t.Context(), tc.args...); code != exitDone {
			t.Fatalf("%q: exit %d\n%s", tc.args, code, &w.stderr)
		}
		text := w.stdout.String()
		if rows := strings.Count(text, "u2") + strings.Count(text, "u1") + strings.Count(text, "u0"); !strings.Contains(text, tc.want) || rows != tc.rows || len(text) > tc.most {
			t.Errorf("%q: %d rows in %d bytes, want %d with %q", tc.args, rows, len(text), tc.rows, tc.want)
		}
	}
}
