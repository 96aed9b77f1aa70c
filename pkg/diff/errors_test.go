package diff_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-multierror"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

func texts(errs diff.Errors) (lines []string) {
	for _, err := range errs {
		lines = append(lines, err.Error())
	}
	return lines
}

// What was joined is one error each, in Go and, as lines, in JSON.
func TestErrors(t *testing.T) {
	a, b, c := errors.New("a"), fmt.Errorf("b: %w", io.EOF), errors.New("<c>")
	for _, tc := range []struct {
		name string
		err  error
		want []string
	}{
		{"none", nil, nil},
		{"one", b, []string{"b: EOF"}},
		{"joined", errors.Join(a, errors.Join(b, c)), []string{"a", "b: EOF", "<c>"}},
		{"a list", multierror.Append(nil, a, b), []string{"a", "b: EOF"}},
		{"with words around", fmt.Errorf("read: %w", multierror.Append(nil, a, b)), []string{"read: a", "b: EOF"}},
		{"with words behind", fmt.Errorf("%w; why", errors.Join(a, c)), []string{"a\n<c>; why"}},
	} {
		errs := diff.ErrorsOf(tc.err)
		if d := cmp.Diff(tc.want, texts(errs)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, d)
		}
		if errors.Is(tc.err, io.EOF) != errors.Is(errors.Join(errs...), io.EOF) {
			t.Errorf("%s: causes are lost", tc.name)
		}
		data, err := json.Marshal(diff.DriftPart{Errors: errs})
		var back diff.DriftPart
		if err = errors.Join(err, json.Unmarshal(data, &back)); err != nil {
			t.Fatal(err)
		}
		if again, err := json.Marshal(back); err != nil || string(again) != string(data) {
			t.Errorf("%s: %s became %s, error %v", tc.name, data, again, err)
		}
	}
	if data, err := (&diff.Plan{Connections: []diff.ConnectionPlan{{Errors: diff.Errors{a, c}}}}).Encode(); err != nil || !strings.Contains(string(data), `"error": "a\n<c>"`) {
		t.Errorf("%s, error %v", data, err)
	}
}
