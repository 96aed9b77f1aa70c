package alibabacloudemu

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

// TestListFields wants exactly the fields that are documented: no list but that of 2016-11-11 tells a RecordId.
func TestListFields(t *testing.T) {
	inBubble(t, Options{}, smallSeed, func(c client) {
		const rest = "DisplayName FolderId JoinMethod JoinTime ModifyTime ResourceDirectoryId ResourceDirectoryPath Status Tags Type"
		emutest.Same(t, v2020, keys(c.want("", "2020-03-31 ListAccounts").Accounts.Account[0]), "AccountId "+rest)
		got := c.want("", listAccounts).Accounts.Account[0]
		emutest.Same(t, v2022, keys(got), "AccountId AccountName DeletionStatus "+rest)
		emutest.Same(t, "Tags", got["Tags"], any(map[string]any{"Tag": []any{}}))
		emutest.Same(t, listRecords, keys(c.want("", listRecords).Records.Record[0]), "AccountId AccountName DisplayName FolderId JoinMethod JoinTime ModifyTime RecordId ResourceDirectoryId Status Type")
	})
}

func manyAccounts(n int) string {
	var seed strings.Builder
	seed.WriteString("alibabacloud:\n  accounts:\n")
	for i := range n {
		fmt.Fprintf(&seed, "    - {name: account %03d, status: PromoteVerifying}\n", i)
	}
	return seed.String()
}

func TestPaging(t *testing.T) {
	inBubble(t, Options{Unthrottled: true}, manyAccounts(205), func(c client) {
		for _, call := range []string{"2020-03-31 ListAccounts", listAccounts, listRecords} {
			var names []string
			for page := 1; ; page++ {
				got := c.want("", call, "PageNumber", fmt.Sprint(page), "PageSize", "100")
				if got.TotalCount != 205 || got.PageNumber != page || got.PageSize != 100 {
					t.Errorf("%s: page %d of %d rows has %d of %d", call, got.PageNumber, got.PageSize, page, got.TotalCount)
				}
				rows := append(got.Accounts.Account, got.Records.Record...)
				for _, a := range rows {
					names = append(names, a["DisplayName"].(string))
				}
				if len(rows) == 0 {
					break
				}
			}
			wantWhole(t, call, names)
			got := c.want("", call)
			if n := len(got.Accounts.Account) + len(got.Records.Record); n != 10 || got.PageSize != 10 {
				t.Errorf("%s: %d rows of %d by default", call, n, got.PageSize)
			}
		}
	})
}

func TestPagingByToken(t *testing.T) {
	inBubble(t, Options{}, manyAccounts(205), func(c client) {
		var names []string
		params := []string{"MaxResults", "41", "NextToken", ""} // a fifth of all
		for range 5 {
			got := c.want("", listAccounts, params...)
			if got.TotalCount != 205 || got.PageNumber != 0 {
				t.Errorf("got %.100s", got.Text)
			}
			for _, a := range got.Accounts.Account {
				names = append(names, a["DisplayName"].(string))
			}
			params[3] = got.NextToken
		}
		emutest.Same(t, "last token", params[3], "")
		wantWhole(t, "by token", names)
		if got := c.want("", listAccounts, "NextToken", c.want("", listAccounts, "MaxResults", "100").NextToken); len(got.Accounts.Account) != 10 {
			t.Errorf("%d accounts by default", len(got.Accounts.Account))
		}
	})
}

func wantWhole(t *testing.T, what string, names []string) {
	t.Helper()
	for i, name := range names {
		if name != fmt.Sprintf("account %03d", i) {
			t.Fatalf("%s: %q is number %d", what, name, i)
		}
	}
	if len(names) != 205 {
		t.Errorf("%s: %d rows", what, len(names))
	}
}

func TestFilters(t *testing.T) {
	seed := "alibabacloud:\n  accounts:\n    - {name: deep, folder: fd-0123456789, status: PromoteVerifying}\n"
	for i, s := range statuses {
		seed += fmt.Sprintf("    - {name: a%d, status: %s}\n", i, s)
	}
	inBubble(t, Options{}, seed, func(c client) {
		for _, test := range []struct {
			call   string
			params []string
			want   int
		}{
			{listAccounts, nil, 9}, // neither the four that never came to be, nor Removed
			{listAccounts, []string{"QueryKeyword", "a1"}, 2},
			{listAccounts, []string{"QueryKeyword", c.id("deep")}, 1},
			{listAccounts, []string{"Tag.1.Key", "team"}, 0},
			{"2020-03-31 ListAccounts", []string{"QueryKeyword", "a1", "MaxResults", "1"}, 9},
			{listRecords, nil, 9},
			{listRecords, []string{"ParentFolderId", rootFolderID}, 9},
			{listRecords, []string{"ParentFolderId", "fd-0123456789"}, 1},
			{listRecords, []string{"ParentFolderId", "fd-0123456789", "QueryKeyword", "a1"}, 0},
		} {
			emutest.Same(t, fmt.Sprint(test.call, test.params), c.want("", test.call, test.params...).TotalCount, test.want)
		}
	})
}

func TestLag(t *testing.T) {
	inBubble(t, Options{}, smallSeed, func(c client) {
		c.Spoil(emu.Fault{Match: "POST /2020-03-31/*", Kind: emu.FaultLag, For: time.Minute})
		id := c.id("billing")
		c.want("", promote, "AccountId", id, "Email", "b@corp.example")
		c.want("AccountTypeOrStatusMismatch", promote, "AccountId", id, "Email", "b@corp.example")
		see := func(status string, records int) {
			t.Helper()
			emutest.Same(t, "GetAccount", strings.Fields(c.status("billing"))[0], status)
			emutest.Same(t, "ListAccounts", c.want("", listAccounts, "QueryKeyword", "billing").Accounts.Account[0]["Status"], any(status))
			emutest.Same(t, "records", c.want("", listRecords, "QueryKeyword", "billing").TotalCount, records)
		}
		see("CreateSuccess", 0)
		c.Advance(time.Minute)
		see("PromoteVerifying", 1)
	})
}
