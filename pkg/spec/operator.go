package spec

import (
	"maps"
	"net"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Operator is what the operator's file decides, so that a change to the other files can't: where credentials come from and
// go to, the floors of rules, and which rules one plan may break. It is checked, and read only.
type Operator struct {
	Name   string // as messages show it
	Digest string // "sha256:…" of its bytes
	Folder string // where its file: references begin
	Store  string // where what outlives a run is kept; "": it does not say

	holds       bool // it has connections, so that no other file may
	connections map[string]*connection
	allowed     allowance // for the connections of other files
	overrides   []string

	rules *ruleSource // what it says of them: the first floor of all other files
}

// OperatorFile is an operator's file, wherever its bytes come from.
type OperatorFile struct {
	Name     string // as messages show it: ops.yaml or git:refs/remotes/origin/main:ops.yaml
	Data     []byte
	Folder   string // where the file: references of its connections begin
	Formats  []ProviderSchema
	Rules    []string // the names of all rules, for overrides
	StateDir string   // where no secret may be; "": nowhere
}

// LoadOperator checks an operator's file as strictly as Load does, with the same errors.
func LoadOperator(f OperatorFile) (*Operator, error) {
	l := newLoader(f.Formats, f.StateDir)
	o := &Operator{Name: f.Name, Folder: f.Folder, Digest: "sha256:" + digest(f.Data), overrides: liftable(f.Rules), rules: newRuleSource(f.Name)}
	d := &decoder{loader: l, file: f.Name, folder: f.Folder, rules: o.rules, trusted: true}
	d.operatorDocument(f, o)
	if err := l.err(); err != nil {
		return nil, err
	}
	o.connections = l.connections
	return o, nil
}

// ReadFile reads a file as Load does: a regular one of at most 64 MiB, which no link leads out of its folder. Its error is an *Error.
func ReadFile(name string) ([]byte, error) {
	data, err := readBelow(filepath.Dir(name), filepath.Base(name), usualBounds.file)
	if err != nil {
		what, hint := explain(err)
		return nil, &Error{Position{File: name}, what, hint}
	}
	return data, nil
}

// MayLift says whether a plan's own --allow may lift a rule. Without an operator's file it may lift any.
func (o *Operator) MayLift(rule string) bool { return o == nil || slices.Contains(o.overrides, rule) }

// liftable are the rules that a plan may lift where the operator's file does not say: all but those that name who and what
// must stay.
func liftable(rules []string) []string {
	return slices.DeleteFunc(slices.Clone(rules), func(rule string) bool {
		return slices.Contains([]string{"protected", "require-self", "min-members"}, rule)
	})
}

// applyOperator makes what the operator decides hold for a loader of other files.
func (l *loader) applyOperator(o *Operator) {
	if o == nil {
		return
	}
	l.operator, l.allowed, l.connections = o, o.allowed, maps.Clone(o.connections)
	l.floors = append(l.floors, o.rules)
}

// heldByOperator refuses connections in a file where the operator's holds them.
func (d *decoder) heldByOperator(o object) bool {
	if d.operator == nil || !d.operator.holds {
		return false
	}
	if key, _ := o.pair("connections"); key != nil {
		d.reject(d.at(key), "remove them here, and name those there with `in:`", "connections are held by the operator's file %s", d.operator.Name)
	}
	return true
}

// defineConnection says where an unknown connection would be defined.
func (l *loader) defineConnection() string {
	if l.operator != nil && l.operator.holds {
		return "the operator's file " + l.operator.Name + " holds the connections"
	}
	if len(l.connections) == 0 && l.operator == nil {
		return "define it under connections, or name the operator's file that holds it with --operator"
	}
	if known := slices.Sorted(maps.Keys(l.connections)); len(known) > 0 && len(known) <= 3 {
		return "use " + either(known) + ", or define it under connections"
	}
	return "define it under connections"
}

// The keys of the operator's file, those that a later version takes, and those of allow.
var (
	operatorKeys = []string{"version", "connections", "allow", "rules", "overrides", "store"}
	laterKeys    = []string{"notify"}
	allowKeys    = []string{"hosts", "env", "files"}
)

func (d *decoder) operatorDocument(f OperatorFile, into *Operator) {
	root := d.parse(f.Data)
	if root == nil {
		return
	}
	o, ok := d.object(d.withoutLater(root), "operator's file", operatorKeys)
	if !ok {
		return
	}
	d.version(o)
	if n := o.get("connections"); n != nil {
		into.holds = true
		d.decodeConnections(n)
	}
	if n := o.get("allow"); n != nil {
		into.allowed = d.allow(n)
	}
	if n := o.get("rules"); n != nil {
		d.decodeRules(n)
	}
	if n := o.get("store"); n != nil {
		into.Store = d.store(n)
	}
	if n := o.get("overrides"); n != nil {
		into.overrides = d.wordList(n, "overrides", "rule", f.Rules)
	}
}

var storePattern = regexp.MustCompile(`^(file:.|postgres(ql)?://.)`)

// store reads where the store is. It is never shown: it may hold a password by mistake.
func (d *decoder) store(n *yaml.Node) string {
	text, ok := d.text(n, "store")
	if ok && !storePattern.MatchString(text) {
		d.reject(d.at(n), "write file:FOLDER or postgres://USER@HOST/DATABASE?password=env:NAME", "store names no place")
		return ""
	}
	return text
}

// withoutLater refuses keys that only a later version takes, and leaves them out.
func (d *decoder) withoutLater(root *yaml.Node) *yaml.Node {
	if root.Kind != yaml.MappingNode {
		return root
	}
	left := *root
	left.Content = nil
	for i := 0; i+1 < len(root.Content); i += 2 {
		if key := root.Content[i]; slices.Contains(laterKeys, key.Value) {
			d.reject(d.at(key), "remove it; a later version takes it", "%s is not supported by this version yet", key.Value)
			continue
		}
		left.Content = append(left.Content, root.Content[i:i+2]...)
	}
	return &left
}

// allow reads what connections of other files may name beyond the defaults.
func (d *decoder) allow(n *yaml.Node) (a allowance) {
	o, ok := d.object(n, "allow", allowKeys)
	if !ok {
		return a
	}
	if n := o.get("hosts"); n != nil {
		items, _ := d.list(n, "hosts")
		a.hosts = readAll(items, d.hostPattern)
	}
	if n := o.get("env"); n != nil {
		items, _ := d.list(n, "env")
		a.env = readAll(items, d.variables)
	}
	if n := o.get("files"); n != nil {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = d.itemsOf(n)
		}
		a.files = readAll(items, d.place)
	}
	return a
}

