package file

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

func BenchmarkAppend(b *testing.B) {
	l := acquire(b, Open(b.TempDir()))
	entry := store.Entry{Run: "r", Plan: "p", Call: 1, State: store.Begun, At: ana.Since, Name: "add", Changes: []byte(`["a"]`)}
	for b.Loop() {
		must(b, l.Append(b.Context(), entry))
	}
}

func BenchmarkReserve(b *testing.B) {
	s := Open(b.TempDir())
	for b.Loop() {
		reserve(b, s, time.Nanosecond)
	}
}

func BenchmarkPut(b *testing.B) {
	s := Open(b.TempDir())
	for i := 0; b.Loop(); i++ {
		must(b, s.Put("a", fmt.Sprint(i)))
	}
}

func BenchmarkGet(b *testing.B) {
	s := Open(b.TempDir())
	must(b, s.Put("a", "1"))
	for b.Loop() {
		s.Get("a")
	}
}

func BenchmarkAcquire(b *testing.B) {
	s := Open(b.TempDir())
	for b.Loop() {
		must(b, acquire(b, s).Release())
	}
}

// What a record costs does not depend on how many runs were before; what it costs to read and check them all does.
func BenchmarkAfterRuns(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		s := Open(b.TempDir())
		ended := store.Record{Kind: store.RunEnded, At: ana.Since, Who: ana, Calls: 1, Result: json.RawMessage(`{"summary":{"done":1}}`)}
		row := func(yield func(json.RawMessage, error) bool) { yield(json.RawMessage(`{"op":"grant"}`), nil) }
		for range n {
			must(b, s.Record(b.Context(), ended, row))
		}
		b.Run(fmt.Sprintf("record/%d", n), func(b *testing.B) {
			for b.Loop() {
				must(b, s.Record(b.Context(), ended, row))
			}
		})
		b.Run(fmt.Sprintf("list/%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.VerifyEach(b.Context(), func(store.Record) {}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Memory and the length of the record do not grow with the rows; time does.
func BenchmarkRecordDetails(b *testing.B) {
	row := json.RawMessage(`{"op":"grant","kind":"app-group","resource":"app-group-0001","subject":"user-0000001","source":"entitlements.yaml:12","outcome":"done"}`)
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := Open(b.TempDir())
			b.ReportAllocs()
			runs := 0
			for b.Loop() {
				runs++
				must(b, s.Record(b.Context(), store.Record{Kind: store.RunEnded}, func(yield func(json.RawMessage, error) bool) {
					for range n {
						if !yield(row, nil) {
							return
						}
					}
				}))
			}
			b.ReportMetric(float64(len(read(b, s.path(historyName)))/runs), "record-bytes")
		})
	}
}
