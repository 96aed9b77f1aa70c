package alibabacloudemu

import (
	"cmp"
	"time"
)

// accountView is what all answers show of an account.
type accountView struct {
	AccountID           string `json:"AccountId"`
	DisplayName         string
	FolderID            string `json:"FolderId"`
	JoinMethod          string
	JoinTime            string `json:",omitempty"`
	ModifyTime          string
	ResourceDirectoryID string `json:"ResourceDirectoryId"`
	Status              string
	Type                string
}

// memberView is an account in the answer to GetAccount.
type memberView struct {
	accountView
	AccountName           string
	EmailStatus           string
	IdentityInformation   string
	Location              string
	ResourceDirectoryPath string
	Tags                  []struct{}
	HasSecureMobilePhone  *bool   `json:",omitempty"` // from 2022-04-19 on
	SecureMobilePhone     *string `json:",omitempty"` // from 2022-04-19 on
}

// namedView is an account in the answers to what changes it.
type namedView struct {
	accountView
	AccountName string
	RecordID    string `json:"RecordId,omitempty"` // of a promotion
}

func (w *world) view(a account) accountView {
	v := accountView{
		AccountID: a.id, DisplayName: a.display, FolderID: a.folder, ResourceDirectoryID: w.ID,
		JoinMethod: "created", JoinTime: stamp(a.joined), ModifyTime: stamp(a.changed), Status: a.status, Type: a.kind(),
	}
	if a.status == inviteSuccess {
		v.JoinMethod = "invited"
	}
	return v
}

// readName is the AccountName that reads show.
func (w *world) readName(a account) string {
	if w.opts.PendingNameIsEmail && a.waits() {
		return cmp.Or(a.email, a.login)
	}
	return a.name()
}

func (w *world) pathOf(a account) string {
	path := w.ID + "/" + rootFolderID + "/"
	if a.folder != rootFolderID {
		path += a.folder + "/"
	}
	return path + a.id
}

// stamp writes a time as most actions do.
func stamp(t time.Time) string { return t.UTC().Format(dateForm) }

// listedView is an account in a list.
type listedView struct {
	accountView
	AccountName           *string `json:",omitempty"` // from 2022-04-19 on
	DeletionStatus        *string `json:",omitempty"` // from 2022-04-19 on
	ResourceDirectoryPath string
	Tags                  noneList // no account has tags
}

type noneList struct{ Tag []struct{} }

func (w *world) viewListed(c *call, a account) listedView {
	v := listedView{accountView: w.view(a), ResourceDirectoryPath: w.pathOf(a), Tags: noneList{[]struct{}{}}}
	if c.version == v2022 {
		name := w.readName(a)
		v.AccountName, v.DeletionStatus = &name, new(string)
	}
	return v
}
