package render

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

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

// manyChanges is a plan of grants, revokes and blocked changes.
func manyChanges(grants, revokes, blocked int) *diff.Plan {
	part := diff.ConnectionPlan{Name: "workspace", Provider: "huaweicloud"}
	for i := range grants {
		part.Changes = append(part.Changes, diff.Change{Op: diff.OpGrant, Kind: kindAppGroup, Resource: "CAD",
			Role: spec.RoleAccess, Subject: user(fmt.Sprintf("工程师%05d", i)), Source: "a.yaml:1"})
	}
	for i := range revokes {
		part.Changes = append(part.Changes, diff.Change{Op: diff.OpRevoke, Kind: kindAppGroup, Resource: fmt.Sprintf("Legacy%d", i%7),
			Role: spec.RoleAccess, Subject: user(fmt.Sprintf("gone%03d", i/3)), Reason: "not in the files"})
	}
	for i := range blocked {
		part.Changes = append(part.Changes, diff.Change{Op: diff.OpGrant, Kind: kindApp, Resource: "Excel", Role: spec.RoleAccess, Subject: user(fmt.Sprint(i)), Problem: "no such user"})
	}
	plan := &diff.Plan{Connections: []diff.ConnectionPlan{part, {Name: "empty", Provider: "p", Unmanaged: 1}}}
	plan.Summarize(nil)
	return plan
}

// A plan too long for a comment shows everything that it takes first and counts the rest.
func TestMarkdownOverflow(t *testing.T) {
	have := asMarkdown(t, Plan(manyChanges(3000, 100, 0), Layout{}))
	if len(have) > MarkdownLimit || len(have) < MarkdownLimit*8/10 {
		t.Errorf("%d bytes were written, the limit is %d", len(have), MarkdownLimit)
	}
	shown := strings.Count(have, "`a.yaml:1`")
	left := fmt.Sprintf("Left out: %d rows (`+` × %d). ", 3000-shown, 3000-shown)
	if !strings.Contains(have, left) || shown < 100 {
		t.Errorf("%d grants are shown, and the text doesn't say %q", shown, left)
	}
	if n := strings.Count(have, "| `-` |"); n != 100 {
		t.Errorf("%d of 100 revokes are shown", n)
	}
	if strings.Index(have, "| `-` |") > strings.Index(have, "工程师") {
		t.Error("grants come before revokes")
	}
	if !strings.HasSuffix(have, "\n") || !strings.Contains(have, "#### `empty (p)`") {
		t.Error("the end is cut")
	}
}

// Where what is taken away does not fit with its reasons, all of it is told in few words, and there is room for more.
func TestMarkdownShortensTakings(t *testing.T) {
	plan := manyChanges(100, 1500, 2)
	have := asMarkdown(t, Plan(plan, Layout{}))
	if n := strings.Count(have, "`gone"); n < 1500 || !strings.Contains(have, "| Resource | Taken from |") || strings.Contains(have, "not in the files`") || !strings.Contains(have, "no such user") || !strings.Contains(have, "`+` × ") {
		t.Errorf("%d of 1500 who lose are named:\n%.3000s", n, have)
	}
}

// Where people are too many to be shown, who loses is told with the count.
func TestMarkdownOfManyPeople(t *testing.T) {
	have := asMarkdown(t, Plan(manyChanges(0, 3000, 0), Layout{By: ByPerson}))
	if !strings.Contains(have, "Of what was left out this takes access: `gone") || len(have) > MarkdownLimit {
		t.Errorf("%d bytes:\n%.1000s", len(have), have)
	}
}

