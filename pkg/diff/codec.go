package diff

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Encode seals the plan and returns its JSON; see Write.
func (p *Plan) Encode() ([]byte, error) {
	p.Seal()
	var text bytes.Buffer
	err := p.Write(&text)
	return text.Bytes(), err
}

// Seal fills in the plan's format and id. Whoever changes a plan afterwards seals it again.
func (p *Plan) Seal() {
	p.Format = FormatVersion
	if slices.ContainsFunc(p.Connections, ConnectionPlan.large) {
		p.Format = FormatGrouped
	}
	p.ID = p.digest()
}

// large says whether the changes stand together in JSON.
func (p ConnectionPlan) large() bool { return len(p.Changes) > MaxListed }

// digest is the plan's id: over its compact JSON of format 1, whatever its own, without the keys id, created, now, base and
// reviews, without what explains changes and what is Outside, so that the same world gives the same id whatever the clock says
// and whatever the files are held against.
func (p *Plan) digest() string {
	sum := sha256.New()
	w := newPlanWriter(sum)
	w.essential = true
	w.listed(struct {
		Format      int              `json:"format"`
		Spec        string           `json:"spec"`
		Files       []string         `json:"files"`
		Connections []ConnectionPlan `json:"connections"`
		Summary     Summary          `json:"summary"`
	}{FormatVersion, p.Spec, p.Files, emptied(p.Connections), p.Summary}, p.Connections)
	if w.end() != nil { // a Plan holds strings, numbers and times only
		return ""
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

func encode(v any, indent string) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	err := e.Encode(v)
	return buf.Bytes(), err
}

// Decode is Read of a text that is in memory.
func Decode(data []byte) (*Plan, error) { return Read(bytes.NewReader(data)) }

// Read reads a saved plan, as a stream. It refuses what Write did not write: another format, unknown or repeated keys, a text
// that was cut, a content that does not agree with its id. An error names the place.
func Read(r io.Reader) (*Plan, error) {
	have := newTextSum()
	plan, err := readPlan(io.TeeReader(r, have))
	if err != nil {
		return nil, err
	}
	if plan.ID != plan.digest() {
		if plan.ID == have.id() {
			return nil, errors.New("another version of entitlectl made the plan, with other keys: use that version, or plan again")
		}
		return nil, errors.New("the content does not agree with the id: the plan was altered after it was saved; make a new one")
	}
	want := newTextSum()
	if err := plan.writeCompact(want); err != nil {
		return nil, err
	}
	if want.text() != have.text() { // decoding forgives repeated keys, keys in other letter case, other spellings of a value
		return nil, errors.New("the plan was altered after it was saved: its text is not what its content gives; make a new one")
	}
	return plan, plan.check()
}

// CheckKinds refuses changes of other kinds than those. Decode does not know which kinds there are.
func (p *Plan) CheckKinds(known []spec.Kind) error {
	for _, part := range p.Connections {
		for i, c := range part.Changes {
			if !slices.Contains(known, c.Kind) {
				return part.unknown(i)
			}
		}
	}
	return nil
}

func (p *ConnectionPlan) unknown(change int) error {
	c := p.Changes[change]
	return fmt.Errorf("connection %q, change %d: unknown op %q or kind %q", p.Name, change, c.Op, c.Kind)
}

// check finds what types can't: words that can't be, calls whose indexes are out of range or used twice, and overrides of
// what is not broken.
func (p *Plan) check() error {
	names := map[string]bool{}
	for _, part := range p.Connections {
		if names[part.Name] {
			return fmt.Errorf("connection %q stands in the plan twice", part.Name)
		}
		names[part.Name] = true
		for i, c := range part.Changes {
			if opOrder(c.Op) < 0 || !c.Kind.IsName() {
				return part.unknown(i)
			}
		}
		if err := cmp.Or(CheckCalls(part.Changes, part.Calls, nil), part.checkOverrides()); err != nil {
			return fmt.Errorf("connection %q: %w", part.Name, err)
		}
	}
	return nil
}
