package git_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/git"
)

// program is a script that writes its environment down each time it is run.
type program struct {
	*testing.T
	path, log string
}

// newProgram makes one in a folder of its own, which then does the rest.
func newProgram(t *testing.T, name, rest string) program {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the programs of this test are shell scripts")
	}
	folder := t.TempDir()
	p := program{t, filepath.Join(folder, name), filepath.Join(folder, "log")}
	if err := os.WriteFile(p.path, []byte("#!/bin/sh\n/usr/bin/env >> "+p.log+"\n"+rest+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return p
}

// ran is what was written since it was last asked.
func (p program) ran() string {
	p.Helper()
	data, err := os.ReadFile(p.log)
	if err != nil && !os.IsNotExist(err) {
		p.Fatal(err)
	}
	_ = os.Remove(p.log)
	if len(data) > mostLogged {
		p.Fatalf("%s has %d bytes: git reads what it writes", p.log, len(data))
	}
	return string(data)
}

// mostLogged is more than any run writes, in bytes.
const mostLogged = 1 << 20

// naive runs git as anybody would. With settings such as these git may read what it writes, and so never end: as a graft file it
// takes its own trace, in which it notes each line that is no graft. No file grows beyond some MiB, and ran fails on such a one.
func naive(folder string, args ...string) {
	cmd := exec.Command("/bin/sh", append([]string{"-c", `ulimit -f 20000 && exec git "$@"`, "git"}, args...)...)
	cmd.Dir = folder
	_ = cmd.Run() // whether it works is of no interest
}

// booby are settings that run a program, by what has git use them.
func booby(p program) []string {
	return []string{
		"core.fsmonitor=" + p.path, "core.hooksPath=" + filepath.Dir(p.path), "core.pager=" + p.path, "core.editor=" + p.path,
		"core.sshCommand=" + p.path, "core.askPass=" + p.path, "core.gitProxy=" + p.path, "core.alternateRefsCommand=" + p.path,
		"pager.ls-files=" + p.path, "pager.ls-tree=" + p.path, "pager.for-each-ref=" + p.path, "credential.helper=" + p.path,
		"filter.evil.clean=" + p.path, "filter.evil.smudge=" + p.path, "filter.evil.process=" + p.path, "filter.evil.required=true",
		"diff.external=" + p.path, "diff.evil.textconv=" + p.path, "diff.evil.command=" + p.path, "merge.evil.driver=" + p.path,
		"alias.ls-files=!" + p.path, "alias.ls-tree=!" + p.path, "alias.rev-parse=!" + p.path, "alias.cat-file=!" + p.path, "alias.for-each-ref=!" + p.path,
		"gpg.program=" + p.path, "trace2.eventTarget=" + p.log, "protocol.ext.allow=always", "protocol.allow=always",
		"remote.origin.url=ext::" + p.path, "remote.origin.uploadpack=" + p.path, "remote.origin.promisor=true",
	}
}

// everything does all that the package can do with a checkout that has the file x.
func everything(c checkout) {
	c.Helper()
	if id, _, err := git.Commit(c.Context(), []string{c.path("x"), c.path("y.yaml")}); id == "" || err != nil {
		c.Errorf("commit %q, error %v", id, err)
	}
	if tracked, err := git.Tracked(c.Context(), c.path("x")); !tracked || err != nil {
		c.Errorf("tracked %v, error %v", tracked, err)
	}
	if text, _, err := c.read("git:refs/heads/main:x"); text != "x\n" || err != nil {
		c.Errorf("%q, error %v", text, err)
	}
	for _, name := range []string{"git:refs/heads/main:none", "git:refs/remotes/origin/main:x", "git:" + strings.Repeat("a", 40) + ":x"} {
		if text, _, err := c.read(name); err == nil {
			c.Errorf("%s: %q", name, text)
		}
	}
}

// No setting of the repository, however it comes there, and no attribute of a file has git run a program.
func TestNothingOfTheRepositoryIsRun(t *testing.T) {
	for name, included := range map[string]bool{"its own settings": false, "settings that it includes": true} {
		t.Run(name, func(t *testing.T) {
			c := newCheckout(t)
			c.write("x", "x\n")
			c.write("y.yaml", "y\n")
			c.write(".gitattributes", "* filter=evil diff=evil merge=evil\n")
			c.commit()
			evil := newProgram(t, "post-index-change", "")
			file := c.path(".git/config")
			if included {
				file = c.path("included")
				c.git("config", "include.path", file)
			}
			for _, setting := range booby(evil) {
				key, value, _ := strings.Cut(setting, "=")
				c.git("config", "--file", file, "--add", key, value)
			}
			c.write("x", "y\n") // as long as before: git must look into it
			for _, args := range [][]string{{"status"}, {"diff"}, {"-c", "core.fsmonitor=false", "diff-index", "-p", "HEAD"}, {"cat-file", "blob", strings.Repeat("a", 40)}} {
				if naive(c.top, args...); evil.ran() == "" {
					t.Errorf("git %v runs nothing, so nothing is tested", args)
				}
			}
			everything(c)
			if log := evil.ran(); log != "" {
				t.Errorf("a program was run:\n%s", log)
			}
		})
	}
}

// A folder of the checkout that is laid out as a repository is none.
func TestBareRepositoryInTheFilesFolder(t *testing.T) {
	evil := newProgram(t, "monitor", "")
	layOut := func(c checkout) {
		c.write("access/entitlements.yaml", "version: 1\n")
		c.write("access/HEAD", "ref: refs/heads/main\n")
		c.write("access/objects/.keep", "")
		c.write("access/refs/.keep", "")
		c.write("access/config", "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = "+evil.path+"\n")
	}
	c := newCheckout(t)
	layOut(c)
	id := c.commit()
	file := c.path("access/entitlements.yaml")
	if naive(c.path("access"), "status"); evil.ran() == "" {
		t.Error("git status runs nothing, so nothing is tested")
	}
	if got, changed, err := git.Commit(t.Context(), []string{file}); got != id || changed || err != nil {
		t.Errorf("commit %q, changed %v, error %v", got, changed, err)
	}
	if tracked, err := git.Tracked(t.Context(), file); !tracked || err != nil {
		t.Errorf("tracked %v, error %v", tracked, err)
	}
	alone := checkout{t, t.TempDir()}
	layOut(alone)
	if tracked, err := git.Tracked(t.Context(), alone.path("access/entitlements.yaml")); tracked || err != nil {
		t.Errorf("without a repository around it: tracked %v, error %v", tracked, err)
	}
	if log := evil.ran(); log != "" {
		t.Errorf("a program was run:\n%s", log)
	}
}

// What a clone left out is not fetched.
func TestNothingIsFetched(t *testing.T) {
	origin := newCheckout(t)
	origin.git("config", "uploadpack.allowFilter", "true")
	origin.write("x", "first\n")
	first := origin.commit()
	origin.write("x", "x\n")
	origin.commit()
	c := checkout{t, filepath.Join(t.TempDir(), "clone")}
	if err := os.Mkdir(c.top, 0o755); err != nil {
		t.Fatal(err)
	}
	c.git("clone", "-q", "--filter=blob:none", "file://"+filepath.ToSlash(origin.top), ".")
	evil := newProgram(t, "upload", "exit 1")
	c.git("config", "remote.origin.uploadpack", evil.path)
	if naive(c.top, "cat-file", "-p", first+":x"); evil.ran() == "" {
		t.Error("git cat-file runs nothing, so nothing is tested")
	}
	if text, _, err := c.read("git:" + first + ":x"); err == nil || !strings.Contains(err.Error(), "check out without a filter") {
		t.Errorf("%q, error %v", text, err)
	}
	if text, _, err := c.read("git:refs/remotes/origin/main:x"); text != "x\n" || err != nil {
		t.Errorf("%q, error %v", text, err)
	}
	if log := evil.ran(); log != "" {
		t.Errorf("a program was run:\n%s", log)
	}
}

// Nothing of our own environment reaches git: no secret, and nothing that has it look elsewhere or run a program.
func TestNothingOfOurEnvironmentCounts(t *testing.T) {
	c := newCheckout(t)
	c.write("x", "x\n")
	c.write("y.yaml", "y\n")
	c.commit()
	evil := newProgram(t, "evil", "")
	home := checkout{t, t.TempDir()}
	home.write(".gitconfig", "[core]\n\tfsmonitor = "+evil.path+"\n\tpager = "+evil.path+"\n")
	elsewhere := newCheckout(t)
	elsewhere.write("z", "z")
	elsewhere.commit()
	for name, value := range map[string]string{
		"HOME": home.top, "XDG_CONFIG_HOME": home.top, "GIT_CONFIG_GLOBAL": home.path(".gitconfig"), "GIT_CONFIG_SYSTEM": home.path(".gitconfig"), "GIT_CONFIG": home.path(".gitconfig"),
		"GIT_DIR": elsewhere.path(".git"), "GIT_WORK_TREE": elsewhere.top, "GIT_INDEX_FILE": elsewhere.path(".git/index"), "GIT_COMMON_DIR": elsewhere.path(".git"),
		"GIT_OBJECT_DIRECTORY": elsewhere.path(".git/objects"), "GIT_NAMESPACE": "evil", "GIT_CEILING_DIRECTORIES": c.top, "GIT_EXEC_PATH": filepath.Dir(evil.path),
		"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": evil.path, "GIT_CONFIG_PARAMETERS": "'core.fsmonitor=" + evil.path + "'",
		"GIT_EXTERNAL_DIFF": evil.path, "GIT_PAGER": evil.path, "PAGER": evil.path, "GIT_EDITOR": evil.path, "GIT_ASKPASS": evil.path, "SSH_ASKPASS": evil.path,
		"GIT_SSH": evil.path, "GIT_SSH_COMMAND": evil.path, "GIT_PROXY_COMMAND": evil.path, "GIT_TRACE": evil.log, "GIT_TRACE2_EVENT": evil.log, "GIT_TRACE_SETUP": evil.log,
		"GIT_DEFAULT_HASH": "sha256", "GIT_GRAFT_FILE": home.path(".gitconfig"), "GIT_SHALLOW_FILE": home.path(".gitconfig"), "GIT_REPLACE_REF_BASE": "refs/heads/", "GIT_GLOB_PATHSPECS": "1", "GIT_ICASE_PATHSPECS": "1",
		"LD_PRELOAD_CANARY": "canary", "HUAWEICLOUD_SDK_SK": "canary", "WPS_APP_KEY": "canary",
	} {
		if value == evil.log && !strings.HasPrefix(name, "GIT_TRACE") {
			t.Fatalf("%s is where git writes its trace: it would read what it writes, without end", name)
		}
		t.Setenv(name, value)
	}
	naive(c.top, "-C", c.top, "--git-dir="+c.path(".git"), "--work-tree="+c.top, "status")
	if log := evil.ran(); !strings.Contains(log, "canary") {
		t.Error("git status shows nothing of our environment, so nothing is tested")
	}
	everything(c)
	if log := evil.ran(); log != "" {
		t.Errorf("a program was run, or traced:\n%s", log)
	}
}

// git gets just what is listed here.
func TestEnvironmentOfGit(t *testing.T) {
	c := newCheckout(t)
	c.write("x", "x\n")
	c.write("y.yaml", "y\n")
	c.commit()
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	spy := newProgram(t, "git", "exec "+real+` "$@"`)
	t.Setenv("PATH", filepath.Dir(spy.path)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	t.Setenv("SECRET_OF_OURS", "canary")
	everything(c)
	var names []string
	for line := range strings.Lines(spy.ran()) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !slices.Contains(names, name) {
			names = append(names, name)
			if strings.Contains(value, "canary") {
				t.Error(line)
			}
		}
	}
	ofTheShell := []string{"PWD", "OLDPWD", "SHLVL", "_"}
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(ofTheShell, name) })
	slices.Sort(names)
	want := "GIT_ALLOW_PROTOCOL GIT_ATTR_NOSYSTEM GIT_CEILING_DIRECTORIES GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM GIT_GRAFT_FILE GIT_LITERAL_PATHSPECS " +
		"GIT_NO_LAZY_FETCH GIT_NO_REPLACE_OBJECTS GIT_OPTIONAL_LOCKS GIT_TERMINAL_PROMPT HOME LC_ALL PATH"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("git gets %s", got)
	}
}
