package spec

import (
	"maps"
	"slices"
)

// such gives a schema an example.
func such(s schema, example any) schema {
	s["examples"] = []any{example}
	return s
}

// exampleMaker gives each key of a schema an example: its own where it has one, else one made of those of its parts.
type exampleMaker struct{ defs schema }

// addTo adds examples to the keys of a schema, and to those of its parts.
func (e exampleMaker) addTo(s schema) {
	for word, part := range s {
		if word == "if" {
			continue // it tests a value, and describes none
		}
		switch part := part.(type) {
		case schema:
			e.addTo(part)
		case []schema:
			for _, p := range part {
				e.addTo(p)
			}
		}
	}
	properties, _ := s["properties"].(schema)
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		if p, ok := properties[key].(schema); ok && p["examples"] == nil {
			such(p, e.example(p))
		}
	}
}

// example is a value that a schema takes.
func (e exampleMaker) example(s schema) any {
	if own, ok := s["examples"].([]any); ok {
		return own[0]
	}
	if ref, ok := s["$ref"].(string); ok {
		part, _ := e.defs[ref[len("#/$defs/"):]].(schema)
		return e.example(part)
	}
	if constant, ok := s["const"]; ok {
		return constant
	}
	if known, ok := s["enum"].([]string); ok && len(known) > 0 {
		return known[0]
	}
	if forms, ok := s["anyOf"].([]schema); ok {
		return e.example(forms[0])
	}
	if choices, ok := s["allOf"].([]schema); ok && len(choices) > 0 { // what a provider has beside
		then, _ := choices[0]["then"].(schema)
		return e.example(then)
	}
	switch s["type"] {
	case "boolean":
		return true
	case "array":
		item, _ := s["items"].(schema)
		return []any{e.example(item)}
	case "object":
		return e.object(s)
	}
	return "name"
}

// object is a mapping with the keys that must be there, or with the first one.
func (e exampleMaker) object(s schema) map[string]any {
	if value, ok := s["additionalProperties"].(schema); ok {
		return map[string]any{"main": e.example(value)}
	}
	properties, _ := s["properties"].(schema)
	keys, _ := s["required"].([]string)
	if len(keys) == 0 {
		keys = slices.Sorted(maps.Keys(properties))[:min(1, len(properties))]
	}
	made := map[string]any{}
	for _, key := range keys {
		part, _ := properties[key].(schema)
		made[key] = e.example(part)
	}
	return made
}
