package spec

import (
	"encoding/json"
	"slices"
)

// Schema is the JSON Schema (draft 2020-12) of a desired-state file, for editors. It describes the shape only: what names
// stand for, and what must not be together, is for Load to check.
func Schema(formats []Format) []byte {
	root := record([]string{"version"}, schema{
		"version":     schema{"const": 1},
		"connections": mapOf(pointer("connection")),
		"users":       listOf(pointer("user")),
		"teams":       mapOf(listOf(pointer("item"))),
		"appGroups":   listOf(pointer("appGroup")),
		"apps":        listOf(pointer("app")),
		"mailGroups":  listOf(pointer("mailGroup")),
		"accounts":    listOf(pointer("account")),
		"rules":       pointer("rules"),
	})
	return root.document("entitlectl desired state", formats)
}

// OperatorSchema is the JSON Schema of an operator's file; rules are the names of all rules.
func OperatorSchema(formats []Format, rules []string) []byte {
	path := line(maxName)
	root := record([]string{"version"}, schema{
		"version":     schema{"const": 1},
		"connections": about(mapOf(pointer("connection")), "all connections; then other files hold none"),
		"allow": about(record(nil, schema{
			"hosts": about(listOf(line(maxLine)), "HOST, HOST:PORT or *.DOMAIN; without a port it is 443"),
			"env":   about(listOf(text(variablePattern.String())), "variables: NAME, or PREFIX_*"),
			"files": about(anyOf(path, listOf(path)), "folders and files beside the file that names them"),
		}), "what connections of other files may name beyond the defaults"),
		"rules":     about(pointer("rules"), "floors: other files only tighten them"),
		"overrides": about(listOf(words(rules)), "the rules that a plan's own --allow may lift"),
	})
	return root.document("entitlectl operator's file", formats)
}

// document is a whole schema as text.
func (s schema) document(title string, formats []Format) []byte {
	s["$schema"], s["title"], s["$defs"] = "https://json-schema.org/draft/2020-12/schema", title, definitions(formats)
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic("spec: schema: " + err.Error()) // it holds strings, numbers, lists and maps only
	}
	return append(text, '\n')
}

// schema is a JSON Schema or a part of one.
type schema map[string]any

