package spec

import (
	"encoding/json"
)

// Schema is the JSON Schema (draft 2020-12) of a desired-state file, for editors. It describes the shape only: what names
// stand for, and what must not be together, is for Load to check.
func Schema(formats []ProviderSchema) []byte {
	keys := schema{
		"version":     about(schema{"const": 1}, "the version of the format"),
		"connections": about(mapOf(pointer("connection")), "tenants at providers, by the names that in: uses"),
		"users":       about(listOf(pointer("user")), "people and robots"),
		"usersFrom":   about(usersFromSchema(), "people whom another file lists, such as one that a directory exports"),
		"teams":       about(such(mapOf(listOf(pointer("item"))), map[string]any{"cad": []any{"alice", "bob"}}), "sets of users, by name; a team may hold team:NAME"),
		"tests":       about(listOf(pointer("test")), "what must hold of who may use what"),
		"reviewers":   about(such(mapOf(listOf(pointer("name"))), map[string]any{"team:cad": []any{"bob"}}), "who decides in access reviews: by KIND/NAME, by team:NAME about what a team gives, and by * about all others"),
		"rules":       about(pointer("rules"), "limits that a plan must keep"),
	}
	defs, kinds := definitions(formats, false)
	for k, name := range kinds {
		keys[k.Section] = about(listOf(pointer(name)), k.About)
	}
	return record([]string{"version"}, keys).document("entitlectl desired state", defs)
}

// OperatorSchema is the JSON Schema of an operator's file; rules are the names of all rules.
func OperatorSchema(formats []ProviderSchema, rules []string) []byte {
	path := line(maxName)
	defs, _ := definitions(formats, true)
	root := record([]string{"version"}, schema{
		"version":     about(schema{"const": 1}, "the version of the format"),
		"connections": about(mapOf(pointer("connection")), "all connections; then other files hold none"),
		"allow": about(record(nil, schema{
			"hosts": about(such(listOf(line(maxLine)), []any{"gw.corp.example"}), "HOST, HOST:PORT or *.DOMAIN; without a port it is 443"),
			"env":   about(such(listOf(text(variablePattern.String())), []any{"WORKSPACE_*"}), "variables: NAME, or PREFIX_*"),
			"files": about(such(anyOf(path, listOf(path)), []any{"keys", "more/one.key"}), "folders and files beside the file that names them"),
		}), "what connections of other files may name beyond the defaults"),
		"rules":     about(pointer("rules"), "floors: other files only tighten them"),
		"overrides": about(listOf(words(rules)), "the rules that a plan's own --allow may lift"),
		"store":     about(such(text(storePattern.String()), "postgres://ci@db.corp.example/entitlectl?password=env:STORE_PASSWORD"), "where what outlives a run is kept: file:FOLDER, or postgres://… with password=env:NAME"),
	})
	return root.document("entitlectl operator's file", defs)
}

