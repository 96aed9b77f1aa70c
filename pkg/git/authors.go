package git

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// mostCommits is how many commits of a merge are looked at.
const mostCommits = 100

// Authors are those of the commit that is checked out, NAME <ADDRESS> as commits name them. Of a merge they are those of the commits
// that it brought in, since its own author is whoever merged; a clone that lacks some of these tells nobody.
func (r *Repository) Authors(ctx context.Context) ([]string, error) {
	text, err := r.output(ctx, mebi, "cat-file", "commit", "HEAD")
	if err != nil {
		return nil, err
	}
	head, _, _ := strings.Cut(text, "\n\n")
	var parents []string
	for line := range strings.Lines(head) {
		if id, is := strings.CutPrefix(strings.TrimSpace(line), "parent "); is && commitID().MatchString(id) {
			parents = append(parents, id)
		}
	}
	commits := []string{"HEAD"}
	if len(parents) > 1 {
		args := append([]string{"rev-list", "--no-merges", "--max-count=" + strconv.Itoa(mostCommits), "^" + parents[0]}, parents[1:]...)
		out, err := r.output(ctx, mebi, append(args, "--")...)
		if err != nil {
			return nil, err
		}
		commits = strings.Fields(out)
		if cut, err := r.cutOff(ctx, commits); err != nil || cut {
			return nil, err
		}
	}
	var all []string
	for _, id := range commits {
		o, err := r.origin(ctx, id)
		if err != nil {
			return nil, err
		}
		if o.Author != "" && !slices.Contains(all, o.Author) {
			all = append(all, o.Author)
		}
	}
	return all, nil
}

// cutOff says whether a shallow clone ends at one of the commits.
func (r *Repository) cutOff(ctx context.Context, commits []string) (bool, error) {
	path, err := r.output(ctx, kibi, "rev-parse", "--git-path", "shallow")
	if err != nil {
		return false, err
	}
	if path = strings.TrimSpace(path); !filepath.IsAbs(path) {
		path = filepath.Join(r.top, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return false, ignore(err, fs.ErrNotExist)
	}
	ends := strings.Fields(string(text))
	return slices.ContainsFunc(commits, func(id string) bool { return slices.Contains(ends, id) }), nil
}
