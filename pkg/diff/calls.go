package diff

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// CallShape is what a vendor's call may carry. It lists resources, subjects to grant to and subjects to revoke from, and the
// vendor does to each of the resources what it does to any: so what the call grants and what it revokes are full products.
type CallShape struct {
	Name      string
	Kind      spec.Kind
	Role      spec.Role // of what it grants and revokes
	Ops       []Op
	Resources int  // the most that it may list; 0: no limit
	Subjects  int  // the most that it may list for each op; 0: no limit
	Changes   int  // the most that it may carry; 0: no limit
	Listed    bool // it lists its changes one by one instead, and need be no product
}

// CheckCalls fails unless each change without a problem is in exactly one of the calls, and each call does what its changes
// and its extra ones say and nothing else, within its shape. Without shapes all calls must be products, whatever their names
// and sizes. An error names the call and, where there is one, the resource and the subject.
func CheckCalls(changes []Change, calls []Call, shapes []CallShape) error {
	carried, planned, l := make([]bool, len(changes)), plannedBeside(changes, calls), newListing()
	for n, call := range calls {
		for _, i := range call.Changes {
			if i < 0 || i >= len(changes) || carried[i] || changes[i].Problem != "" {
				return wrongCall(n, call, fmt.Errorf("carries change %d, which does not exist, is blocked or is in another call", i))
			}
			carried[i] = true
		}
		for _, c := range call.Extra {
			own, known := planned[access{c.Kind, c.Resource, c.Subject}]
			if again := own == OpRevoke && c.Op == OpRevoke; known && !again {
				return wrongCall(n, call, fmt.Errorf("has an extra change where the plan has one of its own: %s", c.describe()))
			}
		}
		if err := l.check(changes, call, shapes); err != nil {
			return wrongCall(n, call, err)
		}
	}
	for i, c := range changes {
		if c.Problem == "" && !carried[i] {
			return fmt.Errorf("no call would %s (change %d); %s", c.describe(), i, ourBug)
		}
	}
	return nil
}

// access is who may use what.
type access struct {
	kind     spec.Kind
	resource string
	subject  spec.Subject
}

// plannedBeside says what the changes do to pairs, if some call has extra ones: of a blocked change, that is nothing. What is
// revoked may be revoked again, which changes nothing.
func plannedBeside(changes []Change, calls []Call) map[access]Op {
	if !slices.ContainsFunc(calls, func(c Call) bool { return len(c.Extra) > 0 }) {
		return nil
	}
	planned := make(map[access]Op, len(changes))
	for _, c := range changes {
		if c.Op != OpGrant && c.Op != OpRevoke {
			continue
		}
		pair := access{c.Kind, c.Resource, c.Subject}
		if planned[pair] = c.Op; c.Problem != "" {
			planned[pair] = ""
		}
	}
	return planned
}

const ourBug = "this is a bug in entitlectl; please report it"

func wrongCall(n int, call Call, err error) error {
	return fmt.Errorf("call %d (%s) %w; %s", n+1, call.Name, err, ourBug)
}

// describe says in a few words what a change does, and to whom.
func (c Change) describe() string {
	text := fmt.Sprintf("%s %s/%s", c.Op, c.Kind, c.Resource)
	switch {
	case c.Subject == (spec.Subject{}):
		return text
	case c.Op == OpRevoke:
		return text + " from " + c.Subject.String()
	}
	return text + " to " + c.Subject.String()
}

// check fails unless the call touches nothing but what it names and is within its shape.
func (l *listing) check(changes []Change, call Call, shapes []CallShape) error {
	if err := l.read(changes, call); err != nil {
		return err
	}
	if shapes == nil {
		return l.checkProduct()
	}
	at := slices.IndexFunc(shapes, func(s CallShape) bool { return s.Name == call.Name && s.Kind == l.kind })
	if at < 0 {
		return fmt.Errorf("is none of the provider's calls on %s", l.kind)
	}
	if err := l.checkShape(shapes[at], len(call.Changes)+len(call.Extra)); err != nil || shapes[at].Listed {
		return err
	}
	return l.checkProduct()
}

