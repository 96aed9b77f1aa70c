package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	callTimeout = 30 * time.Second // for one call
	kibi        = 1 << 10
	mebi        = 1 << 20
)

// settings overrule what the repository's own settings say, those that they include among them: whatever runs a program,
// reaches the network, or takes a folder of the checkout for a repository.
var settings = []string{
	"--no-pager",
	"-c", "safe.bareRepository=explicit",
	"-c", "core.fsmonitor=false",
	"-c", "core.hooksPath=" + os.DevNull,
	"-c", "core.attributesFile=" + os.DevNull,
	"-c", "core.pager=cat",
	"-c", "core.editor=false",
	"-c", "core.askPass=",
	"-c", "core.sshCommand=false",
	"-c", "core.gitProxy=false",
	"-c", "core.alternateRefsCommand=false",
	"-c", "credential.helper=",
	"-c", "diff.external=",
	"-c", "protocol.allow=never",
	"-c", "submodule.recurse=false",
	"-c", "gc.auto=0",
	"-c", "maintenance.auto=false",
	"-c", "core.warnAmbiguousRefs=false",
	"-c", "advice.graftFileDeprecated=false",
}

// environment is all that git gets. Settings of the user and the machine are not read: they may name programs as well.
func environment(program, top string) []string {
	path := []string{filepath.Dir(program), "/usr/local/bin", "/usr/bin", "/bin"}
	return []string{
		"PATH=" + strings.Join(path, string(filepath.ListSeparator)),
		"HOME=" + os.DevNull, // a path below which nothing can be
		"LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_ALLOW_PROTOCOL=", // none, whatever protocol.* of the repository says
		"GIT_NO_LAZY_FETCH=1",
		"GIT_NO_REPLACE_OBJECTS=1",
		"GIT_GRAFT_FILE=" + os.DevNull,
		"GIT_LITERAL_PATHSPECS=1",
		"GIT_CEILING_DIRECTORIES=" + filepath.Dir(top), // a .git that is none is an error, and no reason to look further up
	}
}

// find is the git program. One that PATH finds in the working folder may be the checkout's own.
func find() (string, error) {
	program, err := exec.LookPath("git")
	if err == nil && !filepath.IsAbs(program) {
		err = exec.ErrDot
	}
	switch {
	case errors.Is(err, exec.ErrDot):
		return "", fmt.Errorf("git is found in the working folder only, and is not run there: take folders that are not absolute out of PATH: %w", err)
	case err != nil:
		return "", fmt.Errorf("git is needed to look at a repository: %w", err)
	}
	return program, nil
}

// failure is what git said when it did not do what it was asked.
type failure struct {
	top  string
	code int // of the exit
	said string
}

func (f failure) Error() string { return "git in " + f.top + ": " + f.said }

// silent recognises the exit code by which git says no when it was asked to be quiet.
func silent(err error) bool {
	var f failure
	return errors.As(err, &f) && f.code == 1
}

// run lets git write its answer to out.
func (r *Repository) run(ctx context.Context, out io.Writer, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	complaint := &limited{most: 4 * kibi}
	cmd := exec.CommandContext(ctx, r.program, slices.Concat(settings, args)...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = r.top, environment(r.program, r.top), time.Second
	cmd.Stdout, cmd.Stderr = out, complaint
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("git %s in %s gave no answer: %w", args[0], r.top, ctx.Err())
	case errors.As(err, &exit):
		return explain(failure{r.top, exit.ExitCode(), strings.TrimSpace(complaint.kept.String())})
	}
	return err
}

// explain says what to do where git refuses to look, or would have to fetch.
func explain(f failure) error {
	if _, said, fatal := strings.Cut("\n"+f.said, "\nfatal: "); fatal { // what comes before are warnings
		f.said = said
	}
	switch {
	case strings.Contains(f.said, "dubious ownership"), strings.Contains(f.said, "unsafe repository"):
		return fmt.Errorf("%s belongs to another user, so git does not look at it; run entitlectl as its owner, or make it yours with chown -R "+
			"(settings such as safe.directory are not read here)", f.top)
	case strings.Contains(f.said, "promisor remote"):
		return fmt.Errorf("%s is a clone without all files, and nothing is fetched here; check out without a filter: %w", f.top, f)
	}
	return f
}

// output is git's answer of at most so many bytes.
func (r *Repository) output(ctx context.Context, most int, args ...string) (string, error) {
	out := &limited{most: most, strict: true}
	err := r.run(ctx, out, args...)
	if out.full {
		return "", fmt.Errorf("git %s in %s: the answer has more than %d bytes", args[0], r.top, most)
	}
	return out.kept.String(), err
}

// limited keeps the first bytes of what is written to it. A strict one ends whoever writes more.
type limited struct {
	kept   bytes.Buffer // not embedded: what copies to it would use its ReadFrom, which knows no limit
	most   int
	strict bool
	full   bool
}

// Write keeps what there is room for.
func (l *limited) Write(p []byte) (int, error) {
	room := min(len(p), l.most-l.kept.Len())
	if l.full = l.full || room < len(p); l.full && l.strict {
		return 0, io.ErrShortWrite
	}
	_, _ = l.kept.Write(p[:room])
	return len(p), nil
}