// Where not even what is taken away fits, nothing less risky is shown, and all of it is in totals.
func TestMarkdownRiskyOverflow(t *testing.T) {
	plan := manyChanges(2000, 6000, 50)
	plan.Connections[0].Notes = []string{"loud"}
	have := asMarkdown(t, Plan(plan, Layout{}))
	if strings.Contains(have, "工程师") || strings.Contains(have, "no such user") || !strings.Contains(have, "`+` × 2000, `-` × ") || !strings.Contains(have, "**WARNING** `loud`") || len(have) > MarkdownLimit {
		t.Errorf("%d bytes, or a wrong choice of rows:\n%.600s", len(have), have)
	}
	for _, by := range []string{"by resource", "by person"} {
		_, table, _ := strings.Cut(have, "#### Taken away, "+by)
		table, _, _ = strings.Cut(table, "####")
		sum := 0
		for _, n := range regexp.MustCompile(`\| (\d+) \|`).FindAllStringSubmatch(table, -1) {
			count, _ := strconv.Atoi(n[1])
			sum += count
		}
		if sum != 6000 {
			t.Errorf("the totals %s sum up to %d:\n%.300s", by, sum, table)
		}
	}
	if shown := strings.Count(have, "| `-` |"); shown < 100 || !strings.Contains(have, fmt.Sprintf("`-` × %d)", 6000-shown)) {
		t.Errorf("%d revokes are shown", shown)
	}
}

// Where room is short, what is blocked leaves it to what is taken away.
func TestMarkdownShowsTakingsFirst(t *testing.T) {
	plan := manyChanges(0, 100, 1500)
	plan.Connections[0].Changes = append(plan.Connections[0].Changes,
		diff.Change{Op: diff.OpUpdate, Kind: "app", Resource: "Excel", Field: "audience", From: "everyone", To: "assigned", Takes: "access"})
	have := asMarkdown(t, Plan(plan, Layout{}))
	if strings.Count(have, "| `-` |") != 100 || !strings.Contains(have, "everyone -> assigned") || !strings.Contains(have, "Left out: ") || strings.Contains(have, "Taken away, by") {
		t.Errorf("not all that is taken is shown:\n%.2000s", have)
	}
}

// Whatever a plan holds and however long its names are, its comment stays below the limit, and says of each change that it is
// there: in a row, or in a count.
func TestMarkdownLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := &diff.Plan{ID: "sha256:0"}
		for range rapid.IntRange(1, 3).Draw(t, "connections") {
			part := diff.ConnectionPlan{Name: fmt.Sprint("c", len(plan.Connections)), Provider: "p"}
			long := strings.Repeat("x", rapid.SampledFrom([]int{1, 50, 2000}).Draw(t, "length"))
			for range rapid.IntRange(0, 40).Draw(t, "notes") {
				part.Notes = append(part.Notes, long)
			}
			for i := range rapid.SampledFrom([]int{0, 3, 100, 600}).Draw(t, "changes") {
				c := diff.Change{Op: []diff.Op{diff.OpGrant, diff.OpRevoke, diff.OpRevoke, diff.OpCreate}[i%4], Kind: kindApp, Resource: fmt.Sprint(long, i%7), Role: spec.RoleAccess}
				if c.Op != diff.OpCreate {
					c.Subject = user(fmt.Sprint("u", i%13, long))
				}
				part.Changes = append(part.Changes, c)
			}
			plan.Connections = append(plan.Connections, part)
		}
		plan.Summarize(nil)
		text := new(strings.Builder)
		if err := Markdown(text, Plan(plan, Layout{})); err != nil || text.Len() > MarkdownLimit {
			t.Fatalf("%d bytes, %v", text.Len(), err)
		}
		shown := strings.Count(text.String(), "| `-` |")
		if _, short, isShort := strings.Cut(text.String(), string(shortColumns)); isShort {
			short, _, _ = strings.Cut(short, "\n\n")
			shown = strings.Count(short, "@local.com`")
		}
		if left := regexp.MustCompile("`-` × (\\d+)").FindStringSubmatch(text.String()); left != nil {
			n, _ := strconv.Atoi(left[1])
			shown += n
		}
		if shown != plan.Summary.Revoke {
			t.Fatalf("%d of %d revokes are told:\n%.3000s", shown, plan.Summary.Revoke, text)
		}
	})
}
