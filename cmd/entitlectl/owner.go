package main

import (
	"context"
	"crypto/rand"
	"os"
	"os/user"
	"time"

	"github.com/entitlectl/entitlectl/pkg/git"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// Where CI systems say who set a job off, and for which commit: GitHub, GitLab, Gitee, Codeup, CodeArts, Azure, Bitbucket, CircleCI,
// Buildkite, Jenkins.
var (
	actorVariables  = []string{"GITHUB_ACTOR", "GITLAB_USER_LOGIN", "GITEE_PIPELINE_TRIGGER_USER", "BUILD_EXECUTOR", "EXECUTE_USER", "BUILD_REQUESTEDFOR", "BITBUCKET_STEP_TRIGGERER_UUID", "CIRCLE_USERNAME", "BUILDKITE_BUILD_CREATOR", "BUILD_USER_ID"}
	commitVariables = []string{"GITHUB_SHA", "CI_COMMIT_SHA", "GITEE_COMMIT", "BUILD_SOURCEVERSION", "BITBUCKET_COMMIT", "CIRCLE_SHA1", "BUILDKITE_COMMIT", "GIT_COMMIT"}
)

// userName is the user of the operating system; "" where it has none.
func userName() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// owner is who runs this.
func (c *cli) owner() store.Owner {
	return store.Owner{Run: rand.Text(), User: c.user, Actor: c.first(actorVariables), Host: c.host, PID: os.Getpid(), Since: c.now().UTC()}
}

// first is the first of the environment variables that is set.
func (c *cli) first(names []string) string {
	for _, name := range names {
		if value, _ := c.lookup(name); value != "" {
			return value
		}
	}
	return ""
}

// askGit bounds what is only a note in the history.
const askGit = 5 * time.Second

// commit is the commit that the files are of, as CI or git names it, with "-dirty" where they were changed since; "" where
// neither knows.
func (c *cli) commit(ctx context.Context, files []string) string {
	if id := c.first(commitVariables); id != "" {
		return id
	}
	if len(files) == 0 {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, askGit)
	defer cancel()
	id, changed, err := git.Commit(ctx, files)
	switch {
	case err != nil:
		return ""
	case changed:
		return id + "-dirty"
	}
	return id
}
