package git

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// MaxFile bounds the size of a file at a commit, in bytes.
const MaxFile = 64 * mebi

// Prefix begins the name of a file at a commit, as in git:refs/remotes/origin/main:ops/operator.yaml.
const Prefix = "git:"

// File names a file at a commit.
type File struct {
	Ref  string // a full ref, or a commit's whole id
	Path string // from the top folder, with slashes
}

// String is the name as Parse takes it.
func (f File) String() string { return Prefix + f.Ref + ":" + f.Path }

var commitID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`) })

// Parse reads git:REF:PATH. REF must be of one meaning: git would take the short name origin/main for a tag of that name
// before it takes it for the branch, and whoever may push a tag could say what is read.
func Parse(name string) (File, error) {
	ref, file, both := strings.Cut(strings.TrimPrefix(name, Prefix), ":")
	const example = "; write it as in git:refs/remotes/origin/main:ops/operator.yaml"
	switch {
	case !strings.HasPrefix(name, Prefix) || !both || ref == "" || file == "":
		return File{}, fmt.Errorf("%q is no git:REF:PATH%s", name, example)
	case !commitID().MatchString(ref) && !strings.HasPrefix(ref, "refs/"):
		return File{}, fmt.Errorf("%s: %q may have several meanings; write the whole ref, which begins with refs/ (such as git:refs/remotes/origin/main:%s), or the whole id of a commit", name, ref, file)
	case !commitID().MatchString(ref) && !isRef(ref):
		return File{}, fmt.Errorf("%s: %q is not the name of a ref, but how to find a commit from one, or neither%s", name, ref, example)
	case !fs.ValidPath(file) || file == "." || strings.HasPrefix(file, "-") || strings.ContainsFunc(file, unicode.IsControl):
		return File{}, fmt.Errorf("%s: %q is no path to a file, from the top folder of the repository, without . and ..%s", name, file, example)
	}
	return File{ref, file}, nil
}

// isRef says whether a name that begins with refs/ can be one (git check-ref-format).
func isRef(ref string) bool {
	for part := range strings.SplitSeq(ref, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasPrefix(part, "-") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return !strings.HasSuffix(ref, ".") && !strings.Contains(ref, "..") && !strings.Contains(ref, "@{") &&
		!strings.ContainsAny(ref, " ~^:?*[\\") && !strings.ContainsFunc(ref, unicode.IsControl)
}

// Read gives what a file holds at its commit, byte by byte, and the folder of the checkout that it lies in there, which need
// not exist. The file must be a regular one of at most MaxFile bytes.
func (r *Repository) Read(ctx context.Context, f File) (data []byte, folder string, err error) {
	if folder, err = r.folder(path.Dir(f.Path)); err != nil {
		return nil, "", fmt.Errorf("%s: %w", f, err)
	}
	commit, err := r.commit(ctx, f.Ref)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", f, err)
	}
	entries, err := r.tree(ctx, commit, f.Path)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", f, err)
	}
	at := slices.IndexFunc(entries, func(e entry) bool { return e.path == f.Path })
	if at < 0 {
		return nil, "", fmt.Errorf("%s: %w", f, r.missing(ctx, commit, f.Path))
	}
	if kind := map[string]string{modeLink: "a link", modeFolder: "a folder", modeSubmodule: "a submodule"}[entries[at].mode]; kind != "" {
		return nil, "", fmt.Errorf("%s: it is %s; name a regular file", f, kind)
	}
	text, err := r.output(ctx, MaxFile, "cat-file", "blob", entries[at].id)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", f, err)
	}
	return []byte(text), folder, nil
}

// folder is a folder of the checkout, to which no link may lead: a branch could have it lead anywhere.
func (r *Repository) folder(below string) (string, error) {
	folder := r.top
	for part := range strings.SplitSeq(below, "/") {
		folder = filepath.Join(folder, part)
		if info, err := os.Lstat(folder); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return "", fmt.Errorf("%s is a link in the checkout; make it a folder, as file: references are looked up in it", folder)
		} else if err != nil && !absent(err) {
			return "", err
		}
	}
	return folder, nil
}

// commit is the id of the commit that a ref or an id names, looked up as just that.
func (r *Repository) commit(ctx context.Context, ref string) (string, error) {
	id := ref
	if !commitID().MatchString(ref) {
		out, err := r.output(ctx, kibi, "for-each-ref", "--count=1", "--format=%(refname) %(objectname)", "--", ref) // those below it come after it
		if err != nil {
			return "", err
		}
		var exact bool
		if id, exact = strings.CutPrefix(strings.TrimSpace(out), ref+" "); !exact {
			return "", r.lacks(ctx, "no such ref", ref)
		}
	}
	out, err := r.output(ctx, kibi, "rev-parse", "--verify", "--quiet", id+"^{commit}")
	if err != nil && !silent(err) {
		return "", err
	}
	commit := strings.TrimSpace(out)
	switch {
	case commit == "":
		return "", r.lacks(ctx, "no such commit", ref)
	case id == ref && commit != id: // of a tag, or of a ref that has the id of something as its name
		return "", fmt.Errorf("no commit has this id; the one meant may be %s", commit)
	}
	return commit, nil
}

// lacks says what to do where a clone does not have all.
func (r *Repository) lacks(ctx context.Context, what, ref string) error {
	fetch := "git fetch origin main"
	if commitID().MatchString(ref) { // no branch may lead to it any more
		fetch = "git fetch origin " + ref
	}
	if remote, branch, ok := strings.Cut(strings.TrimPrefix(ref, "refs/remotes/"), "/"); ok && strings.HasPrefix(ref, "refs/remotes/") {
		fetch = "git fetch " + remote + " " + branch
	}
	if shallow, err := r.output(ctx, kibi, "rev-parse", "--is-shallow-repository"); err == nil && strings.TrimSpace(shallow) == "true" {
		return fmt.Errorf("%s in this shallow clone; check out with fetch-depth: 0, or fetch it: %s", what, fetch)
	}
	return fmt.Errorf("%s; fetch it (%s), or correct its name", what, fetch)
}

// missing says what is there where a commit does not have a path.
func (r *Repository) missing(ctx context.Context, commit, file string) error {
	name, folder := path.Base(file), path.Dir(file)
	var near []entry
	for {
		var err error
		var paths []string
		if folder != "." {
			paths = []string{folder + "/"}
		}
		if near, err = r.tree(ctx, commit, paths...); err != nil || len(near) > 0 || folder == "." {
			break
		}
		name, folder = path.Base(folder), path.Dir(folder)
	}
	slices.SortStableFunc(near, func(a, b entry) int { return alike(path.Base(b.path), name) - alike(path.Base(a.path), name) })
	var names []string
	for _, e := range near[:min(len(near), 5)] {
		names = append(names, fmt.Sprintf("%q", e.path))
	}
	return fmt.Errorf("the commit has no such file; near it are %s", strings.Join(names, ", "))
}

// alike is how many letters two names begin with in common.
func alike(a, b string) int {
	a, b = folded(a), folded(b)
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
