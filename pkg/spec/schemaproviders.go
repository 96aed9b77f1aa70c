package spec

import (
	"slices"
	"strings"
)

// schema describes the resources of a kind. The definition of what names them is called as their key is.
func (k *KindSchema) schema() schema {
	id := k.NameKey()
	keys := schema{
		id:            about(pointer(id), "the "+id+" that its vendor knows it by"),
		"in":          about(such(pointer("name"), "workspace"), "the connection that has it"),
		keyPreviously: about(pointer(id), "the "+id+" that it had before: it is given the new one where the vendor can; remove it once that is done"),
	}
	if k.Ownership {
		keys["ownership"] = about(words(ownerships), "owned: grants that are not listed are revoked; add-only: nothing is taken but what ended and what people hold who left; ignored: only read")
		keys["state"] = about(words(k.states()), strings.Join(k.states(), " or ")+"; what is absent is deleted")
	}
	for _, s := range k.Settings {
		value := s.schema()
		if s.Example != "" {
			such(value, s.Example)
		}
		keys[s.Key] = about(value, s.About)
	}
	for _, l := range k.Lists {
		item := "grant"
		if l.Plain {
			item = "member"
		}
		keys[l.Key] = about(listOf(pointer(item)), l.About+": "+holder{kinds: l.takes()}.takes())
	}
	return record([]string{id, "in"}, keys)
}

func (s *Setting) schema() schema {
	switch {
	case s.Words != nil:
		return words(s.Words)
	case s.Address:
		return pointer("address")
	default:
		return pointer("name")
	}
}

// connectionSchema adds a definition for each provider, and chooses among them by the provider that a connection names.
func connectionSchema(formats []ProviderSchema, operators bool, defs schema) schema {
	var providers []string
	var choices []schema
	for _, f := range formats {
		name := "connection-" + f.Provider
		defs[name] = f.schema(operators)
		providers = append(providers, f.Provider)
		choices = append(choices, schema{
			"if":   schema{"properties": schema{"provider": schema{"const": f.Provider}}, "required": []string{"provider"}},
			"then": pointer(name),
		})
	}
	return schema{
		"type": "object", "required": []string{"provider"}, "properties": schema{"provider": about(words(providers), "whose tenant it is")}, "allOf": choices,
	}
}

// schema describes a provider's connections.
func (f *ProviderSchema) schema(operators bool) schema {
	ways := Each(f.authForms(operators), func(form AuthForm) schema { return f.authSchema(form, operators) })
	all := schema{
		"provider": about(schema{"const": f.Provider}, "whose tenant it is"),
		"auth":     about(anyOf(ways...), "where its secrets are found; never a secret itself"),
		"endpoint": about(f.endpointSchema(), "a proxy, or one URL for each of the vendor's API families"),
		"rate": about(record(nil, schema{
			"read":  about(pointer("rate"), "calls that change nothing"),
			"write": about(pointer("rate"), "calls that change something"),
		}), "how many calls are made in a second, minute or hour; by default what the vendor publishes"),
		"notices": about(anyOf(schema{"const": "off"}, record(nil, schema{
			"resendAfter": about(such(text(`^[0-9.a-z]+$`), "24h"), "when a mail that failed is sent again, at the earliest: 24h, 90m or 7d"),
			"maxAttempts": about(pointer("count"), "how often a mail is sent in all, the first time included"),
			"types":       about(listOf(words(f.mailTypes())), "which mails are read, shown and sent again"),
		})), "when a mail that failed is sent again"),
		"language":     about(words(f.Languages), "of the mails that the vendor sends about our calls"),
		"packing":      about(pointer("packing"), "what calls may touch beyond the changes"),
		"experimental": about(listOf(words(f.Experimental)), "calls that no public page documents"),
	}
	for _, key := range f.Keys {
		all[key] = f.described(key, f.valueSchema(key))
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

// endpointSchema describes one base URL or, where the vendor has families, one for each of some.
func (f *ProviderSchema) endpointSchema() schema {
	if len(f.Endpoints) == 0 {
		return pointer("url")
	}
	families := schema{}
	for _, family := range f.Endpoints {
		families[family] = about(pointer("url"), f.About[family])
	}
	return anyOf(pointer("url"), record(nil, families))
}

// valueSchema describes the value of a key that only this provider's connections have.
func (f *ProviderSchema) valueSchema(key string) schema {
	known, boolean := f.Words[key], slices.Contains(f.Booleans, key)
	switch {
	case boolean && known != nil:
		return anyOf(schema{"type": "boolean"}, words(known))
	case boolean:
		return schema{"type": "boolean"}
	case known != nil:
		return words(known)
	}
	return pointer("name")
}

// described gives the schema of a key what the provider says of the key.
func (f *ProviderSchema) described(key string, value schema) schema {
	if example := f.Examples[key]; example != nil {
		such(value, example)
	}
	return about(value, f.About[key])
}

// authSchema describes one way to prove who we are.
func (f *ProviderSchema) authSchema(form AuthForm, operators bool) schema {
	keys := schema{}
	for _, key := range slices.Concat(form.Keys, form.Optional) {
		keys[key] = f.described(key, f.authValueSchema(f.AuthKinds[key], operators))
	}
	return record(form.Keys, keys)
}

func (f *ProviderSchema) authValueSchema(kind AuthKind, operators bool) schema {
	switch {
	case kind == AuthCommand:
		argv := such(schema{"type": "array", "items": line(maxLine), "minItems": 1}, []any{"vault", "read", "-field=key", "secret/workspace"})
		return anyOf(argv, record([]string{"command"}, schema{
			"command": about(argv, "the program, an absolute path or a name that PATH leads to, and its arguments"),
			"env":     about(such(listOf(text(variable.String())), []any{"VAULT_ADDR"}), "variables that it gets beside PATH, HOME, LANG and TMPDIR"),
			"timeout": about(such(text(`^[0-9.]+(ms|s|m)$`), "30s"), "how long it may take; by default 30s"),
		}))
	case kind == AuthAddress:
		return pointer("url")
	case kind != AuthSecret && operators:
		return line(maxName)
	case kind == AuthTokenFile:
		return such(text("^env:("+strings.Join(f.TokenFileEnv, "|")+")$"), "env:"+strings.Join(f.TokenFileEnv[:min(1, len(f.TokenFileEnv))], ""))
	}
	return pointer("reference")
}
