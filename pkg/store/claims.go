package store

import (
	"slices"
	"strings"
)

// Claims are what a run was told of the change that it carries out: by the variables of its CI job, by git, or by whoever began it.
// Nobody checked them.
type Claims struct {
	CI          string   `json:"ci,omitempty"`          // github, gitlab, gitee, codearts or codeup
	PullRequest string   `json:"pullRequest,omitempty"` // its address, or its number where no more is told
	Job         string   `json:"job,omitempty"`         // address of the CI job
	Authors     []string `json:"authors,omitempty"`     // who wrote the change
	ApprovedBy  []string `json:"approvedBy,omitempty"`
}

// Approval says whether somebody else than its authors approved a change.
type Approval string

// The approvals.
const (
	ApprovedByOther  Approval = "other"
	ApprovedByAuthor Approval = "author"         // all who approved it are among its authors
	ApprovalUntold   Approval = "untold"         // nobody is said to have approved it
	AuthorUntold     Approval = "authors-untold" // somebody approved it, and nobody tells who wrote it
)

// Approval compares who approved with who wrote. Names are one where one of them may stand for the other: ann, Ann Lee
// <ann@corp.example> and ann@corp.example are.
func (c Claims) Approval() Approval {
	switch {
	case len(c.ApprovedBy) == 0:
		return ApprovalUntold
	case len(c.Authors) == 0:
		return AuthorUntold
	case slices.ContainsFunc(c.ApprovedBy, func(name string) bool {
		return !slices.ContainsFunc(c.Authors, func(a string) bool { return mayBeOne(a, name) })
	}):
		return ApprovedByOther
	}
	return ApprovedByAuthor
}

func mayBeOne(a, b string) bool {
	others := names(b)
	return slices.ContainsFunc(names(a), func(name string) bool { return slices.Contains(others, name) })
}

// names are those that a claim gives somebody: all of it, the name and the address in it, and what of the address is a name.
func names(claim string) []string {
	claim = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(claim, "@")))
	all := []string{claim}
	address := claim
	if name, rest, has := strings.Cut(claim, "<"); has {
		address = strings.TrimSpace(strings.TrimSuffix(rest, ">"))
		all = append(all, strings.TrimSpace(name), address)
	}
	if local, _, has := strings.Cut(address, "@"); has {
		all = append(all, local)
		if _, name, numbered := strings.Cut(local, "+"); numbered { // 12345+ann@ of GitHub's addresses that take no mail
			all = append(all, name)
		}
	}
	return slices.DeleteFunc(all, func(name string) bool { return name == "" })
}
