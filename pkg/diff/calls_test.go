package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

var shapes = []diff.CallShape{
	{Name: "assign", Kind: kindApp, Role: spec.RoleAccess, Ops: []diff.Op{diff.OpUpdate, diff.OpGrant, diff.OpRevoke}, Resources: 3, Subjects: 2},
	{Name: "authorize", Kind: kindAppGroup, Role: spec.RoleAccess, Ops: []diff.Op{diff.OpGrant}, Resources: 2, Subjects: 2},
	{Name: "resend", Kind: kindAppGroup, Ops: []diff.Op{diff.OpResend}, Changes: 2},
	{Name: "list", Kind: kindMailGroup, Role: spec.RoleMember, Ops: []diff.Op{diff.OpGrant}, Listed: true},
}

// on reads a change from "OP KIND/RESOURCE SUBJECT".
func on(text string) diff.Change {
	f := strings.Fields(text + " ")
	kind, name, _ := strings.Cut(f[1], "/")
	c := diff.Change{Op: diff.Op(f[0]), Kind: spec.Kind(kind), Resource: name}
	if len(f) > 2 {
		c.Role, c.Subject = spec.RoleAccess, spec.Subject{Kind: spec.SubjectUser, Name: f[2]}
		if c.Kind == kindMailGroup {
			c.Role = spec.RoleMember
		}
	}
	return c
}

func TestCallsThatAreRight(t *testing.T) {
	for _, tc := range []struct{ name, call, changes, extra string }{
		{"one change", "authorize", "grant app-group/A u1", ""},
		{"a product", "authorize", "grant app-group/A u1; grant app-group/A u2; grant app-group/B u1; grant app-group/B u2", ""},
		{"a product with extra pairs", "authorize", "grant app-group/A u1; grant app-group/B u2", "grant app-group/A u2; grant app-group/B u1"},
		{"two products on the same apps", "assign",
			"grant app/A u1; grant app/B u1; revoke app/A u2; revoke app/A u3; revoke app/B u2; revoke app/B u3", ""},
		{"modes of some of the apps", "assign", "update app/A; grant app/A u1; grant app/B u1", ""},
		{"mails of any pairs", "resend", "resend app-group/A u1; resend app-group/B u2", ""},
		{"changes one by one", "list", "grant mail-group/A u1; grant mail-group/B u2", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			changes, call := callOf(tc.call, tc.changes, tc.extra)
			if err := diff.CheckCalls(changes, []diff.Call{call}, shapes); err != nil {
				t.Error(err)
			}
		})
	}
}

func callOf(name, changes, extra string) ([]diff.Change, diff.Call) {
	var all []diff.Change
	call := diff.Call{Name: name}
	for i, text := range strings.Split(changes, ";") {
		all, call.Changes = append(all, on(text)), append(call.Changes, i)
	}
	for text := range strings.SplitSeq(extra, ";") {
		if text != "" {
			call.Extra = append(call.Extra, on(text))
		}
	}
	return all, call
}

func TestCallsThatAreWrong(t *testing.T) {
	const bug = "; this is a bug in entitlectl; please report it"
	for _, tc := range []struct {
		name, call, changes, extra, want string
		anyway                           bool // also where the shapes are not known
	}{
		{"a pair too many", "authorize", "grant app-group/A u1; grant app-group/B u1; grant app-group/B u2", "",
			"would also grant app-group/A to u2, which is not among its changes", true},
		{"a pair that it takes", "assign", "grant app/A u9; grant app/B u9; revoke app/A u1; revoke app/B u1; revoke app/A u2", "",
			"would also revoke app/B from u2, which is not among its changes", true},
		{"an app that only gains", "assign", "grant app/A u9; grant app/B u9; revoke app/A u1", "", "would also revoke app/B from u1, ", true},
		{"an app that only changes its mode", "assign", "update app/B; grant app/A u9", "", "would also grant app/B to u9, ", true},
		{"an extra pair that is not enough", "authorize", "grant app-group/A u1; grant app-group/B u2", "grant app-group/A u2",
			"would also grant app-group/B to u1, ", true},
		{"extra pairs of another op", "authorize", "grant app-group/A u1", "revoke app-group/A u2",
			"has an extra change that is neither a grant nor a revoke as its own are: revoke app-group/A from u2", true},
		{"an extra change of another op", "authorize", "grant app-group/A u1", "delete app-group/B",
			"has an extra change that is neither a grant nor a revoke as its own are: delete app-group/B", true},
		{"an extra pair on another kind", "authorize", "grant app-group/A u1; grant app-group/B u2", "grant app/A u2; grant app-group/B u1",
			"is on app-group and would grant app/A to u2", true},
		{"a pair twice", "authorize", "grant app-group/A u1; grant app-group/A u1", "", "would grant app-group/A to u1, which it would grant already", true},
		{"a pair that is extra as well", "authorize", "grant app-group/A u1", "grant app-group/A u1",
			"has an extra change where the plan has one of its own: grant app-group/A to u1", true},
		{"a pair to give and to take", "assign", "grant app/A u1; revoke app/A u1", "", "would revoke app/A from u1, which it would grant already", true},
		{"the name of another call", "authorize", "revoke app-group/A u1", "", `can't carry the op "revoke"`, false},
		{"the call of another kind", "authorize", "grant app/A u1", "", "is none of the provider's calls on app", false},
		{"no such call", "authorise", "grant app-group/A u1", "", "is none of the provider's calls on app-group", false},
		{"too many resources", "authorize", "grant app-group/A u1; grant app-group/B u1; grant app-group/C u1", "", "lists 3 resources, at most 2 are allowed", false},
		{"too many subjects", "authorize", "grant app-group/A u1; grant app-group/A u2", "grant app-group/A u3",
			"lists 3 subjects to grant to, at most 2 are allowed", false},
		{"too many to take from", "assign", "revoke app/A u1; revoke app/A u2; revoke app/A u3", "", "lists 3 subjects to revoke from, at most 2 are allowed", false},
		{"too many changes", "resend", "resend app-group/A u1; resend app-group/B u2; resend app-group/C u2", "", "lists 3 changes, at most 2 are allowed", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			changes, call := callOf(tc.call, tc.changes, tc.extra)
			want := "call 1 (" + tc.call + ") " + tc.want
			err := diff.CheckCalls(changes, []diff.Call{call}, shapes)
			if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), bug) {
				t.Errorf("error %v, want %s…%s", err, want, bug)
			}
			if err := diff.CheckCalls(changes, []diff.Call{call}, nil); (err != nil) != tc.anyway {
				t.Errorf("without shapes: error %v", err)
			}
		})
	}
}

