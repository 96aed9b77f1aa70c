package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// A change is sent only if the files, the rules, live state and the clock of that moment still make it: whatever was edited
// between the plan and its apply, nobody loses what the files of the moment of writing give or its rules guard, nothing is
// done that a fresh plan would not do, and the report counts what really changed. Plans are saved, answered late, or held
// up by another run's lock.
func TestTheMomentOfWritingDecides(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		trial := newTrial(rt)
		defer trial.end()
		trial.play()
	})
}

// trial is one tenant, one folder of files and one apply with edits in between.
type trial struct {
	*rapid.T
	world  *world
	folder string
	files  files // as they are now
	clock  time.Time
	before tenant // when the last edit was done
	edits  edits
	edited bool
}

func newTrial(t *rapid.T) *trial {
	folder, err := os.MkdirTemp("", "trial-")
	if err != nil {
		t.Fatal(err)
	}
	tr := &trial{T: t, folder: folder, clock: start, files: drawFiles(t, "files"),
		world: &world{server: newEmulator(emu.Options{}, true), file: filepath.Join(folder, "entitlements.yaml")}}
	tr.world.transport = tr.world.server.Transport()
	tr.must(tr.world.server.LoadSeed([]byte(trialSeed)))
	tr.stranger(drawFiles(t, "live")) // somebody's earlier doing is how live comes to be
	tr.write()
	tr.before, tr.edits = tr.look(), tr.drawEdits()
	return tr
}

const trialSeed = `
huaweicloud:
  users: [{name: ann}, {name: ben}, {name: cem}, {name: dee}, {name: eve}]
  appGroups: [{name: CAD}, {name: Office}]
  apps: [{name: AutoCAD, audience: assigned}, {name: Excel, audience: everyone}]
wps365:
  users:
    - {name: owner, email: owner@corp.example}
    - {name: ann, email: ann@corp.example}
    - {name: ben, email: ben@corp.example}
    - {name: cem, email: cem@corp.example}
    - {name: dee, email: dee@corp.example}
    - {name: eve, email: eve@corp.example}
  mailGroups: [{address: all@corp.example, name: all, owner: owner@corp.example, senders: custom, allowedSenders: [ann@corp.example]}]
alibabacloud:
  accounts: [{name: billing}, {name: audit}]
`

func (tr *trial) end() { _ = os.RemoveAll(tr.folder) }

func (tr *trial) must(err error) {
	tr.Helper()
	if err != nil {
		tr.Fatal(err)
	}
}

func (tr *trial) write() {
	tr.must(os.WriteFile(tr.world.file, []byte(tr.files.yaml()), 0o600))
}

// run runs a command line at the trial's clock.
func (tr *trial) run(e env, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	base := tr.world.env(&out)
	base.stderr, base.now = &errs, func() time.Time { return tr.clock }
	if e.stdin != nil {
		base.stdin, base.terminal.stdin = e.stdin, true
	}
	base.openStore = e.openStore
	code = run(tr.Context(), base, args)
	return code, out.String(), errs.String()
}

// stranger brings live to what other files say, as somebody with a state folder of their own.
func (tr *trial) stranger(other files) {
	other.limit, other.protected = -1, nil
	path := filepath.Join(tr.folder, "stranger")
	tr.must(os.MkdirAll(path, 0o700))
	file := filepath.Join(path, "stranger.yaml")
	tr.must(os.WriteFile(file, []byte(other.yaml()), 0o600))
	args := []string{"apply", "--yes", "-f", file, "--state-dir", filepath.Join(path, "state")}
	for _, rule := range diff.RuleNames {
		args = append(args, "--allow", rule)
	}
	// An account that was promoted already may not be what the stranger wants: that is not what this is about.
	if code, out, errs := tr.run(env{}, args...); code != exitDone && code != exitUnfinished && code != exitError {
		tr.Fatalf("the stranger's apply ended with %d\n%s%s", code, out, errs)
	}
}

// edits are what happens between a plan and its apply. They are drawn beforehand: a person at the prompt acts in a goroutine
// of its own.
type edits struct {
	files *files // nil: they stay
	live  *files // what a stranger brings live to; nil: nobody does
	later time.Duration
}

