package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// The steps of the workflow in the README, run as they stand there: a pull request is planned and commented on and writes
// nothing, whatever its files say; what was merged is planned, and that very plan is applied.
func TestWorkflowOfTheReadme(t *testing.T) {
	for _, tool := range []string{"git", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is missing: the workflow of the README was not run", tool)
		}
	}
	w := newRunner(t, readmeWorkflow(t))
	w.commit("main", map[string]string{"operator.yaml": fmt.Sprintf(runnerOperator, w.url), "entitlements.yaml": runnerFiles("ann")})
	w.git("update-ref", "refs/remotes/origin/main", "main")

	w.git("checkout", "-q", "-b", "change")
	w.commit("change", map[string]string{"entitlements.yaml": runnerFiles("ann, ben")})
	w.job("review", "pull_request", exitDone)
	if comment := w.read("comment"); !strings.Contains(comment, "| `ben` | `app-group CAD` `entitlements.yaml:") || !strings.Contains(comment, "against refs/remotes/origin/main asks for 1 to grant.") {
		t.Errorf("the comment is\n%s", comment)
	}
	for name, files := range map[string]map[string]string{
		"holds connections": {"entitlements.yaml": runnerFiles("ann") + "connections: {workspace: {provider: huaweicloud, region: r, auth: {token: env:GH_TOKEN}, endpoint: https://elsewhere.example}}\n"},
		"takes a protected": {"entitlements.yaml": runnerFiles("ben") + "rules: {max-revokes: 999}\n"},
		"brings its own operator's file": {"operator.yaml": "version: 1\noverrides: [protected]\n",
			"entitlements.yaml": runnerFiles("ben")},
	} {
		w.commit(name, files)
		if code := w.job("review", "pull_request", -1); code == exitDone {
			t.Errorf("%s: the check is green", name)
		}
	}
	w.commit("wants nothing", map[string]string{"entitlements.yaml": runnerFiles("ann")})
	for _, target := range []string{"/proc/self/environ", "../bin/gh"} {
		w.link(target, "plan.md", "plan.json", "comment")
		w.job("review", "pull_request", exitDone)
		if comment := w.read("comment"); strings.Contains(comment, "emulator-") || !strings.Contains(comment, "No changes") {
			t.Errorf("with links to %s the comment is\n%s", target, comment)
		}
	}
	if writes := w.writes(); writes != 0 {
		t.Fatalf("pull requests wrote %d times", writes)
	}

	w.git("checkout", "-q", "main")
	w.outputs["github.event.before"] = w.git("rev-parse", "HEAD")
	w.commit("merged", map[string]string{"entitlements.yaml": runnerFiles("ann, ben")})
	w.git("update-ref", "refs/remotes/origin/main", "main")
	w.job("plan", "push", exitDone)
	if writes := w.writes(); writes != 0 {
		t.Errorf("the plan wrote %d times", writes)
	}
	w.job("apply", "push", exitDone)
	state, err := w.server.State()
	check(t, err)
	if writes := w.writes(); writes != 1 || !strings.Contains(string(state), "grants: [ann, ben]") {
		t.Errorf("%d writes left\n%s", writes, state)
	}
}

const runnerOperator = `version: 1
connections:
  workspace:
    provider: huaweicloud
    region: ap-southeast-3
    project: 0123456789abcdef0123456789abcdef
    auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}
    endpoint: %s
    rate: {read: 60000/min, write: 60000/min}
rules: {protected: ["user:ann"]}
`

func runnerFiles(who string) string {
	return "version: 1\nusers: [{name: ann}, {name: ben}]\nappGroups: [{name: CAD, in: workspace, grants: [{to: [" + who + "]}]}]\n"
}

// runner plays the CI system, with a checkout and the emulator as the vendor.
type runner struct {
	*testing.T
	server   *emu.Server
	url      string
	folder   string // holds the checkout, bin and what steps leave behind
	workflow workflow
	outputs  map[string]string
}

type workflow struct {
	Env  map[string]string
	Jobs map[string]job
}

type job struct {
	Env   map[string]string
	Steps []step
}

type step struct {
	ID, Run, Uses, If string
	Env               map[string]string
}

var workflowText = regexp.MustCompile("(?s)```yaml\n(# .github/workflows/.*?)```")

func readmeWorkflow(t *testing.T) (w workflow) {
	readme, err := os.ReadFile("../../README.md")
	check(t, err)
	text := workflowText.FindSubmatch(readme)
	if text == nil {
		t.Fatal("the README has no workflow")
	}
	check(t, yaml.Unmarshal(text[1], &w))
	return w
}

