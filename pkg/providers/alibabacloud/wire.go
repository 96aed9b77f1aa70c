package alibabacloud

import (
	"net/http"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
)

// The shapes of answers, cut to the fields that we use (ResourceManager 2016-11-11 and 2020-03-31, ResourceDirectoryMaster
// 2022-04-19). All parameters go into the query; no request has a body.

// account is a row of ListAccounts, the answer of GetAccount, a row of ListAccountRecordsForParent, or the answer of a call
// that mails somebody. Only the last two have a RecordID.
type account struct {
	ID          string `json:"AccountId"` // digits; a name may change, this does not
	DisplayName string `json:"DisplayName"`
	LoginName   string `json:"AccountName"`
	FolderID    string `json:"FolderId"`
	DirectoryID string `json:"ResourceDirectoryId"`
	RecordID    string `json:"RecordId"`
	Status      string `json:"Status"`
	Type        string `json:"Type"`
	ModifyTime  string `json:"ModifyTime"`
	// Deletion is Checking or Deleting of an account that is being deleted. Lists alone show it.
	Deletion string `json:"DeletionStatus"`

	alike string // ids of all members with this DisplayName, where there are others; with blanks between them
}

const (
	typeResource = "ResourceAccount"
	typeCloud    = "CloudAccount"
)

// modified is when the account was last changed; zero where the vendor does not say it in a form that we know.
func (a account) modified() time.Time {
	at, _ := provider.Instant(a.ModifyTime)
	return at
}

// email is the address that the account's owner signs in with, folded. Login names below aliyunid.com are made by the
// vendor and no addresses; other login names may be none either.
func (a account) email() string {
	name := strings.ToLower(a.LoginName)
	if !strings.Contains(name, "@") || strings.HasSuffix(name, ".aliyunid.com") {
		return ""
	}
	return name
}

// single is an answer that is about one account.
type single struct {
	Account account
}

// page is one page of either list; a list fills one array.
type page struct {
	TotalCount provider.Count
	Accounts   struct{ Account []account }
	Records    struct{ Record []account }
}

func (p page) rows() []account { return append(p.Accounts.Account, p.Records.Record...) }

// failure is an error body. The vendor spells its keys in upper and in lower case; both are read.
type failure struct {
	Code      string
	Message   string
	RequestID string `json:"RequestId"`
}

// family is a product, which has a host of its own.
type family string

const (
	resourceManager   family = "resourcemanager"
	resourceDirectory family = "resourcedirectory"
	sts               family = "sts"
)

// operation is a call of the vendor's API.
type operation struct {
	family  family
	version string
	action  string
}

// header names the call in a request that is signed.
func (op operation) header() http.Header {
	h := http.Header{}
	h.Set("Accept", "application/json")
	h.Set("X-Acs-Action", op.action)
	h.Set("X-Acs-Version", op.version)
	return h
}

// The calls that we use. Those that mail somebody exist only in ResourceManager, where the vendor calls them "not
// maintained". No call has a parameter that would make repeating it safe.
var (
	listAccounts = operation{resourceDirectory, "2022-04-19", "ListAccounts"}
	getAccount   = operation{resourceDirectory, "2022-04-19", "GetAccount"}
	rename       = operation{resourceDirectory, "2022-04-19", "UpdateAccount"}
	promote      = operation{resourceManager, "2020-03-31", "PromoteResourceAccount"}
	resend       = operation{resourceManager, "2020-03-31", "ResendPromoteResourceAccountEmail"}
	// The only read that shows record ids. That 2020-03-31 takes the ids of this older version is not documented.
	listRecords = operation{resourceManager, "2016-11-11", "ListAccountRecordsForParent"}
)

// Error codes that we act on. Most share HTTP 400, 404 and 409 with others, so the code decides and not the status.
const (
	codeFrequency  = "LimitExceeded.Frequency"
	codeConcurrent = "ConcurrentCallNotSupported"
	codeMismatch   = "AccountTypeOrStatusMismatch"
	codeNoAccount  = "EntityNotExists.Account"
	codeNoRecord   = "EntityNotExists.AccountRecord"
	codeLate       = "InvalidTimeStamp.Expired"
	codeNonceUsed  = "SignatureNonceUsed"
	codeEnded      = "InvalidSecurityToken.Expired"
)
