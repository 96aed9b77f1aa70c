package huaweicloud

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
)

// shownRow is a row with all that its numbers stand for.
type shownRow struct {
	ID      rowID
	Group   string
	Account account
	Begun   string
	OnApp   bool
}

func shownRows(p authorizationPage) (rows []shownRow) {
	groups, accounts := p.known.all()
	for _, row := range p.rows {
		rows = append(rows, shownRow{row.id, groups[row.group], accounts[row.account], row.begun.time().String(), row.onApp})
	}
	return rows
}

// rowKeys are those of rows, others that a page may have, and some that are not quite one.
var rowKeys = []string{"id", "app_group_id", "app_id", "account_id", "account", "account_type", "domain", "platform_type", "create_at",
	"app_group_name", "items", "count", "total_count", "ID", "Account", `\u0069d`, "ſ", ""}

func drawText(t *rapid.T) string {
	return rapid.SampledFrom([]string{`""`, `"a"`, `"alice"`, `"bob.lee"`, `"USER"`, `"corp.local"`, `"2026-11-01T08:00:00Z"`, `"2026-11-01 08:00:00 +0800"`,
		`"李雷"`, `"a\"b"`, `"\u00e9"`, "\"\xff\"", `null`, `7`, `-1.5e3`, `true`, `{}`, `{"a":[1,{"b":null}]}`, `[]`, `["x"]`}).Draw(t, "value")
}

func drawRow(t *rapid.T, usual []string) string {
	keys := usual
	if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
		keys = rapid.SliceOfN(rapid.SampledFrom(rowKeys), 0, 12).Draw(t, "keys")
	}
	var pairs []string
	for _, key := range keys {
		value := strconv.Quote(fmt.Sprint("v", rapid.IntRange(0, 3).Draw(t, "plain")))
		if rapid.IntRange(0, 19).Draw(t, "oddly") == 0 {
			value = drawText(t)
		}
		pairs = append(pairs, fmt.Sprintf("%q: %s", key, value))
		pairs[len(pairs)-1] = strings.Replace(pairs[len(pairs)-1], `\\u`, `\u`, 1)
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}

func drawPage(t *rapid.T) string {
	var rows []string
	for range rapid.IntRange(0, 5).Draw(t, "rows") {
		rows = append(rows, drawRow(t, rowKeys[:9]))
	}
	list := rapid.SampledFrom([]string{"authorizations", "authorizations", "authorizations", "items", "Authorizations"}).Draw(t, "list")
	text := fmt.Sprintf(`{%q: %s, %q: [%s]}`, rapid.SampledFrom(append(rowKeys, "count", "count", "count")).Draw(t, "total"),
		rapid.SampledFrom([]string{"7", `"7"`, "-1", "1.5", "null", `"many"`, "{}"}).Draw(t, "count"), list, strings.Join(rows, ","))
	if at := rapid.IntRange(-4*len(text), len(text)-1).Draw(t, "at"); at >= 0 { // a byte is another one
		text = text[:at] + string(rapid.SampledFrom([]byte(`{}[]",: ax0`+"\x00\x80")).Draw(t, "byte")) + text[at+1:]
	}
	return text
}

// TestPagesReadThemselvesAsPackageJSONReadsThem says that no row is another one, and none more or less, for how a page is read.
func TestPagesReadThemselvesAsPackageJSONReadsThem(t *testing.T) {
	read := 0
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			if readsAlike(t, drawPage(t)) {
				read++
			}
		}
	})
	if read < 10 {
		t.Errorf("only %d pages were read without package json", read)
	}
}

func readsAlike(t *rapid.T, text string) bool {
	quick, slow := authorizationPage{known: new(known)}, authorizationPage{known: new(known)}
	if !httpx.Scan([]byte(text), &quick) {
		return false
	}
	if err := json.Unmarshal([]byte(text), &slow); err != nil {
		t.Fatalf("%s: read, but: %v", text, err)
	}
	if quick.count != slow.count || (quick.rows == nil) != (slow.rows == nil) {
		t.Fatalf("%s: count %v, want %v; rows %v, want %v", text, quick.count, slow.count, quick.rows, slow.rows)
	}
	if d := cmp.Diff(shownRows(slow), shownRows(quick)); d != "" {
		t.Fatalf("%s: (-json +scan)\n%s", text, d)
	}
	return true
}

// TestRowsWithoutIDsAreToldApart says that rows that differ in something are two, and that no text of one field passes for another's.
func TestRowsWithoutIDsAreToldApart(t *testing.T) {
	k, seen := new(known), map[rowID]string{}
	for _, a := range []authorization{
		{AppGroupID: "g", account: account{Account: "a"}}, {AppGroupID: "ga"}, {AppGroupID: "g", AppID: "a"}, {AppGroupID: "g", account: account{Domain: "a"}},
		{AppGroupID: "g", account: account{PlatformType: "a"}}, {AppGroupID: "g", account: account{AccountType: "a"}}, {AppGroupID: "g\x01a"}, {ID: "g"}, {ID: "a"},
	} {
		what, id := fmt.Sprintf("%+v", a), k.row(textsOf(a)).id
		if other := seen[id]; other != "" {
			t.Errorf("%s is taken for %s", what, other)
		}
		seen[id] = what
		if again := k.row(textsOf(a)).id; again != id {
			t.Errorf("%s is not itself", what)
		}
	}
}