func (tr *trial) drawEdits() edits {
	var e edits
	if rapid.Bool().Draw(tr.T, "edits files") {
		next := drawFiles(tr.T, "edit")
		switch rapid.IntRange(0, 2).Draw(tr.T, "edits rules") {
		case 0:
			next.limit, next.protected = tr.files.limit, tr.files.protected
		case 1:
			next.left, next.resources = tr.files.left, tr.files.resources
		}
		e.files = &next
	}
	if rapid.Bool().Draw(tr.T, "edits live") {
		live := drawFiles(tr.T, "stranger")
		e.live = &live
	}
	if rapid.Bool().Draw(tr.T, "moves the clock") {
		e.later = 2 * time.Hour
	}
	return e
}

// edit does the edits, once.
func (tr *trial) edit() {
	if tr.edited {
		return
	}
	tr.edited = true
	if tr.edits.files != nil {
		tr.files = *tr.edits.files
		tr.write()
	}
	if tr.edits.live != nil {
		tr.stranger(*tr.edits.live)
	}
	tr.clock = tr.clock.Add(tr.edits.later)
	tr.before = tr.look()
}

func (tr *trial) look() tenant { return look(tr.T, tr.world) }

// late is a person at the prompt who does other things first.
type late struct{ *trial }

func (l late) Read(p []byte) (int, error) {
	l.edit()
	return copy(p, "yes\n"), nil
}

// play plans and applies, with edits in between, and judges what became of live.
func (tr *trial) play() {
	common := []string{"-f", tr.world.file, "--state-dir", filepath.Join(tr.folder, "state"), "-o", "json"}
	var code int
	var out, errs string
	switch rapid.SampledFrom([]string{"saved", "saved", "prompt"}).Draw(tr.T, "way") {
	case "saved":
		plan := filepath.Join(tr.folder, "plan.json")
		_, _, planned := tr.run(env{}, append([]string{"plan", "--out", plan}, common...)...)
		if _, err := os.Stat(plan); err != nil {
			tr.Skip("no plan: " + planned)
		}
		tr.edit()
		code, out, errs = tr.run(env{}, append([]string{"apply", plan, "--yes"}, common...)...)
	case "prompt":
		code, out, errs = tr.run(env{stdin: late{tr}}, append([]string{"apply"}, common...)...)
	}
	after := tr.look()
	tr.Logf("exit %d\n%s\nstdout: %s\nstderr: %s\nbefore: %v\nafter:  %v", code, tr.files.yaml(), out, errs, tr.before, after)
	tr.judgeLosses(after)
	tr.judgeGains(after)
	tr.judgeSettings(after)
	tr.judgeReport(code, out, after)
}

// judgeLosses holds every loss against the files and the rules of now.
func (tr *trial) judgeLosses(after tenant) {
	lost := map[string]int{}
	for _, h := range tr.before.minus(after) {
		if h.role == "sender" && tr.before.mode[h.ref] != after.mode[h.ref] {
			continue // the senders went with the setting that was for them, which is judged as one
		}
		r, is := tr.files.find(h.ref)
		ended := r.ended(h.role, h.who, tr.clock)
		switch {
		case !is, r.ownership == "ignored":
			tr.Errorf("%v was taken, and the files do not rule it", h)
		case r.mode == "everyone":
			tr.Errorf("%v was taken from an app for everyone", h)
		case r.gives(h.role, h.who, tr.clock):
			tr.Errorf("%v was taken, and the files give it", h)
		case r.ownership == "add-only" && !r.absent && !tr.files.left[h.who] && !ended:
			tr.Errorf("%v was taken from an add-only resource", h)
		}
		for _, who := range tr.files.protected {
			if who == h.who {
				tr.Errorf("%v was taken, and %s is protected", h, who)
			}
		}
		if !ended {
			lost[connection(h.ref)]++
		}
	}
	for _, h := range tr.shutOut(after) {
		lost[connection(h.ref)]++
		if slices.Contains(tr.files.protected, h.who) {
			tr.Errorf("%v was a member who may write no longer, and %s is protected", h, h.who)
		}
	}
	for conn, n := range lost {
		if tr.files.limit >= 0 && n > tr.files.limit {
			tr.Errorf("%d grants were taken on %s, the limit is %d", n, conn, tr.files.limit)
		}
	}
}

