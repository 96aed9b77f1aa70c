package access

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

const reviewHelp = `# An access review. For each line write a decision: keep, remove, or until 2027-01-31 (the first day without access), and a note where
# somebody may ask why. Change nothing else: the digest would not fit. Then: entitlectl review close, and a pull request.
`

// nobody stands for reviewers where none is named.
const nobody = "nobody"

// Write writes a review as the file in which people decide.
func (r *Review) Write(w io.Writer) error {
	var b strings.Builder
	b.WriteString(reviewHelp)
	fmt.Fprintf(&b, "format: %d\nreview: %s\nopened: %s\nby: %s\nversion: %s\ndue: %s\nspec: %s\noutside: %d  # resources that the files do not rule, and nobody decides about here\npopulation: %s\n",
		ReviewFormat, scalar(r.Name), r.Opened.UTC().Format(time.RFC3339), scalar(r.By), scalar(r.Version), r.Due.UTC().Format(time.RFC3339), scalar(r.Spec), r.Outside, scalar(r.Population))
	if r.Closed != "" {
		fmt.Fprintf(&b, "closed: %s\n", scalar(r.Closed))
	}
	b.WriteString("lines:\n")
	for i, l := range r.Lines {
		if i == 0 || r.Lines[i-1].Reviewer != l.Reviewer {
			fmt.Fprintf(&b, "  # %s\n", strings.Trim(strconv.QuoteToGraphic(cmp.Or(l.Reviewer, nobody)), `"`))
		}
		b.WriteString("  - {" + l.text() + "}\n")
	}
	if len(r.Lines) == 0 {
		b.WriteString("  []\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// text is a line but for its brackets. What people write comes first.
func (l Line) text() string {
	written := func(key, value string) string {
		if value == "" {
			return key + ": "
		}
		return key + ": " + scalar(value)
	}
	all := []string{written("decision", l.Decision), written("note", l.Note)}
	for _, pair := range l.pairs() {
		if pair[1] != "" {
			all = append(all, written(pair[0], pair[1]))
		}
	}
	return strings.Join(all, ", ")
}

// pairs are the keys of what is frozen.
func (l Line) pairs() [][2]string {
	return [][2]string{{"who", l.Who}, {"resource", l.Resource}, {"connection", l.Connection}, {"role", string(l.Role)}, {"subject", l.Subject},
		{"in", string(l.In)}, {"through", l.Through}, {"ownership", string(l.Ownership)}, {"reviewer", l.Reviewer}}
}

var plainScalar = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./-]*$`)

// scalar writes a text so that every YAML reader takes it for that text, and people see what is in it.
func scalar(text string) string {
	words := []string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
	if plainScalar.MatchString(text) && !slices.Contains(words, strings.ToLower(text)) {
		return text
	}
	return strconv.QuoteToGraphic(text)
}

// ErrNoReview says that a file is something else than a review.
var ErrNoReview = errors.New("no review file")

// maxReview is the most that a review file has, in bytes.
const maxReview = 64 << 20

// ReadReview reads a review file, by a name that errors show. It says nothing of whether what is frozen was altered: Check does.
func ReadReview(name string, text []byte) (*Review, error) {
	if len(text) > maxReview {
		return nil, fmt.Errorf("%s: has more than %d bytes, which is all that is read of a review", name, maxReview)
	}
	root, err := parsed(name, text)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(root.Content, func(n *yaml.Node) bool { return n.Value == "review" }) {
		return nil, fmt.Errorf("%s: %w", name, ErrNoReview)
	}
	head, err := keysOf(name, root, "format", "review", "opened", "by", "version", "due", "spec", "outside", "population", "closed", "lines")
	if err != nil {
		return nil, err
	}
	if head["format"] == nil || head["format"].Value != strconv.Itoa(ReviewFormat) {
		return nil, fmt.Errorf("%s: no review file of format %d, the only one that this version reads", name, ReviewFormat)
	}
	r := reviewOf(head)
	if r.Due.IsZero() || r.Opened.IsZero() {
		return nil, fmt.Errorf("%s: %w", name, errTampered)
	}
	if list := head["lines"]; list != nil {
		for _, n := range list.Content {
			l, err := readLine(name, n)
			if err != nil {
				return nil, err
			}
			l.Place = fmt.Sprintf("%s:%d", name, n.Line)
			r.Lines = append(r.Lines, l)
		}
	}
	return r, nil
}

// reviewOf is a review without its lines.
func reviewOf(head map[string]*yaml.Node) *Review {
	value := func(key string) string {
		if n := head[key]; n != nil {
			return n.Value
		}
		return ""
	}
	r := &Review{Name: value("review"), Opened: momentOf(value("opened")), By: value("by"), Version: value("version"), Due: momentOf(value("due")),
		Spec: value("spec"), Population: value("population"), Closed: value("closed")}
	r.Outside, _ = strconv.Atoi(value("outside")) // what is no number does not fit the digest
	return r
}

var yamlLine = regexp.MustCompile(` line [0-9]+`)

func parsed(name string, text []byte) (root *yaml.Node, err error) {
	defer func() { // the YAML reader can panic
		if recover() != nil {
			err = fmt.Errorf("%s: not valid YAML", name)
		}
	}()
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil { // what the YAML reader says may quote what should not be shown
		if found := spec.FindMistake(name, text); found != nil {
			return nil, found
		}
		return nil, fmt.Errorf("%s: not valid YAML%s; take it back from git, and change decision and note alone", name, yamlLine.FindString(err.Error()))
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s: %w", name, ErrNoReview)
	}
	return document.Content[0], nil
}

// keysOf reads a mapping of known keys, each at most once, with plain values.
func keysOf(name string, n *yaml.Node, known ...string) (map[string]*yaml.Node, error) {
	if n.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s:%d: a line must be {decision: , note: , …}, as review open wrote it", name, n.Line)
	}
	found := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		place := fmt.Sprintf("%s:%d:%d", name, key.Line, key.Column)
		switch {
		case !slices.Contains(known, key.Value) && value.Tag == "!!null" && i > 0 && n.Content[i-2].Value == "note":
			return nil, fmt.Errorf("%s: the note ends at a comma before %q; put all of the note in double quotes", place, key.Value)
		case !slices.Contains(known, key.Value):
			return nil, fmt.Errorf("%s: unknown key %q; %s", place, key.Value, spec.DidYouMean(key.Value, known, "take it out"))
		case found[key.Value] != nil:
			return nil, fmt.Errorf("%s: %q is there twice", place, key.Value)
		case value.Kind != yaml.ScalarNode && key.Value != "lines", value.Anchor != "", value.Kind == yaml.AliasNode:
			return nil, fmt.Errorf("%s: %q must be one word or text", place, key.Value)
		}
		if found[key.Value] = value; value.Tag == "!!null" {
			value.Value = ""
		}
	}
	return found, nil
}

func readLine(name string, n *yaml.Node) (Line, error) {
	known := append(spec.Each(Line{}.pairs(), func(p [2]string) string { return p[0] }), "decision", "note")
	keys, err := keysOf(name, n, known...)
	get := func(key string) string {
		if keys[key] == nil {
			return ""
		}
		return keys[key].Value
	}
	return Line{Reviewer: get("reviewer"), Who: get("who"), Subject: get("subject"), Resource: get("resource"), Connection: get("connection"), Role: spec.Role(get("role")),
		In: In(get("in")), Through: get("through"), Ownership: spec.Ownership(get("ownership")), Decision: get("decision"), Note: get("note")}, err
}

// closedLine is where a review says that it was closed.
var closedLine = regexp.MustCompile(`(?m)^(population: .*)$`)

// MarkClosed writes into the text of a review file when and by whom it was closed. All else stays as people wrote it.
func MarkClosed(text []byte, closed string) []byte {
	return closedLine.ReplaceAll(text, []byte("${1}\nclosed: "+strings.ReplaceAll(scalar(closed), "$", "$$")))
}
