package providers_test

import (
	"encoding/json"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Each key of a file, and each that a vendor adds, is described and has an example.
func TestSchemaDescribesEachKey(t *testing.T) {
	for _, text := range [][]byte{spec.Schema(providers.Formats()), spec.OperatorSchema(providers.Formats(), []string{"max-mails"})} {
		var root any
		if err := json.Unmarshal(text, &root); err != nil {
			t.Fatal(err)
		}
		if n := describes(t, "", root); n < 100 {
			t.Errorf("only %d keys", n)
		}
	}
}

// describes counts the keys of a part of a schema.
func describes(t *testing.T, at string, part any) (n int) {
	switch part := part.(type) {
	case []any:
		for _, p := range part {
			n += describes(t, at, p)
		}
	case map[string]any:
		properties, _ := part["properties"].(map[string]any)
		for key, value := range properties {
			n++
			s, _ := value.(map[string]any)
			if about, _ := s["description"].(string); about == "" {
				t.Errorf("%s/%s has no description", at, key)
			}
			if examples, _ := s["examples"].([]any); len(examples) == 0 {
				t.Errorf("%s/%s has no example", at, key)
			}
		}
		for word, p := range part {
			if word != "if" && word != "examples" {
				n += describes(t, at+"/"+word, p)
			}
		}
	}
	return n
}
