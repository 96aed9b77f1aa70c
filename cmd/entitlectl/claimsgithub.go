package main

import (
	"encoding/json"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// githubEvent is what of the event that began a job is read.
type githubEvent struct {
	PullRequest struct {
		URL  string     `json:"html_url"`
		User githubUser `json:"user"`
	} `json:"pull_request"`
	Review struct {
		State string     `json:"state"`
		User  githubUser `json:"user"`
	} `json:"review"`
	HeadCommit struct {
		Message string `json:"message"`
	} `json:"head_commit"`
	Commits []struct {
		Author struct {
			Name     string `json:"name"`
			Username string `json:"username"`
		} `json:"author"`
		Message string `json:"message"`
	} `json:"commits"`
}

type githubUser struct {
	Login string `json:"login"`
}

// maxEvent is the most that is read of an event, in bytes.
const maxEvent = 32 << 20

// What GitHub writes into messages of merges.
var (
	githubMerge  = regexp.MustCompile(`^Merge pull request #([0-9]+) from `)
	githubSquash = regexp.MustCompile(`\(#([0-9]+)\)$`)
)

// onGitHub reads what GitHub, or a forge that does as it does, tells in variables and in the event of the job.
func (c *cli) onGitHub() store.Claims {
	repository := c.variable("GITHUB_REPOSITORY")
	if c.variable("GITHUB_ACTIONS") == "" || repository == "" {
		return store.Claims{}
	}
	site := c.or("GITHUB_SERVER_URL", "https://github.com") + "/" + repository
	told := store.Claims{CI: "github"}
	if run := c.variable("GITHUB_RUN_ID"); run != "" {
		told.Job = site + "/actions/runs/" + run
	}
	var event githubEvent
	if path := c.variable("GITHUB_EVENT_PATH"); path != "" {
		event, _ = readBounded(path, maxEvent, func(r io.Reader) (event githubEvent, err error) { // what it lacks is not told
			err = json.NewDecoder(r).Decode(&event)
			return event, err
		})
	}
	if number := event.merged(); number != 0 {
		told.PullRequest = site + "/pull/" + strconv.Itoa(number)
	}
	if event.PullRequest.URL != "" {
		told.PullRequest = event.PullRequest.URL
	}
	told.Authors = event.authors()
	if strings.EqualFold(event.Review.State, "approved") {
		told.ApprovedBy = []string{event.Review.User.Login}
	}
	return told
}

// merged is the pull request that was merged by the push of the event; 0: the event is none of a merge.
func (e githubEvent) merged() int {
	subject, _, _ := strings.Cut(e.HeadCommit.Message, "\n")
	found := githubMerge.FindStringSubmatch(subject)
	if found == nil {
		found = githubSquash.FindStringSubmatch(strings.TrimSpace(subject))
	}
	if found == nil {
		return 0
	}
	number, _ := strconv.Atoi(found[1])
	return number
}

// authors wrote the change: whoever opened the pull request, and who wrote what was pushed. Merges are left out: their author is who
// merged.
func (e githubEvent) authors() []string {
	all := []string{e.PullRequest.User.Login}
	for _, commit := range e.Commits {
		if githubMerge.MatchString(commit.Message) {
			continue
		}
		name := commit.Author.Username
		if name == "" {
			name = commit.Author.Name
		}
		all = append(all, name)
	}
	return allClaimed(all)
}