// judgeGains holds everything that came against the files of now.
func (tr *trial) judgeGains(after tenant) {
	for _, h := range after.minus(tr.before) {
		r, is := tr.files.find(h.ref)
		if !is || r.ownership == "ignored" || !r.gives(h.role, h.who, tr.clock) {
			tr.Errorf("%v was granted, and the files do not give it", h)
		}
	}
}

// judgeSettings holds resources that were made, deleted or changed against the files of now.
func (tr *trial) judgeSettings(after tenant) {
	for _, ref := range refs(tr.before, after) {
		r, is := tr.files.find(ref)
		ruled := is && r.ownership != "ignored"
		was, now := tr.before.mode[ref], after.mode[ref]
		switch {
		case !tr.before.exists[ref]:
			if !ruled || r.absent {
				tr.Errorf("%s was made, and the files do not want it", ref)
			}
		case !after.exists[ref]:
			if !ruled || !r.absent {
				tr.Errorf("%s was deleted, and the files do not want that", ref)
			}
		case was == now:
		case !ruled || r.mode == "":
			tr.Errorf("%s became %q, and the files do not say so", ref, now)
		case r.kind == "account":
			if r.mode != "cloud" {
				tr.Errorf("%s was promoted, and the files want %q", ref, r.mode)
			}
		case now != r.mode:
			tr.Errorf("%s became %q, and the files want %q", ref, now, r.mode)
		case narrows(was, now):
			tr.judgeNarrowed(ref, r, was, after)
		}
	}
}

// judgeNarrowed holds a setting that lets in fewer than before against ownership and the rules of now: nobody can tell from how
// many it takes, unless those whom it let in are listed as members.
func (tr *trial) judgeNarrowed(ref string, r listed, was string, after tenant) {
	now := after.mode[ref]
	if r.ownership == "add-only" {
		tr.Errorf("%s was narrowed from %q to %q, and is add-only", ref, was, now)
	}
	if was == "member" {
		return // whoever is out is counted with the losses
	}
	if tr.files.limit >= 0 {
		tr.Errorf("%s was narrowed from %q to %q past max-revokes: who loses by it can't be counted", ref, was, now)
	}
	for _, who := range tr.files.protected {
		if !after.holds[holding{ref, lets[now], who}] {
			tr.Errorf("%s was narrowed from %q to %q, and %s, who is protected, is out", ref, was, now, who)
		}
	}
}

// shutOut are members who could write while a group was for its members, and who can't now that it is for others.
func (tr *trial) shutOut(after tenant) []holding {
	var out []holding
	for h := range tr.before.holds {
		if h.role == "member" && tr.before.mode[h.ref] == "member" && after.mode[h.ref] == "custom" && !after.holds[holding{h.ref, "sender", h.who}] {
			out = append(out, h)
		}
	}
	return out
}

// judgeReport counts what the report calls done.
func (tr *trial) judgeReport(code int, out string, after tenant) {
	if len(out) == 0 || out[0] != '{' {
		return
	}
	var result diff.Result
	if err := json.Unmarshal([]byte(out), &result); err != nil {
		return // a plan that was refused is shown, and is no result
	}
	done := map[diff.Op]int{}
	closed := func(ref string) bool { // it showed nobody before, so nobody knows who came
		return tr.before.mode[ref] == "everyone"
	}
	for _, part := range result.Connections {
		for _, c := range part.Changes {
			if c.Outcome == diff.Done && !closed(c.Ref("").String()) {
				done[c.Op]++
			}
		}
	}
	var gained, taken int
	for _, h := range after.minus(tr.before) {
		if !closed(h.ref) {
			gained++
		}
	}
	for _, h := range tr.before.minus(after) {
		if after.exists[h.ref] && !(h.role == "sender" && after.mode[h.ref] != "custom") {
			taken++
		}
	}
	if done[diff.OpGrant] != gained {
		tr.Errorf("exit %d: the report says %d granted, and %d were", code, done[diff.OpGrant], gained)
	}
	if done[diff.OpRevoke] != taken {
		tr.Errorf("exit %d: the report says %d revoked, and %d were", code, done[diff.OpRevoke], taken)
	}
}
