package spec

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// RulesFile is the name of the file that is read wherever files are, so that rules can have reviewers of their own.
// It may hold nothing but version and rules.
const RulesFile = "entitlectl.rules.yaml"

// bounds are the most that is read and worked on.
type bounds struct {
	file, all int64 // bytes of one file, and of all together
	files     int
	grants    int // with teams expanded
}

var usualBounds = bounds{file: 64 << 20, all: 256 << 20, files: 10_000, grants: 2_000_000}

// Input is what Load reads, and what it reads it by.
type Input struct {
	Paths    []string // files and folders
	Stdin    []byte   // what the path "-" stands for; nil: it stands for a file of that name
	StdinDir string   // where files that it names begin; "": in the working folder
	Formats  []ProviderSchema
	Operator *Operator // nil: there is no operator's file, and the defaults hold
	StateDir string    // where no secret may be; "": nowhere
	Past     *Past     // nil: files are read as they are now
	// Instead are contents that are read instead of those of files, by the names that Spec.Files has.
	Instead map[string][]byte
}

// Load reads files and folders, and checks everything. A folder stands for the *.yaml and *.yml files directly in it,
// hidden ones excepted. RulesFile is read too: in folders that are named, beside what is named, and above, up to the working
// folder or, for what is not below that, the folder that holds .git. A file that is named in several ways is read once.
//
// All errors are reported at once: the error is a *multierror.Error of *Error, sorted by position.
func Load(in Input) (*Spec, error) { return load(in, usualBounds) }

func newLoader(formats []ProviderSchema, stateDir string) *loader {
	return &loader{
		formats: formats, kinds: kindsOf(formats), stateDir: stateDir, bounds: usualBounds, reviewed: newRuleSource(""),
		connections: map[string]*connection{}, users: map[string]*user{}, teams: map[string]*team{},
	}
}

