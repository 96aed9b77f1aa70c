package store

import "testing"

// Whoever approves their own change is found under any of the names that CI systems and git give people.
func TestAuthorAndApproverAreOne(t *testing.T) {
	for _, tc := range []struct {
		authors, approved []string
		want              Approval
	}{
		{nil, nil, ApprovalUntold},
		{[]string{"ann"}, nil, ApprovalUntold},
		{nil, []string{"ann"}, AuthorUntold},
		{[]string{"ann"}, []string{"bob"}, ApprovedByOther},
		{[]string{"ann"}, []string{"Ann"}, ApprovedByAuthor},
		{[]string{"ann"}, []string{"@ann"}, ApprovedByAuthor},
		{[]string{"Ann Lee <ann@corp.example>"}, []string{"ann"}, ApprovedByAuthor},
		{[]string{"Ann Lee <ann@corp.example>"}, []string{"ann lee"}, ApprovedByAuthor},
		{[]string{"Ann Lee <12345+ann@users.example>"}, []string{"ann"}, ApprovedByAuthor},
		{[]string{"ann", "bob"}, []string{"bob", "ann"}, ApprovedByAuthor},
		{[]string{"ann", "bob"}, []string{"bob", "cleo"}, ApprovedByOther},
		{[]string{"Ann Lee <ann@corp.example>"}, []string{"lee"}, ApprovedByOther},
		{[]string{"<>"}, []string{" "}, ApprovedByOther},
	} {
		if got := (Claims{Authors: tc.authors, ApprovedBy: tc.approved}).Approval(); got != tc.want {
			t.Errorf("%q approved by %q: %s, want %s", tc.authors, tc.approved, got, tc.want)
		}
	}
}
