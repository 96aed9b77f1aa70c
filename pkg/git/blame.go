package git

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Origin is the commit that a line of a file comes from.
type Origin struct {
	Commit  string
	Author  string // NAME <ADDRESS>
	When    time.Time
	Summary string
}

// Origins finds where lines of a file come from, by their numbers, in the commit that is checked out. It finds nothing where the
// file is not like it is there, since its lines are others. The author is the one that the commit names: mail maps, which the
// checkout may bring, are not read.
func (r *Repository) Origins(ctx context.Context, file string, lines []int) (map[int]Origin, error) {
	head, err := r.output(ctx, kibi, "rev-parse", "--verify", "HEAD^{commit}")
	if err != nil {
		return nil, err
	}
	head = strings.TrimSpace(head)
	below, same, err := r.like(ctx, head, file)
	if err != nil || !same {
		return nil, err
	}
	args := []string{"-c", "blame.ignoreRevsFile=", "blame", "--no-textconv", "--porcelain"}
	for _, line := range lines {
		args = append(args, "-L", fmt.Sprintf("%d,%d", line, line))
	}
	out, err := r.output(ctx, 8*mebi, append(args, head, "--", below)...)
	if err != nil {
		return nil, err
	}
	found, commits := map[int]Origin{}, map[string]Origin{}
	for line, id := range blamed(out) {
		origin, known := commits[id]
		if !known {
			if origin, err = r.origin(ctx, id); err != nil {
				return nil, err
			}
			commits[id] = origin
		}
		if slices.Contains(lines, line) {
			found[line] = origin
		}
	}
	return found, nil
}

// like finds a file in the repository, and says whether a commit has it as it is. Lines may end as on Windows.
func (r *Repository) like(ctx context.Context, commit, file string) (below string, same bool, err error) {
	if file, err = filepath.Abs(file); err != nil {
		return "", false, err
	}
	if file, err = filepath.EvalSymlinks(file); err != nil {
		return "", false, ignore(err, fs.ErrNotExist) // it may stand for stdin
	}
	below, within := r.Within(file)
	if !within {
		return "", false, nil
	}
	now, err := os.ReadFile(file)
	if err != nil {
		return "", false, err
	}
	was, err := r.Tree(ctx, commit).Read(below)
	if err != nil {
		return "", false, nil // it is not in the commit
	}
	return below, bytes.Equal(now, was) || bytes.Equal(bytes.ReplaceAll(now, []byte("\r\n"), []byte("\n")), was), nil
}

// blamed reads the heads of what git blame --porcelain says: ID WAS-LINE LINE.
func blamed(out string) map[int]string {
	found := map[int]string{}
	for text := range strings.Lines(out) {
		fields := strings.Fields(text)
		if strings.HasPrefix(text, "\t") || len(fields) < 3 || !commitID().MatchString(fields[0]) {
			continue
		}
		if line, err := strconv.Atoi(fields[2]); err == nil {
			found[line] = fields[0]
		}
	}
	return found
}

// origin reads a commit.
func (r *Repository) origin(ctx context.Context, id string) (Origin, error) {
	text, err := r.output(ctx, mebi, "cat-file", "commit", id)
	if err != nil {
		return Origin{}, err
	}
	o := Origin{Commit: id}
	head, message, _ := strings.Cut(text, "\n\n")
	for line := range strings.Lines(head) {
		author, ok := strings.CutPrefix(strings.TrimSpace(line), "author ")
		end := strings.LastIndex(author, "> ")
		if !ok || end < 0 {
			continue
		}
		o.Author = author[:end+1]
		seconds, _, _ := strings.Cut(author[end+2:], " ")
		if at, err := strconv.ParseInt(seconds, 10, 64); err == nil {
			o.When = time.Unix(at, 0).UTC()
		}
	}
	o.Summary, _, _ = strings.Cut(message, "\n")
	return o, nil
}