func newRunner(t *testing.T, jobs workflow) *runner {
	w := &runner{T: t, server: newEmulator(emu.Options{}, true), folder: t.TempDir(), workflow: jobs, outputs: map[string]string{}}
	check(t, w.server.LoadSeed([]byte("huaweicloud: {users: [{name: ann}, {name: ben}], appGroups: [{name: CAD, grants: [ann]}]}")))
	listener, err := emu.Listen("127.0.0.1:0")
	check(t, err)
	w.url = "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- w.server.Serve(ctx, listener) }()
	t.Cleanup(func() { stop(); <-served })

	self, err := os.Executable()
	check(t, err)
	bin := filepath.Join(w.folder, "bin")
	check(t, os.Mkdir(bin, 0o700))
	check(t, os.Mkdir(filepath.Join(w.folder, "temp"), 0o700))
	check(t, os.Symlink(self, filepath.Join(bin, "entitlectl")))
	for name, script := range map[string]string{"go": "true", "gh": `cat "${@: -1}" > ../comment`} {
		check(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/usr/bin/env bash\n"+script+"\n"), 0o700))
	}
	check(t, os.Mkdir(w.checkout(), 0o700))
	w.git("init", "-q", "-b", "main")
	return w
}

func (w *runner) checkout() string { return filepath.Join(w.folder, "checkout") }

func (w *runner) git(args ...string) string {
	w.Helper()
	command := exec.Command("git", append([]string{"-C", w.checkout(), "-c", "user.name=t", "-c", "user.email=t@corp.example"}, args...)...)
	out, err := command.CombinedOutput()
	if err != nil {
		w.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (w *runner) commit(message string, files map[string]string) {
	for name, text := range files {
		check(w.T, os.WriteFile(filepath.Join(w.checkout(), name), []byte(text), 0o600))
		w.git("add", name)
	}
	w.git("commit", "-q", "-m", message)
}

func (w *runner) link(target string, names ...string) {
	for _, name := range names {
		_ = os.Remove(filepath.Join(w.checkout(), name))
		check(w.T, os.Symlink(target, filepath.Join(w.checkout(), name)))
		w.git("add", name)
	}
	w.git("commit", "-q", "-m", "links to "+target)
}

func (w *runner) read(name string) string {
	data, err := os.ReadFile(filepath.Join(w.folder, name))
	check(w.T, err)
	return string(data)
}

func (w *runner) writes() int {
	n := 0
	for _, call := range w.server.Calls() {
		if mayWrite(call.Method, call.Path) {
			n++
		}
	}
	return n
}

// job runs the steps of a job that are commands, until one fails, and then those that run nevertheless. want below 0: any
// code is fine.
func (w *runner) job(name, event string, want int) int {
	w.Helper()
	job, known := w.workflow.Jobs[name]
	if !known {
		w.Fatalf("the workflow has no job %s", name)
	}
	ended, log := exitDone, ""
	for _, step := range job.Steps {
		if step.Uses != "" || ended != exitDone && step.If == "" {
			continue
		}
		code, out := w.step(step.Run, w.workflow.Env, job.Env, step.Env)
		log += out
		if ended == exitDone {
			ended = code
		}
		for line := range strings.Lines(w.take("output")) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
				w.outputs["needs."+name+".outputs."+key] = value
			}
		}
	}
	if want >= 0 && ended != want {
		w.Fatalf("job %s on %s ended with %d, want %d\n%s", name, event, ended, want, log)
	}
	return ended
}

// take reads what steps wrote, and empties it.
func (w *runner) take(name string) string {
	path := filepath.Join(w.folder, name)
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	check(w.T, err)
	check(w.T, os.Remove(path))
	return string(data)
}

var expression = regexp.MustCompile(`\$\{\{ *([^ }]+) *\}\}`)

func (w *runner) step(command string, envs ...map[string]string) (code int, out string) {
	values := map[string]string{"github.event.number": "7", "github.token": "canary", "secrets.HUAWEICLOUD_SDK_AK": "emulator-key", "secrets.HUAWEICLOUD_SDK_SK": "emulator-secret"}
	for key, value := range w.outputs {
		values[key] = value
	}
	fill := func(text string) string {
		return expression.ReplaceAllStringFunc(text, func(match string) string {
			value, known := values[expression.FindStringSubmatch(match)[1]]
			if !known {
				w.Fatalf("the workflow uses %s, which this test does not know", match)
			}
			return value
		})
	}
	run := exec.Command("bash", "-e", "-o", "pipefail", "-c", fill(command))
	run.Dir = w.checkout()
	run.Env = []string{"PATH=" + filepath.Join(w.folder, "bin") + ":" + os.Getenv("PATH"), "HOME=" + w.folder, "EMULATOR=" + w.url, "RUNNER_TEMP=" + filepath.Join(w.folder, "temp"),
		"GITHUB_OUTPUT=../output", "GITHUB_STEP_SUMMARY=../summary"}
	for _, env := range envs {
		for key, value := range env {
			run.Env = append(run.Env, key+"="+fill(value))
		}
	}
	text, err := run.CombinedOutput()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return failed.ExitCode(), string(text)
	}
	check(w.T, err)
	return exitDone, string(text)
}