// listing is what a call lists. It is used for one call after the other.
type listing struct {
	kind      spec.Kind
	role      spec.Role // of its grants and revokes; "" while there are none
	ops       map[Op]bool
	resources map[string]bool
	subjects  map[Op]map[spec.Subject]bool // of grants and revokes
	pairs     map[access]Op                // what it grants or revokes
}

func newListing() *listing {
	return &listing{ops: map[Op]bool{}, resources: map[string]bool{},
		subjects: map[Op]map[spec.Subject]bool{OpGrant: {}, OpRevoke: {}}, pairs: map[access]Op{}}
}

// read lists the changes of a call and its extra ones.
func (l *listing) read(changes []Change, call Call) error {
	if len(call.Changes) == 0 {
		return errors.New("carries no change")
	}
	l.kind, l.role = changes[call.Changes[0]].Kind, ""
	clear(l.ops)
	clear(l.resources)
	clear(l.subjects[OpGrant])
	clear(l.subjects[OpRevoke])
	clear(l.pairs)
	for _, i := range call.Changes {
		if err := l.add(changes[i]); err != nil {
			return err
		}
	}
	for _, c := range call.Extra {
		if len(l.subjects[c.Op]) == 0 {
			return fmt.Errorf("has an extra change that is neither a grant nor a revoke as its own are: %s", c.describe())
		}
		if err := l.add(c); err != nil {
			return err
		}
	}
	return nil
}

// add lists what a change is about, which must be of the same kind and role as all others and not be there yet.
func (l *listing) add(c Change) error {
	if c.Kind != l.kind {
		return fmt.Errorf("is on %s and would %s", l.kind, c.describe())
	}
	l.ops[c.Op], l.resources[c.Resource] = true, true
	if c.Op != OpGrant && c.Op != OpRevoke {
		return nil
	}
	if len(l.pairs) == 0 {
		l.role = c.Role
	}
	if c.Role != l.role {
		return fmt.Errorf("is about the role %q and would %s as %q", l.role, c.describe(), c.Role)
	}
	pair := access{c.Kind, c.Resource, c.Subject}
	if before, known := l.pairs[pair]; known {
		return fmt.Errorf("would %s, which it would %s already", c.describe(), before)
	}
	l.pairs[pair], l.subjects[c.Op][c.Subject] = c.Op, true
	return nil
}

// checkProduct fails where the vendor would do something to a pair that no change names.
func (l *listing) checkProduct() error {
	if want := len(l.resources) * (len(l.subjects[OpGrant]) + len(l.subjects[OpRevoke])); len(l.pairs) == want {
		return nil
	}
	for _, op := range []Op{OpGrant, OpRevoke} {
		for _, resource := range slices.Sorted(maps.Keys(l.resources)) {
			for _, subject := range slices.SortedFunc(maps.Keys(l.subjects[op]), spec.Subject.Compare) {
				if l.pairs[access{l.kind, resource, subject}] != op {
					also := Change{Op: op, Kind: l.kind, Resource: resource, Subject: subject}
					return fmt.Errorf("would also %s, which is not among its changes", also.describe())
				}
			}
		}
	}
	return nil
}

// checkShape fails where the call's name does not stand for what it carries, or a limit of the vendor is passed.
func (l *listing) checkShape(s CallShape, changes int) error {
	for _, op := range slices.Sorted(maps.Keys(l.ops)) {
		if !slices.Contains(s.Ops, op) {
			return fmt.Errorf("can't carry the op %q", op)
		}
	}
	if l.role != "" && l.role != s.Role {
		return fmt.Errorf("is about the role %s, not %s", s.Role, l.role)
	}
	for _, limit := range []struct {
		what       string
		have, most int
	}{
		{"resources", len(l.resources), s.Resources},
		{"subjects to grant to", len(l.subjects[OpGrant]), s.Subjects},
		{"subjects to revoke from", len(l.subjects[OpRevoke]), s.Subjects},
		{"changes", changes, s.Changes},
	} {
		if limit.most > 0 && limit.have > limit.most {
			return fmt.Errorf("lists %d %s, at most %d are allowed", limit.have, limit.what, limit.most)
		}
	}
	return nil
}
