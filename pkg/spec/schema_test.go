package spec

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// TestSchemaKeys checks that the schema and the loader know the same keys.
func TestSchemaKeys(t *testing.T) {
	root, operator := decodeSchema(t, Schema(testFormats())), decodeSchema(t, OperatorSchema(testFormats(), ruleKeys))
	defs := root["$defs"].(map[string]any)
	formats := testFormats()
	check := func(what string, s any, want []string) {
		got := slices.Sorted(maps.Keys(s.(map[string]any)["properties"].(map[string]any)))
		if diff := cmp.Diff(slices.Sorted(slices.Values(want)), got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	check("file", root, fileKeysWith(kindsOf(formats)))
	check("operator's file", operator, operatorKeys)
	check("allow", operator["properties"].(map[string]any)["allow"], allowKeys)
	for def, want := range map[string][]string{
		"user": userKeys, "grant": grantKeys, "rules": ruleKeys,
		"app-group": formats[0].Kinds[0].keys(), "app": formats[0].Kinds[1].keys(), "mail-group": formats[1].Kinds[0].keys(), "account": formats[2].Kinds[0].keys(),
		"connection-cloud": formats[0].keys(), "connection-mailer": formats[1].keys(), "connection-directory": formats[2].keys(),
	} {
		check(def, defs[def], want)
	}
}

// TestSchemaOfKindNamedLikeDefinition checks that a provider may call its kinds as the schema calls parts of its own.
func TestSchemaOfKindNamedLikeDefinition(t *testing.T) {
	formats := testFormats()
	plain := decodeSchema(t, Schema(formats))
	for _, kind := range []Kind{"user", "grant", "rules", "connection-cloud", "kind-user"} {
		formats[0].Kinds = append(formats[0].Kinds, KindSchema{Kind: kind, Section: "section-" + string(kind), ID: ByName, Settings: []Setting{{Key: "only-" + string(kind)}}})
	}
	root := decodeSchema(t, Schema(formats))
	defs := root["$defs"].(map[string]any)
	for name, def := range plain["$defs"].(map[string]any) {
		if diff := cmp.Diff(def, defs[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for _, k := range formats[0].Kinds[len(testFormats()[0].Kinds):] {
		file := map[string]any{"version": 1.0, k.Section: []any{map[string]any{"name": "A", "in": "here", "only-" + string(k.Kind): "x"}}}
		if err := validate(root, root, file); err != nil {
			t.Errorf("%s: %v", k.Kind, err)
		}
	}
}

// TestSchemaDescribes checks that editors can say what each key is for where its name alone does not.
func TestSchemaDescribes(t *testing.T) {
	root, operator := decodeSchema(t, Schema(testFormats())), decodeSchema(t, OperatorSchema(testFormats(), ruleKeys))
	cloud := root["$defs"].(map[string]any)["connection-cloud"]
	for what, s := range map[string]any{"operator's file": operator, "rules": root["$defs"].(map[string]any)["rules"], "connection": cloud} {
		for key, value := range s.(map[string]any)["properties"].(map[string]any) {
			own := slices.Contains(testFormats()[0].Keys, key) // the provider's, which its vendor describes
			if about, _ := value.(map[string]any)["description"].(string); about == "" && key != "version" && key != "provider" && !own {
				t.Errorf("%s: %s has no description", what, key)
			}
		}
	}
}

// Editors show of each key, however deep, what it is and a value that it takes.
func TestSchemaExplainsEachKey(t *testing.T) {
	for _, text := range [][]byte{Schema(testFormats()), OperatorSchema(testFormats(), ruleKeys)} {
		root := decodeSchema(t, text)
		if n := explained(t, root, "", root); n < 60 {
			t.Errorf("only %d keys", n)
		}
	}
}

// explained holds the keys of a part of a schema against that, and counts them.
func explained(t *testing.T, root map[string]any, at string, part any) (n int) {
	switch part := part.(type) {
	case []any:
		for i, p := range part {
			n += explained(t, root, fmt.Sprintf("%s/%d", at, i), p)
		}
	case map[string]any:
		properties, _ := part["properties"].(map[string]any)
		for key, value := range properties {
			n++
			s := value.(map[string]any)
			own := strings.HasPrefix(at, "/$defs/") // as of a made-up provider; those that there are have a test of their own
			if about, _ := s["description"].(string); about == "" && !own {
				t.Errorf("%s/%s has no description", at, key)
			}
			examples, _ := s["examples"].([]any)
			if len(examples) == 0 {
				t.Errorf("%s/%s has no example", at, key)
			}
			for _, example := range examples {
				if err := validate(root, s, example); err != nil {
					t.Errorf("%s/%s: its example %v", at, key, err)
				}
			}
		}
		for word, p := range part {
			if word != "if" && word != "examples" {
				n += explained(t, root, at+"/"+word, p)
			}
		}
	}
	return n
}

// TestSchemaAccepts validates the good files, and some bad ones whose shape is wrong.
func TestSchemaAccepts(t *testing.T) {
	root := decodeSchema(t, Schema(testFormats()))
	files, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if err := validate(root, root, readYAML(t, file)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	for _, name := range []string{
		"version-2", "version-missing", "unknown-section", "user-key", "user-state", "name-missing", "name-long", "grant-key", "grant-missing-to",
		"connection-key-unknown", "connection-provider-unknown", "connection-required", "auth-mixed", "auth-literal", "endpoint-query",
		"rate-zero", "notices-word", "notices-unsupported", "notices-types-word", "language-word", "language-unsupported", "experimental-unsupported", "absent-app", "ownership", "rule-unknown", "rule-share",
		"account-type", "mail-group-senders", "team-text", "in-missing", "connection-setting-number", "date-bad", "user-email",
	} {
		if validate(root, root, readYAML(t, "testdata/bad/"+name+".yaml")) == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

// TestOperatorSchemaAccepts does the same with operator's files.
func TestOperatorSchemaAccepts(t *testing.T) {
	root := decodeSchema(t, OperatorSchema(testFormats(), ruleKeys))
	for i, text := range []string{
		"version: 1\n", operatorConns,
		"version: 1\nallow: {hosts: [gw.corp.example], env: [GW_*, TOKEN], files: keys}\nrules: {max-mails: off}\noverrides: [max-mails]\n",
		"version: 1\nallow: {files: [keys, more/one.key]}\noverrides: []\n",
		"version: 1\nstore: postgres://ci@db.corp.example/entitlectl?password=env:STORE_PASSWORD\n", "version: 1\nstore: file:state\n",
	} {
		operatorOf(t, text)
		file := filepath.Join(t.TempDir(), "ops.yaml")
		write(t, file, text)
		if err := validate(root, root, readYAML(t, file)); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	for _, name := range []string{"later-keys", "unknown-key", "version", "list", "allow-types", "allow-list", "env", "overrides", "overrides-word", "store", "connections", "rules"} {
		if validate(root, root, readYAML(t, "testdata/operator/"+name+".yaml")) == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

func decodeSchema(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	return root
}

// readYAML reads a file as editors do, dates as text.
func readYAML(t *testing.T, file string) any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		t.Fatal(err)
	}
	return plain(n.Content[0])
}

func plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, child := range n.Content {
			list = append(list, plain(child))
		}
		return list
	}
	var v any = n.Value
	if n.Tag != "!!timestamp" && n.Tag != "!!str" {
		_ = n.Decode(&v)
	}
	if i, ok := v.(int); ok {
		return float64(i)
	}
	return v
}

// validate is as much of JSON Schema as ours uses. An unknown word in a schema is an error.
func validate(root map[string]any, s any, v any) error {
	for word, arg := range s.(map[string]any) {
		if err := validateWord(root, s.(map[string]any), word, arg, v); err != nil {
			return err
		}
	}
	return nil
}

func validateWord(root, s map[string]any, word string, arg, v any) error {
	object, isObject := v.(map[string]any)
	text, isText := v.(string)
	number, isNumber := v.(float64)
	fail := fmt.Errorf("%v is against %s %v", v, word, arg)
	switch word {
	case "$schema", "$defs", "title", "description", "examples", "then":
	case "$ref":
		return validate(root, root["$defs"].(map[string]any)[strings.TrimPrefix(arg.(string), "#/$defs/")], v)
	case "type":
		_, isList := v.([]any)
		_, isBool := v.(bool)
		is := map[string]bool{"object": isObject, "array": isList, "string": isText, "integer": isNumber, "boolean": isBool}
		if !is[arg.(string)] {
			return fail
		}
	case "const":
		if !reflect.DeepEqual(arg, v) {
			return fail
		}
	case "enum":
		if !slices.Contains(arg.([]any), v) {
			return fail
		}
	case "pattern":
		if isText && !regexp.MustCompile(arg.(string)).MatchString(text) {
			return fail
		}
	case "minLength", "maxLength":
		n := float64(utf8.RuneCountInString(text))
		if isText && (word == "minLength" && n < arg.(float64) || word == "maxLength" && n > arg.(float64)) {
			return fail
		}
	case "minimum":
		if isNumber && number < arg.(float64) {
			return fail
		}
	case "required":
		for _, key := range arg.([]any) {
			if _, ok := object[key.(string)]; isObject && !ok {
				return fail
			}
		}
	case "properties":
		for key, value := range object {
			if property, ok := arg.(map[string]any)[key]; ok {
				if err := validate(root, property, value); err != nil {
					return err
				}
			}
		}
	case "additionalProperties":
		properties, _ := s["properties"].(map[string]any)
		for key, value := range object {
			if _, known := properties[key]; known {
				continue
			}
			if arg == false {
				return fail
			}
			if err := validate(root, arg, value); err != nil {
				return err
			}
		}
	case "items":
		list, _ := v.([]any)
		for _, item := range list {
			if err := validate(root, arg, item); err != nil {
				return err
			}
		}
	case "anyOf":
		if !slices.ContainsFunc(arg.([]any), func(of any) bool { return validate(root, of, v) == nil }) {
			return fail
		}
	case "allOf":
		for _, of := range arg.([]any) {
			if err := validate(root, of, v); err != nil {
				return err
			}
		}
	case "if":
		if validate(root, arg, v) == nil {
			return validate(root, s["then"], v)
		}
	default:
		return fmt.Errorf("unknown word %s", word)
	}
	return nil
}
