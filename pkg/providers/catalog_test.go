package providers

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// TestKindsAreDistinct proves that a key of a file means one thing.
func TestKindsAreDistinct(t *testing.T) {
	taken := []string{"version", "connections", "users", "teams", "rules"}
	var kinds []spec.Kind
	for _, f := range Formats() {
		for _, k := range f.Kinds {
			if !k.Kind.IsName() || slices.Contains(kinds, k.Kind) || slices.Contains(taken, k.Section) {
				t.Errorf("%s: kind %s or section %s is taken or no name", f.Provider, k.Kind, k.Section)
			}
			kinds, taken = append(kinds, k.Kind), append(taken, k.Section)
			keys := []string{"", string(k.ID), "in", "ownership", "state"}
			for _, s := range k.Settings {
				if slices.Contains(keys, s.Key) {
					t.Errorf("%s: key %s is taken", k.Kind, s.Key)
				}
				keys = append(keys, s.Key)
			}
			for _, l := range k.Lists {
				if slices.Contains(keys, l.Key) {
					t.Errorf("%s: key %s is taken", k.Kind, l.Key)
				}
				keys = append(keys, l.Key)
			}
		}
	}
}

// TestSchemaDescribesEveryKey proves that an editor has something to show at each key.
func TestSchemaDescribesEveryKey(t *testing.T) {
	for name, text := range map[string][]byte{
		"file": spec.Schema(Formats()), "operator's file": spec.OperatorSchema(Formats(), []string{"max-mails"}),
	} {
		var root any
		if err := json.Unmarshal(text, &root); err != nil {
			t.Fatal(err)
		}
		described(t, name, root)
	}
}

// TestAuthKeysHaveExamples proves that an editor has something to show as the value of each key of auth, which a file of its kind takes.
func TestAuthKeysHaveExamples(t *testing.T) {
	for _, f := range Formats() {
		for _, form := range f.Auth {
			for _, key := range slices.Concat(form.Keys, form.Optional) {
				if f.Examples[key] == nil || f.About[key] == "" {
					t.Errorf("%s: %s has no example or is not described", f.Provider, key)
				}
			}
		}
	}
}

// described reports the keys of a schema, and of all inside of it, that have no description.
func described(t *testing.T, where string, part any) {
	switch part := part.(type) {
	case []any:
		for _, p := range part {
			described(t, where, p)
		}
	case map[string]any:
		properties, _ := part["properties"].(map[string]any)
		for key, property := range properties {
			if text, _ := property.(map[string]any)["description"].(string); text == "" {
				t.Errorf("%s: %s has no description", where, key)
			}
		}
		for key, p := range part {
			if key != "if" { // it only tells which part counts
				described(t, where+" "+key, p)
			}
		}
	}
}