func record(required []string, properties schema) schema {
	s := schema{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func mapOf(value schema) schema   { return schema{"type": "object", "additionalProperties": value} }
func listOf(item schema) schema   { return schema{"type": "array", "items": item} }
func pointer(name string) schema  { return schema{"$ref": "#/$defs/" + name} }
func words(known []string) schema { return schema{"enum": known} }
func text(pattern string) schema  { return schema{"type": "string", "pattern": pattern} }
func anyOf(of ...schema) schema   { return schema{"anyOf": of} }
func line(length int) schema      { return schema{"type": "string", "minLength": 1, "maxLength": length} }
func about(s schema, what string) schema {
	s["description"] = what
	return s
}

func definitions(formats []Format) schema {
	defs := schema{
		"name":    line(maxName),
		"item":    about(line(maxLine), "a user, or team:NAME, group:NAME, dept:NAME, mailbox:ADDRESS or an address, as the place allows"),
		"address": text(`^[^@\s]+@[^@\s]+\.[^@\s]+$`),
		"moment": about(text(`^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2}))?$`),
			"a date, which is 00:00 UTC, or a moment as in RFC 3339"),
		"count":     schema{"type": "integer", "minimum": 0},
		"ownership": about(words(ownerships), "owned: grants that are not listed are revoked; add-only: nothing is; ignored: only read"),
		"state":     about(words(resourceStates), "absent: it is deleted"),
		"user": record([]string{"name"}, schema{
			"name": pointer("name"), "account": about(line(maxName), "the vendor's user name, if it is not the name"),
			"domain": about(line(maxName), "the directory domain, if it is not the vendor's default"),
			"email":  pointer("address"), "state": about(words(userStates), "left: loses every grant everywhere"),
		}),
		"grant": record([]string{"to"}, schema{
			"to": listOf(pointer("item")), "starts": about(pointer("moment"), "the first moment with access"),
			"expires": about(pointer("moment"), "the first moment without access"), "reason": line(maxLine),
		}),
		"appGroup": record([]string{"name", "in"}, schema{
			"name": pointer("name"), "in": pointer("name"), "ownership": pointer("ownership"), "state": pointer("state"),
			"grants": listOf(pointer("grant")),
		}),
		"app": record([]string{"name", "in"}, schema{
			"name": pointer("name"), "in": pointer("name"), "ownership": pointer("ownership"),
			"state": words([]string{"present"}), "audience": words([]string{"assigned", "everyone"}), "grants": listOf(pointer("grant")),
		}),
		"mailGroup": record([]string{"address", "in"}, schema{
			"address": pointer("address"), "in": pointer("name"), "name": pointer("name"),
			"owner": about(line(maxName), "a user"), "senders": words([]string{"all", "company", "member", "custom"}),
			"allowedSenders": about(listOf(pointer("member")), "with senders: custom"), "members": listOf(pointer("member")),
			"ownership": pointer("ownership"), "state": pointer("state"),
		}),
		"member": anyOf(pointer("item"), pointer("grant")),
		"account": record([]string{"name", "in"}, schema{
			"name": pointer("name"), "in": pointer("name"), "type": words([]string{"cloud", "resource"}), "email": pointer("address"),
		}),
		"rules": record(nil, schema{
			"max-revokes": pointer("limit"), "max-revoke-share": pointer("share"), "max-revoke-share-resource": pointer("share"),
			"max-mails": pointer("limit"), "protected": listOf(pointer("protection")), "require-self": pointer("protection"),
			"min-members": mapOf(pointer("count")),
		}),
		"limit":      anyOf(pointer("count"), schema{"const": "off"}),
		"share":      anyOf(text(share.String()), schema{"const": "off"}),
		"protection": about(line(maxLine), "user:NAME, group:NAME or the like; or KIND:RESOURCE/user:NAME for one resource"),
		"reference":  about(text(`^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$`), "where the secret is found: env:NAME or file:PATH"),
		"url":        text(`^https?://[^?#@\s]+$`),
		"rate":       text(`^[1-9][0-9]{0,5}/(s|sec|second|min|minute|h|hour)$`),
		"notices": anyOf(schema{"const": "off"}, record(nil, schema{
			"resendAfter": about(schema{"type": "string"}, "a duration: 24h, 90m or 7d"), "maxAttempts": pointer("count"),
		})),
		"packing": record(nil, schema{
			"regrant":     about(pointer("count"), "desired pairs that live has already and that a plan may grant again, to need fewer calls"),
			"coverAbsent": about(pointer("count"), "pairs neither desired nor live that a plan may revoke, to need fewer calls"),
		}),
	}
	defs["connection"] = connectionSchema(formats, defs)
	return defs
}

// connectionSchema adds a definition for each provider, and chooses among them by the provider that a connection names.
func connectionSchema(formats []Format, defs schema) schema {
	var providers []string
	var choices []schema
	for _, f := range formats {
		name := "connection-" + f.Provider
		defs[name] = f.schema()
		providers = append(providers, f.Provider)
		choices = append(choices, schema{
			"if":   schema{"properties": schema{"provider": schema{"const": f.Provider}}, "required": []string{"provider"}},
			"then": pointer(name),
		})
	}
	return schema{
		"type": "object", "required": []string{"provider"}, "properties": schema{"provider": words(providers)}, "allOf": choices,
	}
}

// schema describes a provider's connections.
func (f *Format) schema() schema {
	var forms []schema
	for _, form := range f.Auth {
		keys := schema{}
		for _, key := range slices.Concat(form.Keys, form.Optional) {
			keys[key] = pointer("reference")
		}
		forms = append(forms, record(form.Keys, keys))
	}
	endpoint := pointer("url")
	if len(f.Endpoints) > 0 {
		families := schema{}
		for _, family := range f.Endpoints {
			families[family] = pointer("url")
		}
		endpoint = anyOf(endpoint, record(nil, families))
	}
	all := schema{
		"provider": schema{"const": f.Provider}, "auth": anyOf(forms...), "endpoint": endpoint,
		"rate": record(nil, schema{"read": pointer("rate"), "write": pointer("rate")}), "notices": pointer("notices"), "packing": pointer("packing"),
		"experimental": listOf(words(f.Experimental)),
	}
	for _, key := range f.Keys {
		all[key] = pointer("name")
		if slices.Contains(f.Booleans, key) {
			all[key] = schema{"type": "boolean"}
		}
	}
	taken := schema{}
	for _, key := range f.keys() {
		taken[key] = all[key]
	}
	required := append([]string{"provider"}, f.Required...)
	if len(f.Auth) > 0 {
		required = append(required, "auth")
	}
	return record(required, taken)
}