// What one call gives, or what is held back, no other may take as an extra pair.
func TestExtraPairsStandBesideThePlan(t *testing.T) {
	for _, problem := range []string{"", "no such user"} {
		given, taken := on("grant app-group/A u1"), on("revoke app-group/A u2")
		given.Problem = problem
		calls := []diff.Call{{Name: "revoke", Changes: []int{1}, Extra: []diff.Change{on("revoke app-group/A u1")}}}
		if problem == "" {
			calls = append(calls, diff.Call{Name: "authorize", Changes: []int{0}})
		}
		err := diff.CheckCalls([]diff.Change{given, taken}, calls, nil)
		if err == nil || !strings.Contains(err.Error(), "call 1 (revoke) has an extra change where the plan has one of its own: revoke app-group/A from u1") {
			t.Errorf("problem %q: error %v", problem, err)
		}
	}
}

// What one call takes, another may take too: it is gone all the same. What is held back, none may take.
func TestExtraPairsMayBeTakenTwice(t *testing.T) {
	for _, tc := range []struct{ own, problem, extra, wrong string }{
		{"revoke app-group/A u1", "", "revoke app-group/A u1", ""},
		{"revoke app-group/A u1", "protected", "revoke app-group/A u1", "an extra change where the plan has one of its own: revoke"},
		{"grant app-group/A u1", "", "grant app-group/A u1", "an extra change where the plan has one of its own: grant"},
	} {
		op, _, _ := strings.Cut(tc.own, " ")
		first, second := on(tc.own), on(op+" app-group/A u2")
		first.Problem = tc.problem
		calls := []diff.Call{{Name: "two", Changes: []int{1}, Extra: []diff.Change{on(tc.extra)}}}
		if tc.problem == "" {
			calls = append(calls, diff.Call{Name: "one", Changes: []int{0}})
		}
		err := diff.CheckCalls([]diff.Change{first, second}, calls, nil)
		if (err == nil) != (tc.wrong == "") || err != nil && !strings.Contains(err.Error(), tc.wrong) {
			t.Errorf("%+v: error %v", tc, err)
		}
	}
}

// A call is about one role: a member is not a sender.
func TestCallsAreAboutOneRole(t *testing.T) {
	changes, call := callOf("list", "grant mail-group/A u1; grant mail-group/A u2", "")
	changes[1].Role = roleSender
	if err := diff.CheckCalls(changes, []diff.Call{call}, nil); err == nil || !strings.Contains(err.Error(), `is about the role "member" and would grant mail-group/A to u2 as "sender"`) {
		t.Errorf("error %v", err)
	}
	changes[0].Role = roleSender
	if err := diff.CheckCalls(changes, []diff.Call{call}, shapes); err == nil || !strings.Contains(err.Error(), "is about the role member, not sender") {
		t.Errorf("error %v", err)
	}
}

// Whichever pair is taken out of a call that is right, it is wrong, and right again when it names the pair as an extra one.
func TestCallsAreRightAsAWholeOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var changes []diff.Change
		apps := rapid.IntRange(2, 5).Draw(t, "apps")
		for _, op := range []diff.Op{diff.OpGrant, diff.OpRevoke} {
			for s := range rapid.IntRange(2, 5).Draw(t, string(op)) {
				for a := range apps {
					changes = append(changes, on(fmt.Sprintf("%s app/a%d %s%d", op, a, op, s)))
				}
			}
		}
		changes = rapid.Permutation(changes).Draw(t, "order")
		call := diff.Call{Name: "assign"}
		for i := range changes {
			call.Changes = append(call.Changes, i)
		}
		if err := diff.CheckCalls(changes, []diff.Call{call}, nil); err != nil {
			t.Fatal(err)
		}
		at := rapid.IntRange(0, len(changes)-1).Draw(t, "out")
		gone := changes[at]
		without, rest := append(append([]diff.Change{}, changes[:at]...), changes[at+1:]...), diff.Call{Changes: call.Changes[:len(changes)-1]}
		if err := diff.CheckCalls(without, []diff.Call{rest}, nil); err == nil || !strings.Contains(err.Error(), gone.Resource) || !strings.Contains(err.Error(), gone.Subject.Name) {
			t.Fatalf("without %+v: error %v", gone, err)
		}
		rest.Extra = []diff.Change{gone}
		if err := diff.CheckCalls(without, []diff.Call{rest}, nil); err != nil {
			t.Fatalf("with the same as an extra pair: %v", err)
		}
	})
}