// document is a whole schema as text.
func (s schema) document(title string, defs schema) []byte {
	examples := exampleMaker{defs}
	examples.addTo(defs)
	examples.addTo(s)
	s["$schema"], s["title"], s["$defs"] = "https://json-schema.org/draft/2020-12/schema", title, defs
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

// definitions are all parts of a schema that others point to, that of an operator's file or of another; kinds tells by which of their
// names each kind is defined.
func definitions(formats []ProviderSchema, operators bool) (defs schema, kinds map[*KindSchema]string) {
	defs, kinds = commonDefinitions(formats), map[*KindSchema]string{}
	defs["connection"] = connectionSchema(formats, operators, defs)
	for _, k := range kindsOf(formats) {
		name := string(k.Kind)
		for defs[name] != nil { // a kind may have the name of a definition that is there
			name = "kind-" + name
		}
		defs[name], kinds[k] = k.schema(), name
	}
	return defs, kinds
}

// commonDefinitions are those that hold whatever providers there are.
func commonDefinitions(formats []ProviderSchema) schema {
	return schema{
		"name":    such(line(maxName), "CAD"),
		"item":    about(such(line(maxLine), "alice"), "a user, or team:NAME, group:NAME, dept:NAME, mailbox:ADDRESS or an address, as the place allows"),
		"address": such(text(`^[^@\s]+@[^@\s]+\.[^@\s]+$`), "cad@corp.example"),
		"moment": about(such(text(`^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2}))?$`), "2026-12-31"),
			"a date, which is 00:00 UTC, or a moment as in RFC 3339"),
		"count": such(schema{"type": "integer", "minimum": 0}, 3),
		"user": record([]string{"name"}, schema{
			"name":        about(such(pointer("name"), "alice"), "what these files call them"),
			keyPreviously: about(such(line(maxName), "alice.smith"), "the name or mail address that they had before, so that what they hold under it is theirs; remove it once nobody holds anything under it"),
			"account":     about(such(line(maxName), "alice.lee"), "the vendor's user name, if it is not the name"),
			"domain":      about(such(line(maxName), "corp.local"), "the directory domain, if it is not the connection's"),
			"platform":    about(words(platformsOf(formats)), "the kind of directory they are of, if it is not that of the connection"),
			"email":       about(such(pointer("address"), "alice@corp.example"), "the mail address, by which mail groups know them"),
			"names":       about(such(mapOf(pointer("name")), map[string]any{"workspace": "alice.lee"}), "the name at single connections, where it differs: CONNECTION: NAME"),
			"state":       about(such(words(userStates), "left"), "left: loses every grant everywhere"),
		}),
		"grant": record([]string{"to"}, schema{
			"to":      about(such(listOf(pointer("item")), []any{"team:cad", "alice", "group:Designers"}), "who gets it"),
			"starts":  about(pointer("moment"), "the first moment with access"),
			"expires": about(pointer("moment"), "the first moment without access"),
			"reason":  about(such(line(maxLine), "contract 4711"), "why, for whoever reads the plan"),
		}),
		"member":     anyOf(pointer("item"), pointer("grant")),
		"rules":      rulesSchema(),
		"test":       testSchema(),
		"limit":      such(anyOf(pointer("count"), schema{"const": "off"}), 25),
		"share":      such(anyOf(text(share.String()), schema{"const": "off"}), "20%"),
		"protection": about(such(schema{"type": "string", "minLength": 1, "maxLength": maxLine, "pattern": "^[a-z-]+:."}, "user:ci-bot"), "user:NAME, group:NAME or the like; or KIND:RESOURCE/user:NAME for one resource"),
		"reference":  about(such(text(`^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$`), "env:ENTITLECTL_SECRET_KEY"), "where the secret is found: env:NAME or file:PATH"),
		"url":        such(text(`^https?://[^?#@\s]+$`), "https://gw.corp.example"),
		"rate":       such(text(`^[1-9][0-9]{0,5}/(s|sec|second|min|minute|h|hour)$`), "200/min"),
		"packing": record(nil, schema{
			"regrant":     about(pointer("count"), "desired pairs that live has already and that a plan may grant again, to need fewer calls"),
			"coverAbsent": about(pointer("count"), "pairs neither desired nor live, or revoked by another call too, that a plan may revoke to need fewer calls"),
		}),
	}
}

// usersFromSchema describes where else people are listed.
func usersFromSchema() schema {
	header := func(what string, example string) schema {
		return about(such(line(maxLine), example), "the column with "+what)
	}
	return record([]string{"csv"}, schema{
		"csv": about(such(line(maxLine), "people.csv"), "a CSV file below the folder of this one, in UTF-8, with a header"),
		"columns": about(record([]string{"name"}, schema{
			"name":        header("what these files call them", "login"),
			keyPreviously: header("the name or address that they had before", "former login"),
			"account":     header("the vendor's user name", "sAMAccountName"),
			"domain":      header("the directory domain", "domain"),
			"platform":    header("the kind of directory", "platform"),
			"email":       header("the mail address", "mail"),
			"names":       about(such(mapOf(line(maxLine)), map[string]any{"workspace": "cloud login"}), "the columns with names at single connections: CONNECTION: COLUMN"),
			keyLeft:       header("the first moment from which on they have left: 2026-12-31, or as in RFC 3339", "last day"),
			keyTeams:      header("their teams, separated by semicolons", "groups"),
		}), "which columns hold what; without it the headers are these keys"),
	})
}

// testSchema describes an access test, of a user or of a resource.
func testSchema() schema {
	resource, at := such(text(`^[a-z-]+/.+$`), "app-group/CAD"), about(pointer("moment"), "the moment at which it must hold, if not that of the run")
	return anyOf(record([]string{"who"}, schema{
		"who":    about(pointer("name"), "a user of the files"),
		"can":    about(listOf(resource), "KIND/NAME that they have a role on"),
		"cannot": about(listOf(resource), "KIND/NAME that they have no role on"),
		"at":     at,
	}), record([]string{"resource"}, schema{
		"resource": about(resource, "KIND/NAME, on whichever connection"),
		"max":      about(pointer("count"), "the most holders"),
		"only":     about(listOf(pointer("item")), "whoever may hold it; teams stand for their people"),
		"at":       at,
	}))
}

// rulesSchema describes the rules of a file.
func rulesSchema() schema {
	return record(nil, schema{
		"max-revokes":               about(pointer("limit"), "revokes on a connection"),
		"max-revoke-share":          about(pointer("share"), "revokes as a share of a connection's live grants, from 10 up"),
		"max-revoke-share-resource": about(pointer("share"), "revokes as a share of one resource's live grants, from 4 up"),
		"max-expiries":              about(pointer("limit"), "grants whose end, as the files state it, has come, on a connection; off by default"),
		"max-mails":                 about(pointer("limit"), "mails that a plan causes on a connection"),
		"people-shrink":             about(pointer("share"), "how many people fewer the files of usersFrom list than before, as a share, from 10 up"),
		"max-mails-per-person":      about(such(anyOf(text(daily.String()), schema{"const": "off"}), "3/day"), "mails to one person at a connection within a day, over all runs that share a store; off by default"),
		"protected":                 about(listOf(pointer("protection")), "subjects from whom nothing may be taken"),
		"require-self":              about(pointer("protection"), "a subject from whom nothing may be taken, such as the account that applies"),
		"min-members":               about(such(mapOf(pointer("count")), map[string]any{"mail-group:*": 1}), "the fewest holders that a resource may be left with, by KIND:NAME; a NAME may be *"),
	})
}
