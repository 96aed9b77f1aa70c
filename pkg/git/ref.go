package git

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// pseudoRefs are names that git keeps beside its refs.
var pseudoRefs = []string{"HEAD", "FETCH_HEAD", "ORIG_HEAD"}

// places are where git looks for a short name.
var places = []string{"refs/", "refs/tags/", "refs/heads/", "refs/remotes/"}

// named matches a name and how to get from what it names to an ancestor: main, origin/main~2.
var named = regexp.MustCompile(`^([^~^]+)([~^0-9]*)$`)

var shortID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{7,63}$`) })

// NoCommit says whether a name is the id of zeros by which forges say that nothing came before: the branch is new.
func NoCommit(name string) bool { return len(name) >= 40 && strings.Trim(name, "0") == "" }

// Resolve is the id of the commit that a name stands for as whoever reads a plan names it: a ref, whole or short, HEAD, the id of
// a commit, whole or its beginning, each with ~N or ^ after it. Where git would choose among several refs it is an error that
// lists them: whoever may push a tag could choose with it what is read.
func (r *Repository) Resolve(ctx context.Context, name string) (string, error) {
	parts := named.FindStringSubmatch(name)
	if parts == nil || !isRef("refs/"+parts[1]) {
		return "", fmt.Errorf("%q is no name of a commit; write a branch, a tag or an id, such as origin/main", name)
	}
	ref, ancestor := parts[1], parts[2]
	found, err := r.meanings(ctx, ref)
	if err != nil {
		return "", err
	}
	switch {
	case len(found) > 1:
		return "", fmt.Errorf("%q is the name of several: %s; write the whole one", ref, strings.Join(found, " and "))
	case len(found) == 1:
		ref = found[0]
	case !slices.Contains(pseudoRefs, ref) && !commitID().MatchString(ref) && !shortID().MatchString(ref):
		return "", r.lacks(ctx, "no such ref", "refs/remotes/"+strings.TrimPrefix(ref, "refs/remotes/"))
	}
	out, err := r.output(ctx, kibi, "rev-parse", "--verify", "--quiet", ref+ancestor+"^{commit}")
	if err != nil && !silent(err) {
		return "", err
	}
	if out == "" {
		return "", r.lacks(ctx, "no such commit", ref)
	}
	return strings.TrimSpace(out), nil
}

// Missed counts the commits that a commit stands on, itself included, and that the one that is checked out lacks, of those that
// changed some of the files, which are named from the top folder on. It is 0 where nobody can tell, as in a shallow clone in which
// the two have nothing in common.
func (r *Repository) Missed(ctx context.Context, commit string, files []string) int {
	if _, err := r.output(ctx, kibi, "merge-base", "HEAD", commit); err != nil || len(files) == 0 {
		return 0
	}
	out, err := r.output(ctx, kibi, slices.Concat([]string{"rev-list", "--count", "--no-merges", commit, "^HEAD", "--"}, files)...)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(out))
	return n
}

// meanings are the refs and the objects that a name may stand for.
func (r *Repository) meanings(ctx context.Context, name string) ([]string, error) {
	candidates := make([]string, 0, len(places)+1)
	if strings.HasPrefix(name, "refs/") {
		candidates = append(candidates, name)
	}
	for _, place := range places {
		candidates = append(candidates, place+name)
	}
	candidates = append(candidates, "refs/remotes/"+name+"/HEAD")
	out, err := r.output(ctx, mebi, slices.Concat([]string{"for-each-ref", "--format=%(refname)", "--"}, candidates)...)
	if err != nil {
		return nil, err
	}
	var found []string
	for ref := range strings.Lines(out) {
		if ref = strings.TrimSpace(ref); slices.Contains(candidates, ref) && !slices.Contains(found, ref) {
			found = append(found, ref)
		}
	}
	if len(found) == 0 || !shortID().MatchString(name) && !commitID().MatchString(name) {
		return found, nil
	}
	if out, err = r.output(ctx, kibi, "rev-parse", "--verify", "--quiet", "--disambiguate="+name); err != nil && !silent(err) {
		return nil, err
	}
	for id := range strings.Lines(out) {
		found = append(found, strings.TrimSpace(id))
	}
	return found, nil
}
