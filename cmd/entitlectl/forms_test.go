package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// No output takes the place of an input, under whatever name it is given, and that is found before any vendor is asked.
func TestOutputsSpareInputs(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	w := newWorld(t)
	folder := filepath.Dir(w.file)
	t.Chdir(folder)
	do := func(args ...string) {
		args = append([]string{"-C", folder, "-c", "user.name=alice", "-c", "user.email=alice@corp.example", "-c", "commit.gpgsign=false"}, args...)
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	text := string(read(t, w.file))
	connections, _, _ := strings.Cut(text, "\nusers:")
	_, connections, _ = strings.Cut(connections, "connections:")
	inputs := map[string]string{
		"entitlements.yaml":               "version: 1\nusersFrom: {csv: hr/people.csv}\n",
		"operator.yaml":                   "version: 1\nconnections:" + connections + "\n",
		"hr/people.csv":                   "name,email\nann,ann@corp.example\n",
		"more/a.yaml":                     "version: 1\n",
		"reviews/q4.yaml":                 "name: q4\n",
		"state/runs/1.jsonl":              "{}\n",
		"evidence/evidence.json":          "{}\n",
		"evidence/SHA256SUMS":             "",
		"evidence/runs/1/outcomes.jsonl":  "{}\n",
		"plan.json":                       "{}\n",
		"state/history.jsonl.of.this.run": "",
	}
	for name, text := range inputs {
		check(t, os.MkdirAll(filepath.Dir(name), 0o700))
		check(t, os.WriteFile(name, []byte(text), 0o600))
	}
	check(t, os.Link("operator.yaml", "hard.html"))
	check(t, os.Symlink("more", "linked"))
	check(t, os.Symlink("state/runs", "runs"))
	do("init", "-q", "-b", "main")
	do("add", "operator.yaml")
	do("commit", "-q", "-m", "first")
	const here, inGit = "operator.yaml", "git:refs/heads/main:operator.yaml"
	for _, c := range []struct{ args, operator, output, why string }{
		{"plan", "", "entitlements.yaml", "one of the files that are read"},
		{"plan", "", folder + "/../" + filepath.Base(folder) + "/entitlements.yaml", "one of the files that are read"},
		{"drift", here, "operator.yaml", "one of the files that are read"},
		{"plan", here, "hard.html", "one of the files that are read"},
		{"plan", inGit, "operator.yaml", "one of the files that are read"},
		{"doctor", inGit, folder + "/operator.yaml", "one of the files that are read"},
		{"plan", inGit, "hard.html", "one of the files that are read"},
		{"access", inGit, "operator.yaml", "one of the files that are read"},
		{"plan", here, "hr/people.csv", "one of the files that are read"},
		{"plan", here, "linked/a.yaml", "all YAML files in more are read"},
		{"plan", here, "linked/new.yaml", "all YAML files in more are read"},
		{"plan", here, "state/plan.html", "in --state-dir"},
		{"plan", here, "runs/1.jsonl", "in --state-dir"},
		{"apply --yes", here, "state/history.jsonl.of.this.run", "in --state-dir"},
		{"plan", here, "evidence/evidence.json", "in a folder of evidence"},
		{"plan", here, "evidence/runs/1/outcomes.jsonl", "in a folder of evidence"},
		{"plan", here, "reviews/q4.yaml", "taken for reviews"},
		{"show plan.json", here, folder + "/plan.json", "is the plan that is read"},
		{"apply plan.json --yes", here, "./plan.json", "is the plan that is read"},
		{"plan --out new.json", here, folder + "/new.json", "to be written twice"},
	} {
		args := append(strings.Fields(c.args), "-o", "json="+c.output)
		if strings.HasPrefix(c.args, "plan") {
			args = append(args, "-f", "more")
		}
		if c.operator != "" && !strings.HasPrefix(c.args, "show") {
			args = append(args, "--operator", c.operator)
		}
		if code := w.run(t.Context(), args...); code != exitError || !strings.Contains(w.stderr.String(), c.why) {
			t.Errorf("%s: exit %d, not for %q: %s", strings.Join(args, " "), code, c.why, &w.stderr)
		}
	}
	if calls := len(w.server.Calls()); calls > 0 {
		t.Errorf("%d calls", calls)
	}
	for name, text := range inputs {
		if now := string(read(t, name)); now != text {
			t.Errorf("%s is %q", name, now)
		}
	}
}

// Whatever flag writes, it spares what is read or kept, and says so before anything is asked of a vendor.
func TestFlagsThatWriteSpareFiles(t *testing.T) {
	w := newWorld(t)
	t.Chdir(filepath.Dir(w.file))
	files := map[string]string{"entitlements.yaml": string(read(t, w.file)), "kept.json": "{}\n", "reviews/q4.yaml": "name: q4\n", ".entitlectl/history.jsonl": "", ".git/config": ""}
	for name, text := range files {
		check(t, os.MkdirAll(filepath.Dir(name), 0o700))
		check(t, os.WriteFile(name, []byte(text), 0o600))
	}
	check(t, os.Chmod("kept.json", 0o400))
	check(t, os.Chmod("entitlements.yaml", 0o400))
	ended, cancel := context.WithCancel(t.Context())
	cancel() // an emulator saves at its end
	for args, why := range map[string]string{
		"emulate --save entitlements.yaml":                   "one of the files that are read",
		"emulate --save .entitlectl/x":                       "in --state-dir",
		"plan --out reviews/q4.yaml":                         "taken for reviews",
		"plan --out entitlectl-rules.json":                   "taken for rules",
		"plan --out .git/config":                             "in the folder of git",
		"plan --out kept.json":                               "may not be written",
		"plan -o html=kept.json":                             "may not be written",
		"plan --out -":                                       "--out -: is no file",
		"import --out entitlectl.rules.yaml":                 "taken for rules",
		"import --out .entitlectl/x.yaml":                    "in --state-dir",
		"import --into .entitlectl":                          "in --state-dir",
		"import --into entitlements.yaml/new":                "no file can be made in entitlements.yaml",
		"import --adopt":                                     "may not be written",
		"init --provider wps365 --out entitlectl.rules.yaml": "taken for rules",
		"init --provider wps365 --out .entitlectl/new.yaml":  "in --state-dir",
	} {
		w.stderr.Reset()
		if run(ended, w.env(&w.stdout), strings.Fields(args)); !strings.Contains(w.stderr.String(), why) {
			t.Errorf("%s: not for %q: %s", args, why, &w.stderr)
		}
	}
	if calls := len(w.server.Calls()); calls > 0 {
		t.Errorf("%d calls", calls)
	}
	for name, text := range files {
		if now := string(read(t, name)); now != text {
			t.Errorf("%s is %q", name, now)
		}
	}
	for _, name := range []string{"-", "entitlectl.rules.yaml", "entitlectl-rules.json", ".entitlectl/x.yaml", ".entitlectl/new.yaml"} {
		if exists(name) {
			t.Errorf("%s was written", name)
		}
	}
}
