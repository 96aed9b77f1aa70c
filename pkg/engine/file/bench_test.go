package file

import (
	"fmt"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/engine"
)

func BenchmarkAppend(b *testing.B) {
	l := acquire(b, Open(b.TempDir()))
	entry := engine.Entry{Run: "r", Plan: "p", Call: 1, State: engine.Begun, At: ana.Since, Name: "add", Changes: []byte(`["a"]`)}
	for b.Loop() {
		must(b, l.Append(b.Context(), entry))
	}
}

func BenchmarkTake(b *testing.B) {
	e := Open(b.TempDir())
	for b.Loop() {
		take(b, e, time.Nanosecond)
	}
}

func BenchmarkKeep(b *testing.B) {
	e := Open(b.TempDir())
	for i := 0; b.Loop(); i++ {
		must(b, e.Keep("a", fmt.Sprint(i)))
	}
}

func BenchmarkRecall(b *testing.B) {
	e := Open(b.TempDir())
	must(b, e.Keep("a", "1"))
	for b.Loop() {
		e.Recall("a")
	}
}

func BenchmarkAcquire(b *testing.B) {
	e := Open(b.TempDir())
	for b.Loop() {
		must(b, acquire(b, e).Release())
	}
}