func load(in Input, most bounds) (*Spec, error) {
	l := newLoader(in.Formats, in.StateDir)
	l.bounds, l.stdin, l.stdinDir = most, in.Stdin, cmp.Or(in.StdinDir, ".")
	l.past, l.instead = in.Past, in.Instead
	l.applyOperator(in.Operator)
	var names, digests []string
	for _, f := range l.filesOf(in) {
		names = append(names, f.shown)
		if data, ok := l.read(f); ok {
			digests = append(digests, f.base+"\x00"+digest(data)+"\n")
			d := &decoder{loader: l, file: f.shown, folder: f.dir, rules: l.reviewed}
			if f.base == RulesFile {
				d.rules = newRuleSource(f.shown)
				l.floors = append(l.floors, d.rules)
			}
			d.document(data, f.base == RulesFile)
		}
	}
	if !l.broken || len(l.found) == 0 {
		l.resolve()
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	for _, f := range l.included {
		digests = append(digests, filepath.Base(f.Name)+"\x00"+f.digest+"\n")
	}
	slices.Sort(digests)
	s := &Spec{
		Files: names, Included: l.included, Elsewhere: l.elsewhere, Digest: "sha256:" + digest([]byte(strings.Join(digests, ""))), Rules: l.rules,
		Warnings: l.warnings.sorted(), users: l.userList, teams: l.teamList, resources: l.resources, tests: l.tests, reviewers: l.reviewers, sites: l.connections, ruleAt: l.rulePlaces(),
	}
	if s.Operator = in.Operator; s.Operator != nil {
		s.OperatorDigest = s.Operator.Digest
	}
	s.Connections = Each(slices.Sorted(maps.Keys(l.connections)), func(name string) Connection { return l.connections[name].Connection })
	return s, nil
}

func (l *loader) filesOf(in Input) []file {
	if in.Past != nil {
		return l.findPast(in.Paths, in.Past)
	}
	return l.find(in.Paths)
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// warn notes what is odd and yet no error.
func (l *loader) warn(at Position, hint, format string, args ...any) {
	l.warnings.reject(at, hint, format, args...)
}

// loader holds what the files read so far define. Files are decoded one after the other; names are looked up at the end,
// by resolve, since every list may be split over files.
type loader struct {
	problems
	warnings    problems
	formats     []ProviderSchema
	kinds       []*KindSchema // of all formats
	operator    *Operator     // nil: there is none
	allowed     allowance
	stateDir    string
	stdin       []byte // nil: there is none
	stdinDir    string
	past        *Past // nil: there is none
	instead     map[string][]byte
	bounds      bounds
	size        int64 // bytes of the files read so far
	lines       int   // lines and items in them
	comparisons int   // spent on suggestions
	alone       bool  // each file is checked by itself, and none that it names is read
	elsewhere   int   // people who are listed in files that others name
	included    []Included
	lostUsers   bool // there is one without a name that counts
	lostTeams   bool // they are no mapping
	broken      bool // there is a file that can't be read on, so that names may be missing: errors about those would be its echo

	connections map[string]*connection
	users       map[string]*user
	userList    []*user
	userNames   []string // as in userList, for suggestions
	teams       map[string]*team
	teamList    []*team
	teamNames   []string
	resources   []*resource
	tests       []Test
	reviewers   []reviewer

	floors   []*ruleSource // the rules files
	reviewed *ruleSource   // all other files
	rules    Rules         // what holds of both

	leftMail map[string]*user // people who left, by email
}

// The keys at the top level of a file.
var (
	fileKeys      = []string{"version", "connections", "users", "usersFrom", "teams", "tests", "reviewers", "rules"} // beside the sections of kinds
	rulesFileKeys = []string{"version", "rules"}
)

// fileKeysWith are all keys of a file; those of rules come last.
func fileKeysWith(kinds []*KindSchema) []string {
	keys := slices.Clone(fileKeys)
	for _, k := range kinds {
		keys = slices.Insert(keys, len(keys)-1, k.Section)
	}
	return keys
}

// document decodes a file.
func (d *decoder) document(data []byte, rulesOnly bool) {
	root := d.parse(data)
	if root == nil {
		d.broken = true
		return
	}
	if isPlan(root) {
		d.reject(Position{File: d.file}, "apply it: entitlectl apply "+d.file, "this is a saved plan")
		d.broken = true
		return
	}
	what, keys := "file", fileKeysWith(d.kinds)
	if rulesOnly {
		what, keys = RulesFile, rulesFileKeys
	}
	o, ok := d.object(root, what, keys)
	if !ok {
		d.broken = true
		return
	}
	d.broken = d.broken || o.definesNames()
	d.version(o)
	if d.heldByOperator(o) {
		keys = slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return key == "connections" })
	}
	sections := map[string]func(*yaml.Node){
		"connections": d.decodeConnections, "users": d.decodeUsers, "usersFrom": d.decodeUsersFrom, "teams": d.decodeTeams,
		"tests": d.decodeTests, "reviewers": d.decodeReviewers, "rules": d.decodeRules,
	}
	for _, k := range d.kinds {
		sections[k.Section] = func(n *yaml.Node) { d.decodeResources(n, k) }
	}
	for _, key := range keys {
		if n, decode := o.get(key), sections[key]; n != nil && decode != nil {
			decode(n)
		}
	}
}

// isPlan says whether a file is what plan --out writes, or -o json shows.
func isPlan(root *yaml.Node) bool {
	keys := 0
	for i := 0; root.Kind == yaml.MappingNode && i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i].Value, root.Content[i+1]
		if key == "id" && strings.HasPrefix(value.Value, "sha256:") || key == "connections" && value.Kind == yaml.SequenceNode {
			keys++
		}
	}
	return keys == 2
}

// definesNames says whether a file has an unknown key, reported already, that may be a section which others name things of: all is
// an echo of it where the file lacks one.
func (o object) definesNames() bool {
	sections := slices.DeleteFunc([]string{"connections", "users", "teams"}, func(key string) bool { return o.get(key) != nil })
	for i := 0; len(sections) > 0 && i+1 < len(o.node.Content); i += 2 {
		if key, value := o.node.Content[i], o.node.Content[i+1]; value.Kind != yaml.ScalarNode && !slices.Contains(o.known, key.Value) {
			return true
		}
	}
	return false
}

// version refuses files that another release wrote for itself.
func (d *decoder) version(o object) {
	n, ok := o.need("version")
	if !ok || refused(n) {
		return
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || n.Value != "1" {
		d.reject(d.at(n), "write `version: 1`", "version must be 1, the only one that is supported, got %s", shown(n))
	}
}
