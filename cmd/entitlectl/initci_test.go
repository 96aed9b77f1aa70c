package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// Whatever a branch put where the plan is to be, and whichever step fails, no step of the job for merge requests shows what a link leads
// to, nor leaves it as an artifact.
func TestGitLabReviewShowsNoLink(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is missing: the steps of the job were not run")
	}
	text, err := (&beginning{flags: initFlags{out: "entitlements.yaml"}}).ciFile("gitlab")
	check(t, err)
	var file struct {
		Review struct {
			Script      []string
			AfterScript []string `yaml:"after_script"`
		}
	}
	check(t, yaml.Unmarshal(text, &file))
	if len(file.Review.Script) == 0 {
		t.Fatal("the job has no steps")
	}
	folder := t.TempDir()
	checkout, secret, bin := filepath.Join(folder, "checkout"), filepath.Join(folder, "keys"), filepath.Join(folder, "bin")
	check(t, os.Mkdir(checkout, 0o700))
	check(t, os.Mkdir(bin, 0o700))
	check(t, os.WriteFile(secret, []byte("the reading key"), 0o600))
	check(t, os.Symlink(secret, filepath.Join(checkout, "plan.md")))
	check(t, os.WriteFile(filepath.Join(bin, "entitlectl"), []byte("#!"+bash+"\nexit 1\n"), 0o700))
	var shown strings.Builder
	for _, steps := range [][]string{file.Review.Script, file.Review.AfterScript} {
		run := exec.Command(bash, "-ec", strings.Join(steps, "\n"))
		run.Dir, run.Env = checkout, []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
		out, _ := run.CombinedOutput() // the first ends with what validate says
		shown.Write(out)
	}
	if strings.Contains(shown.String(), "the reading key") {
		t.Errorf("the job shows what the link leads to:\n%s", shown.String())
	}
	if _, err := os.Lstat(filepath.Join(checkout, "plan.md")); err == nil {
		t.Error("the link is left as an artifact")
	}
}

// What was merged is planned against what was there before, by the files of the README and of init: people who are listed
// elsewhere count as they did then, and a push that lists many fewer is red.
func TestMergedPeopleArePlannedAgainstThoseBefore(t *testing.T) {
	for _, tool := range []string{"git", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is missing: the jobs were not run", tool)
		}
	}
	for name, jobs := range map[string]workflow{"README": readmeWorkflow(t), "github": initWorkflow(t), "gitlab": gitlabWorkflow(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRunner(t, jobs)
			connections, rest, _ := strings.Cut(fmt.Sprintf(runnerOperator, w.url), "rules:")
			files := func(text string) map[string]string {
				if name == "README" {
					return map[string]string{"operator.yaml": connections + "rules:" + rest, "entitlements.yaml": text}
				}
				return map[string]string{"entitlements.yaml": connections + strings.TrimPrefix(text, "version: 1\n")}
			}
			before := strings.Repeat("0", 40)
			push := func(what string, files map[string]string, want int) {
				t.Helper()
				w.commit(what, files)
				w.git("update-ref", "refs/remotes/origin/main", "main")
				w.outputs["github.event.before"], w.workflow.Env["CI_COMMIT_BEFORE_SHA"] = before, before
				w.job("plan", "push", want)
				before = w.git("rev-parse", "HEAD")
			}
			people := "name\n" + strings.Join(strings.Split("ann ben cy dan eve fay gus hal ian jo", " "), "\n") + "\n"
			push("the first files", files(runnerFiles("ann")), exitDone)
			listed := files("version: 1\nusersFrom: {csv: people.csv}\nappGroups: [{name: CAD, in: workspace, grants: [{to: [ann]}]}]\n")
			listed["people.csv"] = people
			push("people from elsewhere", listed, exitDone)
			push("one more", map[string]string{"people.csv": people + "kim\n"}, exitDone)
			push("many fewer", map[string]string{"people.csv": "name\nann\n"}, exitRefused)
		})
	}
}

// initWorkflow is the workflow that init writes for GitHub.
func initWorkflow(t *testing.T) (w workflow) {
	t.Helper()
	check(t, yaml.Unmarshal(initialCI(t, "github"), &w))
	w.Env = map[string]string{}
	return w
}

// gitlabWorkflow is what init writes for GitLab, with the variables of the project.
func gitlabWorkflow(t *testing.T) workflow {
	t.Helper()
	var file struct {
		Plan struct{ Script []string }
	}
	check(t, yaml.Unmarshal(initialCI(t, "gitlab"), &file))
	return workflow{Env: map[string]string{"HUAWEICLOUD_SDK_AK": "emulator-key", "HUAWEICLOUD_SDK_SK": "emulator-secret"},
		Jobs: map[string]job{"plan": {Steps: []step{{Run: strings.Join(file.Plan.Script, "\n")}}}}}
}

func initialCI(t *testing.T, name string) []byte {
	t.Helper()
	b := beginning{flags: initFlags{out: "entitlements.yaml", providers: []string{"huaweicloud"}, set: []string{"region=ap-southeast-3"}}}
	check(t, b.choose())
	text, err := b.ciFile(name)
	check(t, err)
	return text
}
