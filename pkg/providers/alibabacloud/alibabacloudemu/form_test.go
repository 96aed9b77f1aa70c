package alibabacloudemu

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/providers/emu/emutest"
)

// TestErrors tries the documented errors, with their statuses and texts.
func TestErrors(t *testing.T) {
	const mismatch, used = "You cannot perform the action on the member account.", "The email has been used."
	const unknown = "This resource directory account does not exist."
	long := strings.Repeat("x", 51)
	inBubble(t, Options{Unthrottled: true}, smallSeed, func(c client) {
		id := c.id("billing")
		for _, test := range []struct {
			call      string
			params    []string
			status    int
			code, msg string
		}{
			{promote, []string{"Email", "a@b.example"}, 400, "MissingParameter.AccountId", "You must specify AccountId."},
			{promote, []string{"AccountId", "12", "Email", "a@b.example"}, 400, "InvalidParameter.AccountId", "The AccountId is invalid."},
			{promote, []string{"AccountId", id}, 400, "MissingParameter.Email", "You must specify Email."},
			{promote, []string{"AccountId", id, "Email", "a b@c.example"}, 400, "InvalidParameter.Email", "The Email is invalid."},
			{promote, []string{"AccountId", id, "email", "a@b.example"}, 400, "MissingParameter.Email", "You must specify Email."},
			{promote, []string{"AccountId", "1234567890123456", "Email", "a@b.example"}, 404, "EntityNotExists.Account", unknown},
			{promote, []string{"AccountId", c.id("pending"), "Email", "a@b.example"}, 409, "AccountTypeOrStatusMismatch", mismatch},
			{promote, []string{"AccountId", c.id("cloud"), "Email", "a@b.example"}, 409, "AccountTypeOrStatusMismatch", mismatch},
			{promote, []string{"AccountId", id, "Email", "CLOUD@corp.example"}, 409, "InvalidParameter.Email.AlreadyUsed", used},
			{promote, []string{"AccountId", id, "Email", "pending@corp.example"}, 409, "InvalidParameter.Email.AlreadyUsed", used},
			{resendIt, nil, 400, "MissingParameter.RecordId", "You must specify RecordId."},
			{resendIt, []string{"RecordId", "?"}, 404, "EntityNotExists.AccountRecord", "This resource directory account recordId does not exist."},
			{createIt, nil, 400, "MissingParameter.Account.DisplayName", "You must specify DisplayName."},
			{createIt, []string{"DisplayName", "a!b"}, 400, "InvalidParameter.Account.DisplayName", "The DisplayName of account is invalid."},
			{createIt, []string{"DisplayName", long}, 400, "InvalidParameter.Account.DisplayName.Length", "The DisplayName of the account exceeds the length limit."},
			{createIt, []string{"DisplayName", "ab", "ParentFolderId", "fd-0", "DryRun", "x"}, 400, "InvalidParameter.DryRun", "The DryRun is invalid."},
			{createIt, []string{"DisplayName", "ab", "ParentFolderId", "fd-0"}, 400, "InvalidParameter.ParentFolderId", "The ParentFolderId is invalid."},
			{createIt, []string{"DisplayName", "ab", "ParentFolderId", "fd-0123456789"}, 404, "EntityNotExists.Folder", "The resource directory folder does not exist."},
			{createIt, []string{"DisplayName", "cloud"}, 409, "InvalidParameter.Account.DisplayName.AlreadyUsed", "The displayname of account has been used."},
			{getAccount, nil, 400, "MissingParameter.AccountId", "You must specify AccountId."},
			{getAccount, []string{"AccountId", "1234567890123456"}, 404, "EntityNotExists.Account", unknown},
			{getAccount, []string{"AccountId", id, "IncludeTags", "yes"}, 400, "InvalidParameter.IncludeTags", "The IncludeTags is invalid."},
			{update, []string{"AccountId", id}, 400, "MissingParameter.NewAccountType", "You must specify NewAccountType."},
			{update, []string{"AccountId", id, "NewAccountType", "cloud"}, 400, "InvalidParameter.NewAccountType", "The NewAccountType is invalid."},
			{update, []string{"AccountId", id, "NewAccountType", "CloudAccount", "NewDisplayName", "ab"}, 400, "InvalidParameter.NewAccountType", "The NewAccountType is invalid."},
			{update, []string{"AccountId", id, "NewDisplayName", "a"}, 400, "InvalidParameter.Account.DisplayName", "The DisplayName of account is invalid."},
			{createIt, []string{"DisplayName", "ab", "AccountNamePrefix", "a..b"}, 400, "InvalidParameter.AccountNamePrefix", "The AccountNamePrefix is invalid."},
			{createIt, []string{"DisplayName", "ab", "AccountNamePrefix", long[:38]}, 400, "InvalidParameter.AccountNamePrefix", "The AccountNamePrefix is invalid."},
			{listAccounts, []string{"PageNumber", "0"}, 400, "InvalidParameter.PageNumber", "The PageNumber is invalid."},
			{listAccounts, []string{"PageSize", "101"}, 400, "InvalidParameter.PageSize", "The PageSize is invalid."},
			{listAccounts, []string{"MaxResults", "101"}, 400, "InvalidParameter.MaxResults", "The MaxResults is invalid."},
			{listAccounts, []string{"NextToken", "?"}, 400, "InvalidParameter.NextToken", "The NextToken is invalid."},
			{listRecords, []string{"PageSize", "many"}, 400, "InvalidParameter.PageSize", "The PageSize is invalid."},
		} {
			before := c.Dump()
			got := c.do(test.call, test.params...)
			want := []any{test.status, test.code, test.msg}
			emutest.Same(t, fmt.Sprint(test.call, test.params), []any{got.Status, got.Code, got.Message}, want)
			emutest.Same(t, "state after "+test.call, c.Dump(), before)
		}
	})
}
