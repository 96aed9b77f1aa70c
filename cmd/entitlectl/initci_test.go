package main

import (
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
