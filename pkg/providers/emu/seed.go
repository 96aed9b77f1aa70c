package emu

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// LoadSeed replaces the worlds of all vendors by those of a YAML seed: one mapping from vendor names to what each vendor takes,
// or to a list of that for several tenants; a vendor that it does not name gets an empty world. Calls, faults and clock stay.
// Unknown vendors and keys, keys that come twice, anchors, aliases and a second document are errors with their line, and change
// nothing.
func (s *Server) LoadSeed(data []byte) error {
	seed, err := parseSeed(data)
	if err != nil {
		return err
	}
	return s.load(seed)
}

// Reset brings back the worlds of the last seed, or empty ones, and clears calls and faults. The clock stays: time never goes
// back.
func (s *Server) Reset() error {
	s.seedMu.Lock()
	seed := s.seed
	s.seedMu.Unlock()
	if err := s.load(seed); err != nil {
		return err
	}
	s.log.clear()
	return s.faults.set(nil)
}

// State writes the worlds of all vendors as a seed, without ids.
func (s *Server) State() ([]byte, error) { return s.write(Vendor.Dump) }

// Save writes the worlds of all vendors as a seed from which another server goes on: with all ids, and tokens that were issued.
func (s *Server) Save() ([]byte, error) { return s.write(Vendor.Save) }

func (s *Server) write(dump func(Vendor) any) ([]byte, error) {
	doc := yaml.Node{Kind: yaml.MappingNode}
	for _, v := range s.vendors {
		var key, value yaml.Node
		key.SetString(v.Name())
		if err := value.Encode(dump(v)); err != nil {
			return nil, fmt.Errorf("%s: %w", v.Name(), err)
		}
		doc.Content = append(doc.Content, &key, &value)
	}
	return yaml.Marshal(&doc)
}

func (s *Server) load(seed map[string]*yaml.Node) error {
	s.seedMu.Lock()
	defer s.seedMu.Unlock()
	commits := make([]func(), 0, len(s.vendors))
	known := map[string]bool{}
	for _, v := range s.vendors {
		known[v.Name()] = true
		commit, err := v.Load(seed[v.Name()])
		if err != nil {
			return fmt.Errorf("%s: %w", v.Name(), err)
		}
		commits = append(commits, commit)
	}
	for name, node := range seed {
		if !known[name] {
			return fmt.Errorf("line %d: unknown vendor %q", node.Line, name)
		}
	}
	for _, commit := range commits {
		commit()
	}
	s.seed = seed
	return nil
}

// parseSeed splits a seed by vendor.
func parseSeed(data []byte) (map[string]*yaml.Node, error) {
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var second yaml.Node
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: a seed is one document", second.Line)
	}
	root := doc.Content[0]
	if isNull(root) {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: a seed maps vendor names to worlds", root.Line)
	}
	seed := make(map[string]*yaml.Node, len(root.Content)/2)
	for i := 0; i < len(root.Content); i += 2 {
		key := root.Content[i]
		if seed[key.Value] != nil {
			return nil, fmt.Errorf("line %d: %q comes twice", key.Line, key.Value)
		}
		seed[key.Value] = root.Content[i+1]
	}
	return seed, nil
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// Decode reads a seed node into a pointer to a struct or slice, strictly: a key that no yaml tag names, or that comes twice, an item
// that is missing, an anchor and an alias are errors, with their line as all others. Types with their own UnmarshalYAML check
// themselves.
func Decode(node *yaml.Node, into any) error {
	if node == nil {
		return nil
	}
	if err := strict(node, reflect.TypeOf(into)); err != nil {
		return err
	}
	return node.Decode(into)
}

var unmarshaler = reflect.TypeFor[yaml.Unmarshaler]()

func strict(n *yaml.Node, t reflect.Type) error {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return fmt.Errorf("line %d: a seed takes no anchors and aliases", n.Line)
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(unmarshaler) {
		return nil
	}
	switch {
	case n.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for _, item := range n.Content {
			if isNull(item) {
				return fmt.Errorf("line %d: an item is missing", item.Line)
			}
			if err := strict(item, t.Elem()); err != nil {
				return err
			}
		}
	case n.Kind == yaml.MappingNode && t.Kind() == reflect.Struct:
		return strictKeys(n, t)
	}
	return nil
}

func strictKeys(n *yaml.Node, t reflect.Type) error {
	fields := keysOf(t, map[string]reflect.Type{})
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		field, ok := fields[key.Value]
		if !ok || key.Value == "" {
			return fmt.Errorf("line %d: unknown key %q", key.Line, key.Value)
		}
		if err := strict(n.Content[i+1], field); err != nil {
			return err
		}
	}
	return nil
}

// keysOf adds the keys that a struct takes, those of inlined ones too.
func keysOf(t reflect.Type, keys map[string]reflect.Type) map[string]reflect.Type {
	for i := range t.NumField() {
		switch name, option, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); {
		case option == "inline":
			keysOf(t.Field(i).Type, keys)
		default:
			keys[name] = t.Field(i).Type
		}
	}
	return keys
}

// LoadEach loads the rows of a section of a seed. An error says the section and the key of the row that it is about.
func LoadEach[T any](section string, rows []T, key func(T) string, load func(T) error) error {
	for _, row := range rows {
		if err := load(row); err != nil {
			return fmt.Errorf("%s: %q: %w", section, key(row), err)
		}
	}
	return nil
}

// DumpEach writes rows as a section of a seed, in the order of their keys, the first first.
func DumpEach[R, T any](rows iter.Seq[R], dump func(R) T, keys ...func(T) string) []T {
	var out []T
	for row := range rows {
		out = append(out, dump(row))
	}
	slices.SortStableFunc(out, func(a, b T) int {
		for _, key := range keys {
			if c := strings.Compare(key(a), key(b)); c != 0 {
				return c
			}
		}
		return 0
	})
	return out
}
