package provider_test

import (
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
)

// A story is what was sent since it began, give or take the vendor's clocks.
func TestStory(t *testing.T) {
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	failed := func(after time.Duration) provider.Sending {
		return provider.Sending{Sent: began.Add(after), Failed: true}
	}
	arrived := func(after time.Duration) provider.Sending { return provider.Sending{Sent: began.Add(after)} }
	for name, tc := range map[string]struct {
		mails         []provider.Sending
		newest, tries int
		ok            bool
	}{
		"none":                             {nil, -1, 0, false},
		"one that failed":                  {[]provider.Sending{failed(time.Second)}, 0, 1, true},
		"one of before":                    {[]provider.Sending{failed(-time.Hour)}, -1, 0, false},
		"stamped a little early":           {[]provider.Sending{failed(-time.Minute)}, 0, 1, true},
		"three of before, and one":         {[]provider.Sending{failed(-3 * time.Hour), failed(-2 * time.Hour), failed(time.Hour), failed(-time.Hour)}, 2, 1, true},
		"arrived, then failed":             {[]provider.Sending{failed(2 * time.Hour), arrived(time.Hour)}, 0, 2, true},
		"failed, then arrived":             {[]provider.Sending{failed(time.Hour), arrived(2 * time.Hour)}, 1, 2, false},
		"one of them at an unknown moment": {[]provider.Sending{failed(time.Hour), {Failed: true}}, 0, 0, false},
	} {
		newest, tries, ok := provider.Story(tc.mails, began)
		if ok != tc.ok || tries != tc.tries || ok && newest != tc.newest {
			t.Errorf("%s: the newest is %d of %d, failed %v", name, newest, tries, ok)
		}
	}
}
