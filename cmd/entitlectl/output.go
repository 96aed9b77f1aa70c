package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/git"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store/file"
)

// standardStream matches the names under which systems hand on streams that are open already, as >(…) does. They are links.
var standardStream = regexp.MustCompile(`^/(dev|proc/self)/fd/[0-9]+$|^/dev/std(out|err)$`)

// checkOutput finds out, before anything is read, that a flag names what can't be written.
func checkOutput(flag, path string) error {
	if path == "" || standardStream.MatchString(path) {
		return nil
	}
	info, err := os.Lstat(path)
	switch cause := (*fs.PathError)(nil); {
	case path == "-":
		return fmt.Errorf("%s -: is no file; write /dev/stdout for stdout, or ./- for a file of that name", flag)
	case errors.Is(err, fs.ErrNotExist):
	case errors.As(err, &cause):
		return fmt.Errorf("%s %s: %w", flag, path, cause.Err)
	case info.IsDir():
		return fmt.Errorf("%s %s: a folder, not a file; name a file in it", flag, path)
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s %s: a link, which may lead anywhere; name the file itself", flag, path)
	case info.Mode()&fs.ModeSocket != 0:
		return fmt.Errorf("%s %s: a socket; name a file", flag, path)
	case goesThrough(info):
		return nil
	case info.Mode().Perm()&0o200 == 0: // whoever made it so wants it to stay
		return fmt.Errorf("%s %s: may not be written; check its mode and owner", flag, path)
	}
	return checkFolder(flag, path, filepath.Dir(path))
}

