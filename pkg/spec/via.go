package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Step is a team on the way from a line of a resource to a person.
type Step struct {
	Team   string `json:"team"`
	Source string `json:"source"` // file:line, in that team, of the next team or, in the last step, of the person
}

// Via is the teams through which a line reaches a person, from the line on, as a value: equal ones are ==. The zero value is
// none, of a line that names its subject itself.
type Via struct {
	text string // JSON of the steps; "" without steps
}

// maxSteps bounds how many steps a Via has. Of more those in the middle are left out: each of a million changes has its own.
const maxSteps = 32

// ViaOf makes a Via of steps.
func ViaOf(steps []Step) Via {
	if n := len(steps); n > maxSteps {
		left := Step{Team: fmt.Sprintf("(%d teams more)", n-maxSteps)}
		steps = slices.Concat(steps[:maxSteps/2], []Step{left}, steps[n-maxSteps/2:])
	}
	if len(steps) == 0 {
		return Via{}
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(steps); err != nil { // a Step holds strings only
		return Via{}
	}
	return Via{strings.TrimSuffix(text.String(), "\n")}
}

// Steps are the teams, from the line of the resource on.
func (v Via) Steps() (steps []Step) {
	if v.text != "" {
		_ = json.Unmarshal([]byte(v.text), &steps) // ViaOf made it
	}
	return steps
}

// Equal is ==, for comparisons that can't look inside.
func (v Via) Equal(o Via) bool { return v == o }

// String names the teams, the line of each after it: "eng (teams.yaml:4) > cad (teams.yaml:9)".
func (v Via) String() string {
	return strings.Join(Each(v.Steps(), func(s Step) string {
		if s.Source == "" {
			return s.Team
		}
		return s.Team + " (" + s.Source + ")"
	}), " > ")
}

// MarshalJSON writes the steps.
func (v Via) MarshalJSON() ([]byte, error) {
	if v.text == "" {
		return []byte("[]"), nil
	}
	return []byte(v.text), nil
}

// UnmarshalJSON reads steps.
func (v *Via) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var steps []Step
	if err := d.Decode(&steps); err != nil {
		return fmt.Errorf("via: %w", err)
	}
	*v = ViaOf(steps)
	return nil
}
