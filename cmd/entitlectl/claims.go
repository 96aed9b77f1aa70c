package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff/render"
	"github.com/entitlectl/entitlectl/pkg/git"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// The bounds of what is kept of claims: records stay small.
const (
	longestName    = 120 // bytes
	longestAddress = 500
	mostNames      = 10
)

// What says who asked for a change and approved it where the CI system does not. Several are separated by commas.
const (
	pullRequestVariable = "ENTITLECTL_PULL_REQUEST"
	jobVariable         = "ENTITLECTL_JOB"
	authorVariable      = "ENTITLECTL_AUTHOR"
	approvedVariable    = "ENTITLECTL_APPROVED_BY"
)

// claims are what the run is told of the change that it carries out. approved are those whom the command line names.
func (c *cli) claims(ctx context.Context, files, approved []string) store.Claims {
	var told store.Claims
	for _, read := range []func() store.Claims{c.onGitHub, c.onGitLab, c.onGitee, c.onCodeArts, c.onCodeup} {
		if told = read(); told.CI != "" {
			break
		}
	}
	told.PullRequest = c.or(pullRequestVariable, told.PullRequest)
	told.Job = c.or(jobVariable, told.Job)
	if said := c.listed(authorVariable); len(said) > 0 {
		told.Authors = said
	} else if told.CI != "github" || len(told.Authors) == 0 {
		if known := authorsOf(ctx, files); len(known) > 0 {
			told.Authors = known // of a merge the others name who merged
		}
	}
	told.ApprovedBy = slices.Concat(told.ApprovedBy, c.listed(approvedVariable), approved)
	told.PullRequest, told.Job = claimed(withoutLogin(told.PullRequest), longestAddress), claimed(withoutLogin(told.Job), longestAddress)
	told.Authors, told.ApprovedBy = allClaimed(told.Authors), allClaimed(told.ApprovedBy)
	return told
}

func (c *cli) variable(name string) string {
	value, _ := c.lookup(name)
	return strings.TrimSpace(value)
}

func (c *cli) or(variable, value string) string {
	if said := c.variable(variable); said != "" {
		return said
	}
	return value
}

func (c *cli) listed(variable string) []string {
	return allClaimed(strings.Split(c.variable(variable), ","))
}

// login is who an address logs in as, and the password: nothing that is kept.
var login = regexp.MustCompile(`://[^/?#]*@`)

func withoutLogin(address string) string { return login.ReplaceAllString(address, "://") }

// claimed is a claim as it is kept: one line that people can read, not too long.
func claimed(text string, longest int) string {
	text = render.Visible(strings.TrimSpace(text))
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + "…"
}

// allClaimed are names as they are kept, each once, and how many more there are.
func allClaimed(texts []string) []string {
	var all []string
	for _, text := range texts {
		if text = claimed(text, longestName); text != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	if more := len(all) - mostNames; more > 0 {
		all = append(all[:mostNames], fmt.Sprintf("and %d more", more))
	}
	return all
}

// authorsOf are the authors of the commit that the files are of, as git knows them.
func authorsOf(ctx context.Context, files []string) []string {
	if len(files) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askGit)
	defer cancel()
	r, err := git.Open(files[0])
	if err != nil {
		return nil
	}
	all, err := r.Authors(ctx)
	if err != nil {
		return nil
	}
	return all
}

// approvers is a flag that may be repeated.
func approvers(all *[]string) func(string) error {
	return func(text string) error {
		if flaw, hint := spec.Flaw(text, longestName); flaw != "" {
			return fmt.Errorf("the name %s; %s", flaw, hint)
		}
		if len(*all) == mostNames {
			return errors.New("there are too many; name those who count")
		}
		*all = append(*all, text)
		return nil
	}
}

// onGitLab reads what GitLab tells. After a merge only the message of the commit tells of which request.
func (c *cli) onGitLab() store.Claims {
	if c.variable("GITLAB_CI") == "" {
		return store.Claims{}
	}
	told := store.Claims{CI: "gitlab", Job: c.or("CI_JOB_URL", c.variable("CI_PIPELINE_URL")), Authors: []string{c.variable("CI_COMMIT_AUTHOR")}}
	number, project := c.variable("CI_MERGE_REQUEST_IID"), c.variable("CI_MERGE_REQUEST_PROJECT_URL")
	if number == "" {
		if found := mergeRequest.FindStringSubmatch(c.variable("CI_COMMIT_MESSAGE")); found != nil {
			number, project = found[2], c.variable("CI_SERVER_URL")+"/"+found[1]
			told.Authors = nil // the commit's is who merged
		}
	}
	if number != "" {
		told.PullRequest = project + "/-/merge_requests/" + number
	}
	return told
}

// mergeRequest is how GitLab ends the message of a merge.
var mergeRequest = regexp.MustCompile(`(?m)^See merge request ([^\s!]+)!([0-9]+)\s*$`)

func (c *cli) onGitee() store.Claims {
	if c.variable("GITEE_PIPELINE_BUILD_NUMBER") == "" {
		return store.Claims{}
	}
	told := store.Claims{CI: "gitee", PullRequest: c.variable("GITEE_PULL_ID"), Job: c.variable("GITEE_PIPELINE_NAME") + " #" + c.variable("GITEE_PIPELINE_BUILD_NUMBER")}
	if repository := c.variable("GITEE_REPO"); told.PullRequest != "" && repository != "" {
		told.PullRequest = repository + "!" + told.PullRequest
	}
	return told
}

func (c *cli) onCodeArts() store.Claims {
	if c.variable("PIPELINE_RUN_ID") == "" {
		return store.Claims{}
	}
	told := store.Claims{CI: "codearts", PullRequest: c.variable("MERGE_ID"), Job: c.or("PASS_CONDITIONS_LINK", c.variable("PIPELINE_RUN_ID"))}
	if repository := strings.TrimSuffix(c.variable("REPO_URL"), ".git"); told.PullRequest != "" && repository != "" {
		told.PullRequest = repository + "!" + told.PullRequest
	}
	return told
}

// onCodeup reads what pipelines of Yunxiao tell, which build what is in Codeup. They tell no merge request.
func (c *cli) onCodeup() store.Claims {
	pipeline, build := c.variable("PIPELINE_ID"), c.variable("BUILD_NUMBER")
	if pipeline == "" || build == "" || c.variable("BUILD_EXECUTOR") == "" {
		return store.Claims{}
	}
	return store.Claims{CI: "codeup", Job: "https://flow.aliyun.com/pipelines/" + pipeline + "/builds/" + build}
}