// checkFolder tries whether a file can be made in the folder that is to hold what the flag names.
func checkFolder(flag, path, folder string) error {
	f, err := os.CreateTemp(folder, "."+filepath.Base(path)+".*")
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s %s: there is no folder %s; make it, or name another file", flag, path, folder)
	}
	if err != nil {
		return fmt.Errorf("%s %s: no file can be made in %s: %w", flag, path, folder, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// goesThrough says whether something is written through rather than replaced.
func goesThrough(info fs.FileInfo) bool { return info.Mode()&(fs.ModeDevice|fs.ModeNamedPipe) != 0 }

// notNamed refuses to write, before anything is read, what the command line and the environment say is read: the files, the
// operator's, and what only this program writes.
func (c *cli) notNamed(flag, path string) error {
	if path == "" || standardStream.MatchString(path) {
		return nil
	}
	named := append(slices.Clone(c.files), c.operatorPath())
	if usual, err := usualFile(); err == nil && len(c.files) == 0 {
		named = append(named, usual)
	}
	return cmp.Or(notAmong(flag, path, named), c.notKept(flag, path), c.notRead(flag, path, filepath.Dir(path)))
}

// notKept refuses to write where others keep what is theirs, and under a name that is taken for rules.
func (c *cli) notKept(flag, path string) error {
	for folder := range foldersOf(path) {
		switch {
		case sameFile(folder, c.stateDir):
			return fmt.Errorf("%s %s: in --state-dir; name a file elsewhere", flag, path)
		case filepath.Base(folder) == ".git":
			return fmt.Errorf("%s %s: in the folder of git; name a file elsewhere", flag, path)
		case exists(filepath.Join(folder, evidenceFacts)) && exists(filepath.Join(folder, evidenceSums)):
			return fmt.Errorf("%s %s: in a folder of evidence, which is to stay as it is; name a file elsewhere", flag, path)
		}
	}
	if spec.NamedLikeRules(filepath.Base(path)) {
		return fmt.Errorf("%s %s: a file of this name is taken for rules; name another one", flag, path)
	}
	return nil
}

// safeOutput refuses to write what is read, or can't be written.
func (c *cli) safeOutput(flag, path string) error {
	return cmp.Or(c.notNamed(flag, path), notAReview(flag, path), checkOutput(flag, path))
}

// notAnInput refuses to write what the run reads, or would read the next time: besides what notNamed refuses all files that the
// files name, and secrets.
func (c *cli) notAnInput(flag, path string, s *spec.Spec) error {
	if path == "" || standardStream.MatchString(path) {
		return nil
	}
	inputs := s.AllFiles()
	for _, conn := range s.Connections {
		for _, ref := range conn.Auth {
			switch ref.Scheme {
			case "file":
				inputs = append(inputs, filepath.Join(ref.Folder, ref.Name))
			case "path":
				inputs = append(inputs, ref.Name)
			}
		}
	}
	return cmp.Or(notAmong(flag, path, inputs), c.notNamed(flag, path))
}

func notAmong(flag, path string, inputs []string) error {
	for _, input := range inputs {
		if input != "" && input != "-" && samePlace(path, input) {
			return fmt.Errorf("%s %s: this is one of the files that are read; name another one", flag, path)
		}
	}
	return nil
}

// operatorPath is where the operator's file is; of one that is read from a commit, where it is in the checkout: what is written
// there may be the next commit's. It is "" where there is none.
func (c *cli) operatorPath() string {
	name := c.operator
	if name == "" {
		name, _ = c.lookup(operatorVariable)
	}
	if !strings.HasPrefix(name, git.Prefix) {
		return name
	}
	file, err := git.Parse(name)
	if err != nil {
		return ""
	}
	repository, err := git.Open(".")
	if err != nil {
		return ""
	}
	return filepath.Join(repository.Top(), file.Path)
}

// foldersOf are the folders that a file is in, the nearest first, wherever links on the way lead.
func foldersOf(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		folder := filepath.Dir(path)
		if real, err := filepath.EvalSymlinks(folder); err == nil {
			folder = real
		}
		if whole, err := filepath.Abs(folder); err == nil {
			folder = whole
		}
		for yield(folder) && folder != filepath.Dir(folder) {
			folder = filepath.Dir(folder)
		}
	}
}

// notRead refuses a name that the next run would read as one of the files.
func (c *cli) notRead(flag, path, folder string) error {
	name := strings.ToLower(filepath.Base(path))
	if ext := filepath.Ext(name); ext != ".yaml" && ext != ".yml" {
		return nil
	}
	folders := c.files
	if len(folders) == 0 {
		folders = []string{"entitlements"}
	}
	for _, f := range folders {
		if sameFile(folder, f) {
			return fmt.Errorf("%s %s: all YAML files in %s are read; name another one, such as plan.json", flag, path, f)
		}
	}
	if name == "entitlements.yaml" || name == "entitlements.yml" {
		return fmt.Errorf("%s %s: a file of this name is read; name another one, such as plan.json", flag, path)
	}
	return nil
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, otherErr := os.Stat(b)
	return err == nil && otherErr == nil && os.SameFile(one, other)
}

// samePlace says whether two paths lead to one file, or would if it were there.
func samePlace(a, b string) bool {
	return sameFile(a, b) || filepath.Base(a) == filepath.Base(b) && sameFile(filepath.Dir(a), filepath.Dir(b))
}

// writeOutput has a function write to what checkOutput found to be fine: a file as a whole or not at all, and a device, pipe or
// stream through.
func (c *cli) writeOutput(ctx context.Context, path string, write func(io.Writer) error) error {
	switch path {
	case "/dev/stdout":
		return write(c.stdout)
	case "/dev/stderr":
		return write(c.stderr)
	}
	if info, err := os.Lstat(path); !standardStream.MatchString(path) && (err != nil || !goesThrough(info)) {
		return file.ReplaceWith(path, write)
	}
	_, err := untilDone(ctx, func() (struct{}, error) { return struct{}{}, writeThrough(path, write) }) // nobody may ever read from a pipe
	return err
}

// writes is a function that writes data.
func writes(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// writeThrough makes no file and cuts none.
func writeThrough(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	err = write(f)
	if err != nil && readerLeft(err) {
		err = io.ErrClosedPipe
	}
	return errors.Join(err, f.Close())
}
