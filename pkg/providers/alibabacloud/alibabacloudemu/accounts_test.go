package alibabacloudemu

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
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
		emutest.Same(t, v2022, got, want)
		delete(want, "HasSecureMobilePhone")
		delete(want, "SecureMobilePhone")
		emutest.Same(t, v2020, c.want("", "2020-03-31 GetAccount", "AccountId", c.id("it")).Account, want)
	})
}

func TestCreateResourceAccount(t *testing.T) {
	inBubble(t, Options{}, smallSeed, func(c client) {
		c.want("", createIt, "DisplayName", "新 one", "DryRun", "true")
		emutest.Same(t, "after a dry run", c.want("", listAccounts).TotalCount, 4)
		got := c.want("", createIt, "DisplayName", "新 one", "AccountNamePrefix", "new.one").Account
		emutest.Same(t, "fields", keys(got), "AccountId AccountName DisplayName FolderId JoinMethod JoinTime ModifyTime ResourceDirectoryId Status Type")
		emutest.Same(t, "JoinTime", got["JoinTime"], any("2000-01-01T00:00:00.000Z"))
		emutest.Same(t, "status", c.status("新 one"), "CreateSuccess ResourceAccount new.one@rd-em1ato.aliyunid.com")
		c.want("InvalidParameter.Account.DisplayName.AlreadyUsed", createIt, "DisplayName", "新 one")
		c.want("EntityAlreadyExists.ResourceDirectory.Account", createIt, "DisplayName", "other", "AccountNamePrefix", "new.one")
		c.want("", "2020-03-31 CreateResourceAccount", "DisplayName", "not dry", "DryRun", "true")
		emutest.Same(t, "after no dry run", c.want("", listAccounts).TotalCount, 6)
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
		emutest.Same(t, "after a dry run", strings.Fields(c.status("phone"))[0], "CreateSuccess")
		cloud("phone", "")
		cloud("email", "")
		cloud("none", "AccountTypeMismatch")
		cloud("none", "AccountTypeMismatch", "DryRun", "true")
		cloud("wait", "AccountTypeOrStatusMismatch")
		emutest.Same(t, "email", c.status("email"), "SwitchSuccess CloudAccount a@corp.example")
		c.want("", update, "AccountId", c.id("email"), "NewAccountType", "ResourceAccount")
		emutest.Same(t, "email", c.status("email"), "SwitchSuccess ResourceAccount m1000000000000002@rd-em1ato.aliyunid.com")
		c.want("", promote, "AccountId", c.id("email"), "Email", "a@corp.example")

		id := c.id("none")
		c.want("", update, "AccountId", id, "NewDisplayName", "renamed", "DryRun", "true")
		c.want("InvalidParameter.Account.DisplayName.AlreadyUsed", update, "AccountId", c.id("email"), "NewDisplayName", "none")
		got := c.want("", update, "AccountId", id, "NewDisplayName", "renamed").Account
		emutest.Same(t, "name", got["DisplayName"], any("renamed"))
		c.want("", update, "AccountId", c.id("email"), "NewDisplayName", "none")
		c.want("InvalidParameter.Account.DisplayName.AlreadyUsed", update, "AccountId", id, "NewDisplayName", "phone")
		emutest.Same(t, "mails", c.mailed(), []string{"PromoteResourceAccount email>a@corp.example"})
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
		emutest.Same(t, "record", fmt.Sprint(record["AccountId"], record["Status"]), id+"CreateExpired")
		c.want("AccountTypeOrStatusMismatch", resendIt, "RecordId", record["RecordId"].(string))
		newClient(t, Options{}, c.Dump()) // wants names to differ
	})
}
