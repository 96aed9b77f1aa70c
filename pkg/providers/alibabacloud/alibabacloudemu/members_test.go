package alibabacloudemu

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestGetAccount(t *testing.T) {
	inBubble(t, Options{}, `alibabacloud: {accounts: [{name: it, type: cloud, status: InviteSuccess, email: a@corp.example, phone: 86-13800000000, folder: fd-0123456789}]}`, func(c client) {
		got := c.want("", getAccount, "AccountId", c.id("it"), "IncludeTags", "true").Account
		want := map[string]any{
			"AccountId": "1000000000000001", "AccountName": "a@corp.example", "DisplayName": "it", "FolderId": "fd-0123456789",
			"JoinMethod": "invited", "JoinTime": "2000-01-01T00:00:00Z", "ModifyTime": "2000-01-01T00:00:00Z",
			"ResourceDirectoryId": "rd-Em1ato", "Status": "InviteSuccess", "Type": "CloudAccount",
			"EmailStatus": "", "IdentityInformation": "", "Location": "root", "Tags": []any{},
			"ResourceDirectoryPath": "rd-Em1ato/r-Em1ato/fd-0123456789/1000000000000001",
			"HasSecureMobilePhone":  true, "SecureMobilePhone": "86-13800000000",
		}
		wantSame(t, v2022, got, want)
		delete(want, "HasSecureMobilePhone")
		delete(want, "SecureMobilePhone")
		wantSame(t, v2020, c.want("", "2020-03-31 GetAccount", "AccountId", c.id("it")).Account, want)
	})
}

// TestListFields wants exactly the fields that are documented: no list but that of 2016-11-11 tells a RecordId.
func TestListFields(t *testing.T) {
	inBubble(t, Options{}, smallSeed, func(c client) {
		const rest = "DisplayName FolderId JoinMethod JoinTime ModifyTime ResourceDirectoryId ResourceDirectoryPath Status Tags Type"
		wantSame(t, v2020, keys(c.want("", "2020-03-31 ListAccounts").Accounts.Account[0]), "AccountId "+rest)
		got := c.want("", listAccounts).Accounts.Account[0]
		wantSame(t, v2022, keys(got), "AccountId AccountName DeletionStatus "+rest)
		wantSame(t, "Tags", got["Tags"], any(map[string]any{"Tag": []any{}}))
		wantSame(t, listRecords, keys(c.want("", listRecords).Records.Record[0]), "AccountId AccountName DisplayName FolderId JoinMethod JoinTime ModifyTime RecordId ResourceDirectoryId Status Type")
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
				t.Errorf("got %.100s", got.text)
			}
			for _, a := range got.Accounts.Account {
				names = append(names, a["DisplayName"].(string))
			}
			params[3] = got.NextToken
		}
		wantSame(t, "last token", params[3], "")
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
			wantSame(t, fmt.Sprint(test.call, test.params), c.want("", test.call, test.params...).TotalCount, test.want)
		}
	})
}

func TestCreateResourceAccount(t *testing.T) {
	inBubble(t, Options{}, smallSeed, func(c client) {
		c.want("", createIt, "DisplayName", "新 one", "DryRun", "true")
		wantSame(t, "after a dry run", c.want("", listAccounts).TotalCount, 4)
		got := c.want("", createIt, "DisplayName", "新 one", "AccountNamePrefix", "new.one").Account
		wantSame(t, "fields", keys(got), "AccountId AccountName DisplayName FolderId JoinMethod JoinTime ModifyTime ResourceDirectoryId Status Type")
		wantSame(t, "JoinTime", got["JoinTime"], any("2000-01-01T00:00:00.000Z"))
		wantSame(t, "status", c.status("新 one"), "CreateSuccess ResourceAccount new.one@rd-em1ato.aliyunid.com")
		c.want("InvalidParameter.Account.DisplayName.AlreadyUsed", createIt, "DisplayName", "新 one")
		c.want("EntityAlreadyExists.ResourceDirectory.Account", createIt, "DisplayName", "other", "AccountNamePrefix", "new.one")
		c.want("", "2020-03-31 CreateResourceAccount", "DisplayName", "not dry", "DryRun", "true")
		wantSame(t, "after no dry run", c.want("", listAccounts).TotalCount, 6)
	})
}

