package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// longHistory is a store with one run of many changes, which is nowhere as a whole. It notes what is live while they are read.
type longHistory struct {
	store.Store
	changes int
	live    uint64
	reads   int
	cut     int // the read that breaks at its end, counted from 1
}

func (h *longHistory) Details(context.Context, store.Details) store.Rows {
	return func(yield func(json.RawMessage, error) bool) {
		h.reads++
		rows := []string{`{"run":"r","format":1,"plan":"sha256:1","summary":{}}`, `{"connection":{"name":"main","provider":"x","calls":1,"match":0,"changes":[]}}`}
		for _, text := range rows {
			if !yield(json.RawMessage(text), nil) {
				return
			}
		}
		for i := range h.changes {
			if i%(h.changes/8) == 0 {
				h.live = max(h.live, liveBytes())
			}
			row := fmt.Appendf(nil, `{"op":"revoke","kind":"app-group","resource":"G%d","subject":{"kind":"user","name":"u%d"},"outcome":"done"}`, i%10, i%100)
			if !yield(row, nil) {
				return
			}
		}
		if h.live = max(h.live, liveBytes()); h.reads == h.cut {
			yield(nil, errors.New("the rows were altered"))
		}
	}
}

// shown is the program as it shows the history.
func (h *longHistory) shown(stdout io.Writer, form string, rows int) *cli {
	none := func(string) (string, bool) { return "", false }
	return &cli{env: env{stdout: stdout, lookup: none}, store: h, output: form, maxRows: rows}
}

func liveBytes() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// However many changes a run has, no more of them are in memory than are shown.
func TestMemoryOfARunThatIsShown(t *testing.T) {
	for _, form := range []string{"text", "json"} { // Markdown has room for no more than so many
		used := func(changes int) uint64 {
			h := &longHistory{changes: changes}
			c := h.shown(io.Discard, form, 50)
			before := liveBytes()
			check(t, c.showRun(t.Context(), pastRun{Details: &store.Details{}}))
			return max(h.live, before) - before
		}
		few, many := used(1_000), used(10_000)
		if most := few + 10_000*100; many > most { // in memory a change has 600 bytes and more
			t.Errorf("%s: %d bytes are live for 1,000 changes, %d for 10,000", form, few, many)
		}
	}
}

// What is not what the run wrote is not shown as if it were.
func TestOutcomesThatWereAlteredAreNotShown(t *testing.T) {
	for _, form := range []string{"text", "json", "markdown"} {
		var out strings.Builder
		c := (&longHistory{changes: 10, cut: 1}).shown(&out, form, 50)
		err := c.showRun(t.Context(), pastRun{Result: json.RawMessage(`{"summary":{"done":1}}`), Details: &store.Details{}})
		if err == nil || !strings.Contains(err.Error(), "altered") || !strings.Contains(out.String(), "1 done") && !strings.Contains(out.String(), `"done": 1`) || strings.Contains(out.String(), "u1") {
			t.Errorf("%s: error %v\n%s", form, err, &out)
		}
	}
}

// A run of a form is the same whether its changes are read one by one or all at once.
func TestRunsAreShownAsFromMemory(t *testing.T) {
	h := &longHistory{changes: 40}
	var all diff.Result
	result, err := diff.EachResult(h.Details(t.Context(), store.Details{}), func(_ *diff.Result, c diff.ChangeResult) bool {
		all.Connections = []diff.PartResult{{Changes: append(changesOf(all), c)}}
		return true
	})
	check(t, err)
	result.Connections[0].Changes = changesOf(all)
	for _, rows := range []int{0, 1, 39, 40} {
		for _, form := range []string{"text", "json", "markdown"} {
			var got, want strings.Builder
			run := pastRun{Number: 3, Details: &store.Details{}}
			c := h.shown(&got, form, rows)
			check(t, c.showRun(t.Context(), run))
			run.Result, err = json.Marshal(result)
			check(t, err)
			c.stdout = &want
			check(t, c.showRows(run, func(rows int) render.Report {
				outcomes := render.Outcomes(result, rows)
				return run.report(&outcomes)
			}))
			if got.String() != want.String() {
				t.Errorf("%s, %d rows: got\n%s\nwant\n%s", form, rows, &got, &want)
			}
		}
	}
}

func changesOf(r diff.Result) []diff.ChangeResult {
	if len(r.Connections) == 0 {
		return nil
	}
	return r.Connections[0].Changes
}
