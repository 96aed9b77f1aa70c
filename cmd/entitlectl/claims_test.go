package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// What each CI system tells is found; what tells more goes before; no login and nothing long or unreadable is kept.
func TestClaimsOfCISystems(t *testing.T) {
	event := func(text string) string {
		path := filepath.Join(t.TempDir(), "event.json")
		check(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	github := "GITHUB_ACTIONS=true GITHUB_REPOSITORY=corp/files GITHUB_SERVER_URL=https://forge.example GITHUB_RUN_ID=7 GITHUB_EVENT_PATH="
	gitlab := "GITLAB_CI=true CI_JOB_URL=https://gitlab.example/j/1 CI_COMMIT_AUTHOR=Ann<ann@corp.example> CI_SERVER_URL=https://gitlab.example "
	job := "https://forge.example/corp/files/actions/runs/7"
	for _, tc := range []struct {
		name, variables string
		approved        []string
		want            store.Claims
	}{
		{"nothing", "", nil, store.Claims{}},
		{"the command line", "", []string{"bob"}, store.Claims{ApprovedBy: []string{"bob"}}},
		{"a merge on GitHub", github + event(`{"head_commit":{"message":"Merge pull request #12 from corp/x\n\nmore"},"commits":[{"author":{"username":"ann"},"message":"x"},
			{"author":{"username":"merger"},"message":"Merge pull request #12 from corp/x"}]}`), nil,
			store.Claims{CI: "github", Job: job, PullRequest: "https://forge.example/corp/files/pull/12", Authors: []string{"ann"}}},
		{"a squash on GitHub", github + event(`{"head_commit":{"message":"More people (#13)"},"commits":[{"author":{"name":"Ann Lee"},"message":"More people (#13)"}]}`), nil,
			store.Claims{CI: "github", Job: job, PullRequest: "https://forge.example/corp/files/pull/13", Authors: []string{"Ann Lee"}}},
		{"a review on GitHub", github + event(`{"pull_request":{"html_url":"https://forge.example/corp/files/pull/14","user":{"login":"ann"}},"review":{"state":"approved","user":{"login":"bob"}}}`), []string{"cleo"},
			store.Claims{CI: "github", Job: job, PullRequest: "https://forge.example/corp/files/pull/14", Authors: []string{"ann"}, ApprovedBy: []string{"bob", "cleo"}}},
		{"a review that asks for more", github + event(`{"review":{"state":"changes_requested","user":{"login":"bob"}}}`), nil, store.Claims{CI: "github", Job: job}},
		{"an event that is none", github + event(`[`), nil, store.Claims{CI: "github", Job: job}},
		{"a request on GitLab", gitlab + "CI_MERGE_REQUEST_IID=3 CI_MERGE_REQUEST_PROJECT_URL=https://gitlab.example/a/b", nil,
			store.Claims{CI: "gitlab", Job: "https://gitlab.example/j/1", PullRequest: "https://gitlab.example/a/b/-/merge_requests/3", Authors: []string{"Ann<ann@corp.example>"}}},
		{"a merge on GitLab", gitlab + "CI_COMMIT_MESSAGE=Merge_branch\n\nSee_merge_request_a/b!4", nil,
			store.Claims{CI: "gitlab", Job: "https://gitlab.example/j/1", PullRequest: "https://gitlab.example/a/b/-/merge_requests/4"}},
		{"Gitee", "GITEE_PIPELINE_BUILD_NUMBER=5 GITEE_PIPELINE_NAME=apply GITEE_PULL_ID=6 GITEE_REPO=files", nil, store.Claims{CI: "gitee", Job: "apply #5", PullRequest: "files!6"}},
		{"CodeArts", "PIPELINE_RUN_ID=r PASS_CONDITIONS_LINK=https://codearts.example/r MERGE_ID=8 REPO_URL=https://ann:secret@codearts.example/files.git", nil,
			store.Claims{CI: "codearts", Job: "https://codearts.example/r", PullRequest: "https://codearts.example/files!8"}},
		{"Codeup", "PIPELINE_ID=1 BUILD_NUMBER=2 BUILD_EXECUTOR=ann", nil, store.Claims{CI: "codeup", Job: "https://flow.aliyun.com/pipelines/1/builds/2"}},
		{"another system", "ENTITLECTL_PULL_REQUEST=https://other.example/1 ENTITLECTL_JOB=https://other.example/job ENTITLECTL_AUTHOR=ann,bob ENTITLECTL_APPROVED_BY=cleo,cleo,", nil,
			store.Claims{PullRequest: "https://other.example/1", Job: "https://other.example/job", Authors: []string{"ann", "bob"}, ApprovedBy: []string{"cleo"}}},
		{"what nobody can read", "ENTITLECTL_AUTHOR=\u202eann ENTITLECTL_JOB=" + strings.Repeat("x", 1000), nil, store.Claims{Authors: []string{`\u202eann`}, Job: strings.Repeat("x", longestAddress) + "…"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := map[string]string{}
			for _, v := range strings.Split(tc.variables, " ") {
				name, value, _ := strings.Cut(v, "=")
				set[name] = strings.ReplaceAll(value, "_merge_request_", " merge request ")
			}
			c := &cli{env: env{lookup: func(name string) (string, bool) { value, is := set[name]; return value, is }}}
			if d := cmp.Diff(tc.want, c.claims(t.Context(), nil, tc.approved)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
