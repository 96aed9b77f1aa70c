package provider_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/provider"
)

// Nothing may be assumed of a call unless its error says so.
func TestFailureOf(t *testing.T) {
	locked := &provider.Failure{Fate: provider.Failed, Unauthorized: true, Err: io.EOF}
	for _, tc := range []struct {
		name string
		err  error
		want provider.Failure
	}{
		{"no error", nil, provider.Failure{Fate: provider.Accepted}},
		{"any other", io.EOF, provider.Failure{Fate: provider.Unknown}},
		{"interrupted", fmt.Errorf("wait: %w", context.Canceled), provider.Failure{OutOfTime: true}},
		{"out of time", fmt.Errorf("wait: %w", context.DeadlineExceeded), provider.Failure{OutOfTime: true}},
		{"wrapped", fmt.Errorf("call: %w", locked), provider.Failure{Fate: provider.Failed, Unauthorized: true}},
		{"refused", provider.Refuse("no: %w", io.EOF), provider.Failure{Fate: provider.NotDone}},
		{"refused because of what failed", provider.Refuse("no: %w", locked), provider.Failure{Fate: provider.NotDone, Unauthorized: true}},
		{"our own mistake", provider.Bug("odd"), provider.Failure{Fate: provider.NotDone}},
	} {
		got := provider.FailureOf(tc.err)
		if got.Err != tc.err {
			t.Errorf("%s: of error %v, not %v", tc.name, got.Err, tc.err)
		}
		if got.Err = nil; got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
	if err := provider.Refuse("no: %w", locked); err.Error() != "no: EOF" || !errors.Is(err, io.EOF) {
		t.Errorf("error %q", err)
	}
}
