package huaweicloud_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

const namesakes = `huaweicloud:
  users: [{name: alice}, {name: bob}, {name: bob, domain: lee.local}, {name: Carol}]
  userGroups: [{name: Designers}, {name: Makers, domain: lee.local}]
  appGroups: [{name: CAD, grants: [alice, {to: bob, domain: lee.local}, group:Designers, {to: "group:Makers", domain: lee.local}]}]
  apps: [{name: AutoCAD, grants: [alice, Carol]}, {name: Paint, grants: [{to: bob, domain: lee.local}]}]
`

// edited is the tenant with rows of grants as change leaves them: those that name an account.
func edited(t *testing.T, seed string, change func(row map[string]any) []map[string]any) *cloud {
	c := newCloud(t, free, seed)
	c.Rewrite(func(_ *http.Request, answer map[string]any) {
		providertest.EachList(answer, func(rows []map[string]any) (all []map[string]any) {
			for _, row := range rows {
				if _, grant := row["account"]; !grant {
					all = append(all, row)
				} else {
					all = append(all, change(row)...)
				}
			}
			return all
		})
	})
	return c
}

func withoutDomain(row map[string]any) []map[string]any {
	delete(row, "domain")
	return []map[string]any{row}
}

// Whom a directory lacks that shows somebody without a name nobody can tell: nobody is called unknown by it.
func TestDirectoriesThatShowNoNames(t *testing.T) {
	for _, subject := range []spec.Subject{user("alice"), group("Designers")} {
		want := desired(ref(kindAppGroup, "CAD"), subject)
		c := newCloud(t, free, "huaweicloud:\n  users: [{name: alice}]\n  userGroups: [{name: Designers}]\n  appGroups: [{name: CAD}]\n")
		c.Rewrite(func(r *http.Request, answer map[string]any) {
			for _, list := range []string{"users", "user_groups"} {
				for _, row := range rowsOf(answer, list) {
					delete(row.(map[string]any), "user_name")
					delete(row.(map[string]any), "name")
				}
			}
		})
		live, err := c.Open(t).Read(t.Context(), providertest.All(want))
		if lacks := (*provider.NotWhole)(nil); !errors.As(err, &lacks) {
			t.Errorf("%s: error %v, unknown %v", subject, err, live.UnknownSubjects)
		}
	}
}

// A name without its domain may be two people's: it is looked up, by id where there is one.
func TestRowsWithoutTheirDomain(t *testing.T) {
	lee := func(s spec.Subject) spec.Subject { s.Domain = "lee.local"; return s }
	for _, tc := range []struct {
		name, seed string
		want       spec.State
		trusted    bool
	}{
		{"ids tell", namesakes, desired(ref(kindAppGroup, "CAD"), user("alice"), lee(user("bob")), group("Designers"), lee(group("Makers"))), true},
		{"names tell", namesakes, desired(ref(kindApp, "AutoCAD"), user("alice"), user("Carol")), true},
		{"two have the name", namesakes, desired(ref(kindApp, "Paint"), user("bob")), false},
	} {
		c := edited(t, tc.seed, withoutDomain)
		live, err := c.Open(t).Read(t.Context(), providertest.All(tc.want))
		if err != nil {
			t.Fatal(err)
		}
		trusted := true
		for _, r := range live.Resources {
			trusted = trusted && r.Incomplete == ""
		}
		for _, change := range diff.Compute(tc.want, live, diff.Resending{}) {
			if tc.trusted || change.Op == diff.OpRevoke {
				t.Errorf("%s: planned %s %s on %s", tc.name, change.Op, change.Subject, change.Resource)
			}
		}
		if trusted != tc.trusted {
			t.Errorf("%s: notes %q", tc.name, live.Notes)
		}
	}
}

// Who may use an app has one row. Where one stands there again, less than whole, it counts as a row and another one may be missing.
func TestAssignmentsThatStandThereTwice(t *testing.T) {
	c := edited(t, namesakes, func(row map[string]any) []map[string]any {
		if row["account"] != "alice" {
			return nil
		}
		return []map[string]any{row, withoutDomain(maps.Clone(row))[0]}
	})
	r := ref(kindApp, "AutoCAD") // alice and Carol
	live, err := c.Open(t).Read(t.Context(), providertest.All(desired(r, user("alice"))))
	if err != nil || live.Resources[r].Incomplete == "" {
		t.Errorf("the list counts as whole; error %v", err)
	}
}

// Rows of one account are one grant, whatever the ids of rows; a removal takes all of them.
func TestOneAuthorizationUnderTwoIDs(t *testing.T) {
	for _, tc := range []struct{ name, key, note, body string }{
		{"another authorization", "id", "", `"id":"`},
		{"an account that was made again", "account_id", "is there with two ids", `"account":"alice"`},
		{"another platform", "platform_type", "on different platforms", ""},
	} {
		c := edited(t, small, func(row map[string]any) []map[string]any {
			twin := maps.Clone(row)
			twin["id"] = fmt.Sprint(row["id"], "x")
			if twin[tc.key] = "AD"; tc.key == "id" {
				twin["id"] = "439d64d37c8b495fffffffffffffffff" + fmt.Sprint(row["account"])
			}
			return []map[string]any{row, twin}
		})
		r := ref(kindAppGroup, "CAD")
		w := c.Open(t)
		live, err := w.Read(t.Context(), providertest.All(desired(r, group("Designers"))))
		if notes := fmt.Sprint(live.Notes); err != nil || live.Grants.Len() != 2 || tc.note != "" && !strings.Contains(notes, tc.note) || tc.note == "" && len(live.Notes) > 0 {
			t.Errorf("%s: %d grants, notes %s, error %v", tc.name, live.Grants.Len(), notes, err)
		}
		if tc.key == "platform_type" {
			continue
		}
		c.apply(t, w, desired(r, group("Designers")))
		bodies := c.Bodies("/app-groups/actions/batch-delete-authorization")
		if len(bodies) != 1 || !strings.Contains(bodies[0], tc.body) || tc.key == "account_id" && strings.Contains(bodies[0], `"id"`) || strings.Contains(c.World(t), "grants: [alice, ") {
			t.Errorf("%s: sent %q, left %s", tc.name, bodies, c.World(t))
		}
	}
}
