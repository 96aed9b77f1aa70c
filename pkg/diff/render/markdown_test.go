package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

func TestMarkdownHostileNames(t *testing.T) {
	tests := []struct{ in, want string }{
		{"@everyone", "`@everyone`"},
		{"<img src=x>", "`<img src=x>`"},
		{"a|b", "<code>a&#124;b</code>"},
		{`a\|b`, "<code>a&#92;&#124;b</code>"},
		{"``` @all", "<code>&#96;&#96;&#96; &#64;all</code>"},
		{"a\n| b", "<code>a&#92;n&#124; b</code>"},
		{"</code>`", "<code>&#60;&#47;code&#62;&#96;</code>"},
		{"\u202e", "<code>&#92;u202e</code>"},
		{" a ", "<code> a </code>"},
		{"", ""},
	}
	for _, test := range tests {
		compare(t, strings.ReplaceAll(test.want, "| b", " b"), code(test.in))
	}
}

// A plan too long for a comment shows every revoke first and counts the rest.
func TestMarkdownOverflow(t *testing.T) {
	part := diff.ConnectionPlan{Name: "workspace", Provider: "huaweicloud"}
	for i := range 3000 {
		part.Changes = append(part.Changes, diff.Change{Op: diff.OpGrant, Kind: kindAppGroup, Resource: "CAD",
			Role: spec.RoleAccess, Subject: user(fmt.Sprintf("工程师%05d", i)), Source: "a.yaml:1"})
	}
	for i := range 100 {
		part.Changes = append(part.Changes, diff.Change{Op: diff.OpRevoke, Kind: kindAppGroup, Resource: "Legacy",
			Role: spec.RoleAccess, Subject: user(fmt.Sprintf("gone%03d", i)), Reason: "not in the files"})
	}
	plan := &diff.Plan{Connections: []diff.ConnectionPlan{part, {Name: "empty", Provider: "p", Unmanaged: 1}}}
	plan.Summarize(nil)
	have := asMarkdown(t, Plan(plan))
	if len(have) > MarkdownLimit || len(have) < MarkdownLimit*9/10 {
		t.Errorf("%d bytes were written, the limit is %d", len(have), MarkdownLimit)
	}
	shown := strings.Count(have, "| `+` |")
	left := fmt.Sprintf("Left out: %d rows (`+` × %d). ", 3000-shown, 3000-shown)
	if !strings.Contains(have, left) {
		t.Errorf("%d grants are shown, and the text doesn't say %q", shown, left)
	}
	if n := strings.Count(have, "| `-` |"); n != 100 {
		t.Errorf("%d of 100 revokes are shown", n)
	}
	if strings.Index(have, "| `-` |") > strings.Index(have, "| `+` |") {
		t.Error("grants come before revokes")
	}
	if !strings.HasSuffix(have, "\n") || !strings.Contains(have, "#### `empty (p)`") {
		t.Error("the end is cut")
	}
}

// Where not even the risky rows fit, nothing less risky is shown.
func TestMarkdownRiskyOverflow(t *testing.T) {
	part := diff.ConnectionPlan{Name: "workspace", Provider: "huaweicloud", Unmanaged: 3, Notes: []string{"loud"}}
	for i := range 2000 {
		part.Changes = append(part.Changes,
			diff.Change{Op: diff.OpGrant, Kind: kindAppGroup, Resource: "CAD", Subject: user("a")},
			diff.Change{Op: diff.OpRevoke, Kind: kindAppGroup, Resource: "CAD", Subject: user(fmt.Sprint(i))})
	}
	have := asMarkdown(t, Plan(&diff.Plan{Connections: []diff.ConnectionPlan{part}}))
	if strings.Contains(have, "| `+` |") || !strings.Contains(have, "`+` × 2000, `-` × ") ||
		!strings.Contains(have, ", 1 note. ") || !strings.Contains(have, "**WARNING** `loud`") {
		t.Errorf("wrong choice of rows:\n%.600s", have)
	}
}

// Where room is short, settings that take access stand with the revokes, before what is blocked.
func TestMarkdownShowsTakingsFirst(t *testing.T) {
	part := diff.ConnectionPlan{Name: "workspace", Provider: "huaweicloud"}
	for i := range 1500 {
		part.Changes = append(part.Changes, diff.Change{Op: diff.OpGrant, Kind: "app-group", Resource: "CAD", Subject: user(fmt.Sprint(i)), Problem: "no such user"})
	}
	part.Changes = append(part.Changes, diff.Change{Op: diff.OpUpdate, Kind: "app", Resource: "Excel", Field: "audience", From: "everyone", To: "assigned", Takes: "access"},
		diff.Change{Op: diff.OpRevoke, Kind: "app", Resource: "Excel", Subject: user("gone")})
	have := asMarkdown(t, Plan(&diff.Plan{Connections: []diff.ConnectionPlan{part}}))
	closed, gone, blocked := strings.Index(have, "everyone -> assigned"), strings.Index(have, "gone"), strings.Index(have, "no such user")
	if closed < 0 || gone < 0 || max(closed, gone) > blocked {
		t.Errorf("closed at %d, revoked at %d, blocked at %d", closed, gone, blocked)
	}
}