// readAll reads items and keeps those without an error.
func readAll[T any](items []*yaml.Node, read func(*yaml.Node) (T, bool)) []T {
	kept := make([]T, 0, len(items))
	for _, n := range items {
		if v, ok := read(n); ok {
			kept = append(kept, v)
		}
	}
	return kept
}

// hostPattern reads HOST[:PORT] or *.DOMAIN[:PORT]. It is never shown: like an endpoint, it may hold a password by mistake.
func (d *decoder) hostPattern(n *yaml.Node) (hostPattern, bool) {
	text, ok := d.text(n, "host")
	if !ok {
		return hostPattern{}, false
	}
	p := hostPattern{lowerASCII(text), httpsPort}
	if host, port, err := net.SplitHostPort(p.host); err == nil {
		p = hostPattern{host, port}
	} else if host, port, err := net.SplitHostPort(p.host + ":" + httpsPort); err == nil { // an address in brackets
		p = hostPattern{host, port}
	}
	domain, wild := strings.CutPrefix(p.host, "*.")
	switch {
	case !isPlainHost(domain) || !isPort(p.port):
		d.reject(d.at(n), "write gw.corp.example, gw.corp.example:8443 or *.corp.example", "host is neither HOST[:PORT] nor *.DOMAIN[:PORT]")
	case wild && !strings.Contains(domain, "."):
		d.reject(d.at(n), "write *.corp.example, or the hosts one by one", "host takes in a whole top-level domain")
	default:
		return p, true
	}
	return hostPattern{}, false
}

var variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*\*?$`)

// variables reads NAME or PREFIX*.
func (d *decoder) variables(n *yaml.Node) (string, bool) {
	text, ok := d.text(n, "variable")
	if ok && !variablePattern.MatchString(text) {
		what := "variable is neither NAME nor PREFIX*" // not shown: it may be what the variable holds
		if text == "*" {
			what = "variable takes in all that there are"
		}
		d.reject(d.at(n), "write GW_TOKEN or GW_*", "%s", what)
		ok = false
	}
	return text, ok
}

// place reads a folder or file beside the files that may name it.
func (d *decoder) place(n *yaml.Node) (string, bool) {
	text, ok := d.name(n, "path")
	if !ok {
		return "", false
	}
	clean := path.Clean(filepath.ToSlash(text))
	switch {
	case strings.Contains(text, `\`) || strings.HasPrefix(text, "file:"):
		d.reject(d.at(n), "write it with slashes, and without file:", "path %s is not as it is meant here", quoted(text))
	case !isBelow(text) || clean == ".":
		d.reject(d.at(n), "name a folder or file beside the files that use it, without .. or a leading /", "path %s is not below a folder", quoted(text))
	case inGit(clean):
		d.reject(d.at(n), "keep secrets elsewhere", "path %s is inside of %s", quoted(text), gitFolder)
	default:
		return clean, true
	}
	return "", false
}
