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
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Encode returns the plan's JSON with its id filled in: what --out saves and -o json prints, byte for byte the same.
// Equal plans give equal bytes.
func (p *Plan) Encode() ([]byte, error) {
	p.Seal()
	return encode(p, "  ")
}

// Seal fills in the plan's id. Whoever changes a plan afterwards seals it again.
func (p *Plan) Seal() { p.ID = p.digest() }

// digest is the plan's id: over its compact JSON without the keys id, created, now and base, without what explains changes and
// without what is Outside, so that the same world gives the same id whatever the clock says and whatever the files are held against.
func (p *Plan) digest() string {
	data, err := encode(struct {
		Format      int              `json:"format"`
		Spec        string           `json:"spec"`
		Files       []string         `json:"files"`
		Connections []ConnectionPlan `json:"connections"`
		Summary     Summary          `json:"summary"`
	}{p.Format, p.Spec, p.Files, spec.Each(p.Connections, ConnectionPlan.essential), p.Summary}, "")
	if err != nil { // a Plan holds strings, numbers and times only
		return ""
	}
	sum := sha256.Sum256(bytes.TrimSuffix(data, []byte("\n")))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// textDigest is the id of a plan as its text has it, whichever keys that has: of one that another version sealed, and nobody
// altered, it is the id.
func textDigest(data []byte) string {
	d, kept := json.NewDecoder(bytes.NewReader(data)), []string{}
	if _, err := d.Token(); err != nil {
		return ""
	}
	for d.More() {
		key, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return ""
		}
		if key != "id" && key != "created" && key != "now" && key != "base" {
			kept = append(kept, fmt.Sprintf("%q:%s", key, value))
		}
	}
	var text bytes.Buffer
	if json.Compact(&text, []byte("{"+strings.Join(kept, ",")+"}")) != nil {
		return ""
	}
	sum := sha256.Sum256(text.Bytes())
	return "sha256:" + hex.EncodeToString(sum[:])
}

func encode(v any, indent string) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	err := e.Encode(v)
	return buf.Bytes(), err
}

// Decode reads a saved plan. It refuses what Encode did not write: another format, unknown or repeated keys, a text that
// was cut, a content that does not agree with its id.
func Decode(data []byte) (*Plan, error) {
	if err := checkFormat(data); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	plan := new(Plan)
	if err := d.Decode(plan); err != nil {
		return nil, fmt.Errorf("not a plan that this version wrote: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more text follows after the plan's end")
	}
	if plan.ID != plan.digest() {
		if plan.ID == textDigest(data) {
			return nil, errors.New("another version of entitlectl made the plan, with other keys: use that version, or plan again")
		}
		return nil, errors.New("the content does not agree with the id: the plan was altered after it was saved; make a new one")
	}
	if err := sameText(plan, data); err != nil {
		return nil, err
	}
	return plan, plan.check()
}

// checkFormat looks at the format number alone, so that a newer plan is called newer and not broken.
func checkFormat(data []byte) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return errors.New("the plan is empty")
	}
	var head struct {
		Format *int `json:"format"`
	}
	err := json.Unmarshal(data, &head)
	switch {
	case err != nil && head.Format == nil:
		return fmt.Errorf("not a whole plan: %w; plan --out saves one", err)
	case err != nil:
		return fmt.Errorf("the plan is cut short or broken: %w", err)
	case head.Format == nil:
		return errors.New(`not a plan: it has no "format"`)
	case *head.Format != FormatVersion:
		return fmt.Errorf("the plan has format %d, this version reads format %d: use the entitlectl that made it, or plan again", *head.Format, FormatVersion)
	}
	return nil
}

// sameText finds what decoding forgives: repeated keys, keys in other letter case, other spellings of a value. White
// space may differ.
func sameText(plan *Plan, data []byte) error {
	want, err := encode(plan, "")
	if err != nil {
		return err
	}
	var have bytes.Buffer
	if err := json.Compact(&have, data); err != nil {
		return err
	}
	if !bytes.Equal(bytes.TrimSpace(want), bytes.TrimSpace(have.Bytes())) {
		return errors.New("the plan was altered after it was saved: its text is not what its content gives; make a new one")
	}
	return nil
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
