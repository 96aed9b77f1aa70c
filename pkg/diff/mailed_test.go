package diff

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Mails are counted by whom they reach: subjects that are one person, and owners of accounts by their address, whichever account
// it is for and however it is spelled.
func TestMailed(t *testing.T) {
	ann := spec.Subject{Kind: spec.SubjectUser, Name: "ann"}
	to := func(address string) spec.Settings { return spec.Settings{}.With("email", address) }
	got := Mailed([]Change{
		{Op: OpGrant, Subject: ann, Mails: 1}, {Op: OpResend, Subject: ann, Mails: 1},
		{Op: OpGrant, Subject: ann, Mails: 1, Problem: "blocked"}, {Op: OpRevoke, Subject: ann},
		{Op: OpGrant, Subject: spec.Subject{Kind: spec.SubjectUserGroup, Name: "all"}, Mails: 9},
		{Op: OpUpdate, Resource: "one", Settings: to("Own@corp.example"), Mails: 1},
		{Op: OpUpdate, Resource: "two", Settings: to("own@corp.example"), Mails: 1},
		{Op: OpResend, Resource: "three", Notice: NoticeRef{Recipient: "own@CORP.example"}, Mails: 1},
		{Op: OpUpdate, Resource: "four", Mails: 1},
	})
	want := map[spec.Subject]int{ann: 2, {Kind: spec.SubjectAddress, Name: "own@corp.example"}: 3}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
