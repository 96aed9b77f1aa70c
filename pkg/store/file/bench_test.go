package file

import (
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