func TestUpdateAccount(t *testing.T) {
	seed := `alibabacloud: {accounts: [{name: phone, phone: 86-1}, {name: email, email: a@corp.example}, {name: none},
		{name: wait, status: PromoteVerifying, email: b@corp.example}]}`
	inBubble(t, Options{}, seed, func(c client) {
		cloud := func(name, code string, more ...string) {
			t.Helper()
			c.want(code, update, append([]string{"AccountId", c.id(name), "NewAccountType", "CloudAccount"}, more...)...)
		}
		cloud("phone", "", "DryRun", "true")
		wantSame(t, "after a dry run", strings.Fields(c.status("phone"))[0], "CreateSuccess")
		cloud("phone", "")
		cloud("email", "")
		cloud("none", "AccountTypeMismatch")
		cloud("none", "AccountTypeMismatch", "DryRun", "true")
		cloud("wait", "AccountTypeOrStatusMismatch")
		wantSame(t, "email", c.status("email"), "SwitchSuccess CloudAccount a@corp.example")
		c.want("", update, "AccountId", c.id("email"), "NewAccountType", "ResourceAccount")
		wantSame(t, "email", c.status("email"), "SwitchSuccess ResourceAccount m1000000000000002@rd-em1ato.aliyunid.com")
		c.want("", promote, "AccountId", c.id("email"), "Email", "a@corp.example")

		id := c.id("none")
		c.want("", update, "AccountId", id, "NewDisplayName", "renamed", "DryRun", "true")
		c.want("InvalidParameter.Account.DisplayName.AlreadyUsed", update, "AccountId", c.id("email"), "NewDisplayName", "none")
		got := c.want("", update, "AccountId", id, "NewDisplayName", "renamed").Account
		wantSame(t, "name", got["DisplayName"], any("renamed"))
		c.want("", update, "AccountId", c.id("email"), "NewDisplayName", "none")
		c.want("InvalidParameter.Account.DisplayName.AlreadyUsed", update, "AccountId", id, "NewDisplayName", "phone")
		wantSame(t, "mails", c.mailed(), []string{"PromoteResourceAccount email>a@corp.example"})
	})
}

// TestDeadAccountsGiveUpTheirNames leaves what was on record of them.
func TestDeadAccountsGiveUpTheirNames(t *testing.T) {
	inBubble(t, Options{}, "alibabacloud: {accounts: [{name: it, status: CreateExpired, email: a@corp.example}]}", func(c client) {
		id := c.id("it")
		if made := c.want("", createIt, "DisplayName", "it").Account; made["AccountId"] == id {
			t.Errorf("the dead account came back: %v", made)
		}
		record := c.want("", listRecords).Records.Record[0]
		wantSame(t, "record", fmt.Sprint(record["AccountId"], record["Status"]), id+"CreateExpired")
		c.want("AccountTypeOrStatusMismatch", resendIt, "RecordId", record["RecordId"].(string))
		newClient(t, Options{}, c.state()) // wants names to differ
	})
}

func TestChangesOfEmail(t *testing.T) {
	seed := `alibabacloud: {accounts: [{name: billing},
		{name: late, type: cloud, email: a@corp.example, emailChange: {email: b@corp.example, status: WAIT_MODIFY, sent: 2000-01-01T00:00:00Z}},
		{name: soon, type: cloud, email: c@corp.example, emailChange: {email: d@corp.example, status: WAIT_MODIFY, answer: 2000-01-01T01:00:00Z}}]}`
	inBubble(t, Options{}, seed, func(c client) {
		see := func(name, status, login string) {
			t.Helper()
			got := c.want("", getAccount, "AccountId", c.id(name)).Account
			wantSame(t, "EmailStatus", fmt.Sprint(got["EmailStatus"], " ", got["AccountName"]), status+" "+login)
		}
		c.want("InvalidParameter.Email.AlreadyUsed", promote, "AccountId", c.id("billing"), "Email", "B@corp.example")
		c.Advance(time.Hour - 1)
		see("soon", "WAIT_MODIFY", "c@corp.example")
		c.Advance(1)
		see("soon", "", "d@corp.example")
		c.Advance(23*time.Hour - 1)
		see("late", "WAIT_MODIFY", "a@corp.example")
		c.Advance(1)
		see("late", "EXPIRED", "a@corp.example")
		c.want("", promote, "AccountId", c.id("billing"), "Email", "b@corp.example")
	})
}
