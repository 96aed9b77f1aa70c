package provider_test

import (
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
)

// Spellings of one moment are that moment, and what does not say which it is is none.
func TestInstant(t *testing.T) {
	want := time.Date(2026, 11, 5, 1, 0, 0, 0, time.UTC)
	for _, text := range []string{"2026-11-05T01:00:00Z", "2026-11-05T09:00:00+08:00", "2026-11-05T09:00:00+0800", "2026-11-05T09:00:00+08", "2026-11-05t01:00:00z",
		"2026-11-05 01:00:00Z", "2026-11-05 09:00:00 +0800", " 2026-11-05T01:00:00.000Z ", "2026-11-05T01:00:00,000000000Z", "2026-11-05T01:00Z", "20261105T010000Z",
		"2026-11-04T20:00:00-05:00"} {
		if at, ok := provider.Instant(text); !ok || !at.Equal(want) {
			t.Errorf("%q: %v, %v", text, at, ok)
		}
	}
	if at, ok := provider.Instant("2026-11-05T01:00:00.4Z"); !ok || at.Sub(want) != 400*time.Millisecond {
		t.Errorf("with a fraction: %v, %v", at, ok)
	}
	for _, text := range []string{"", " ", ".400Z", "2026-11-05 09:00:00", "2026-11-05T09:00:00", "2026-11-05", "1762304400", "yesterday", "2026-13-05T01:00:00Z", "null"} {
		if at, ok := provider.Instant(text); ok || !at.IsZero() {
			t.Errorf("%q: %v", text, at)
		}
	}
}
