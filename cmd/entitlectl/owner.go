package main

import (
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// Where CI systems say who set a job off, and for which commit: GitHub, GitLab, Azure, Bitbucket, CircleCI, Buildkite,
// Jenkins.
var (
	actorVariables  = []string{"GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_REQUESTEDFOR", "BITBUCKET_STEP_TRIGGERER_UUID", "CIRCLE_USERNAME", "BUILDKITE_BUILD_CREATOR", "BUILD_USER_ID"}
	commitVariables = []string{"GITHUB_SHA", "CI_COMMIT_SHA", "BUILD_SOURCEVERSION", "BITBUCKET_COMMIT", "CIRCLE_SHA1", "BUILDKITE_COMMIT", "GIT_COMMIT"}
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
	id := git(ctx, filepath.Dir(files[0]), "rev-parse", "HEAD")
	if id != "" && changed(ctx, files) {
		id += "-dirty"
	}
	return id
}

// changed says whether a folder of the files holds changes that are not committed. What git does not track counts only where
// it is one of the files: our own state and a saved plan often lie beside them.
func changed(ctx context.Context, files []string) bool {
	folders := map[string][]string{}
	for _, path := range files {
		folders[filepath.Dir(path)] = append(folders[filepath.Dir(path)], filepath.Base(path))
	}
	for folder, names := range folders {
		if git(ctx, folder, "status", "--porcelain", "--untracked-files=no", "--", ".") != "" ||
			git(ctx, folder, append([]string{"ls-files", "--others", "--"}, names...)...) != "" {
			return true
		}
	}
	return false
}

// git returns what git says in a folder; "" without git, or without a repository there.
func git(ctx context.Context, folder string, args ...string) string {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", folder}, args...)...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
