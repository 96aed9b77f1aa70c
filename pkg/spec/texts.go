package spec

import (
	"path/filepath"
	"slices"
	"strings"
)

// Text is a file as it was read.
type Text struct {
	Name  string // as messages show it
	Path  string // "": the standard input
	Bytes []byte
}

// Texts reads the files that are named, and those of folders that are named, sorted by name. Each is checked by itself: whom and
// what others define is not looked up. Its error is like that of Load.
func Texts(in Input) ([]Text, error) {
	l := newLoader(in.Formats, in.StateDir)
	l.stdin, l.stdinDir, l.alone = in.Stdin, ".", true
	l.applyOperator(in.Operator)
	named := canonical(in.Paths)
	var texts []Text
	for _, f := range l.find(in.Paths) {
		if !f.stdin && !slices.Contains(named, f.shown) && !slices.Contains(named, f.dir) {
			continue // rules that govern them
		}
		data, ok := l.read(f)
		if !ok {
			continue
		}
		d := &decoder{loader: l, file: f.shown, folder: f.dir, rules: newRuleSource(f.shown)}
		d.document(data, f.base == RulesFile)
		text := Text{Name: f.shown, Bytes: data}
		if !f.stdin {
			text.Path = filepath.Join(f.dir, f.base)
		}
		texts = append(texts, text)
	}
	return texts, l.err()
}

// KeyOrder is in which order keys of a mapping of a file are read best, nil where files say it themselves, as with names of teams.
// The path leads to the mapping from the root; an item of a list is "" in it.
func KeyOrder(formats []ProviderSchema, path []string) []string {
	kinds := kindsOf(formats)
	slices.SortFunc(kinds, func(a, b *KindSchema) int { return strings.Compare(a.Section, b.Section) })
	if len(path) == 0 {
		return fileKeysWith(kinds)
	}
	section, inside := path[0], len(path)-1
	switch {
	case section == "rules" && inside == 0:
		return ruleKeys
	case section == "users" && inside == 1:
		return userKeys
	case section == "usersFrom" && inside == 0:
		return usersFromKeys
	case section == "usersFrom" && path[1] == "columns" && inside == 1:
		return columnKeys
	case section == "tests" && inside == 1:
		return testKeys
	case section == "connections":
		return connectionOrder(formats, path[1:])
	}
	i := slices.IndexFunc(kinds, func(k *KindSchema) bool { return k.Section == section })
	switch {
	case i >= 0 && inside == 1:
		return kinds[i].keys()
	case i >= 0 && inside == 3:
		return grantKeys
	}
	return nil
}

// connectionOrder is the order of keys in a connection, whichever provider it is of.
func connectionOrder(formats []ProviderSchema, path []string) []string {
	switch len(path) {
	case 1:
		keys := connectionKeys[:1:1]
		for _, f := range formats {
			keys = append(keys, f.Keys...)
		}
		return append(keys, connectionKeys[1:]...)
	case 2:
		return map[string][]string{"auth": authOrder(formats), "rate": rateKeys, "notices": noticesKeys, "packing": packingKeys}[path[1]]
	}
	return nil
}

func authOrder(formats []ProviderSchema) []string {
	var keys []string
	for _, f := range formats {
		for _, form := range f.Auth {
			keys = append(append(keys, form.Keys...), form.Optional...)
		}
	}
	return keys
}
