package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

// A change is sent only if the files, the rules, live state and the clock of that moment still make it: whatever was edited
// between the plan and its apply, nobody loses what the files of the moment of writing give or its rules guard, nothing is
// done that a fresh plan would not do, and the report counts what really changed. Plans are saved, answered late, or held
// up by another run's lock.
func TestTheMomentOfWritingDecides(t *testing.T) {
	parent := storetest.Folder(t)
	rapid.Check(t, func(rt *rapid.T) {
		inBubble(t, func() {
			trial := newTrial(rt, parent)
			defer trial.end()
			trial.play()
		})
	})
}

// inBubble runs do where waiting takes no time. It hands on a panic, by which rapid ends a check.
func inBubble(t *testing.T, do func()) {
	var ended any
	synctest.Test(t, func(*testing.T) {
		defer func() { ended = recover() }()
		do()
	})
	if ended != nil {
		panic(ended)
	}
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

func newTrial(t *rapid.T, parent string) *trial {
	folder, err := os.MkdirTemp(parent, "trial-")
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
  apps: [{name: AutoCAD, audience: assigned}, {name: Excel, audience: everyone, grants: [ann, ben]}]
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
		base.stdin, base.terminal.stdin, base.terminal.stderr = e.stdin, true, true
	}
	base.openStore = e.openStore
	code = run(context.Background(), base, args) // the one of rapid is from outside of the bubble
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

// makeAgain deletes an app group and makes it again with the same holders: another one of the same name.
func (tr *trial) makeAgain(name string) {
	now := listed{kind: "app-group", name: name, ownership: "owned"}
	for h := range tr.look().holds {
		if h.ref == "app-group/"+name {
			now.entries = append(now.entries, given{who: h.who})
		}
	}
	gone := listed{kind: "app-group", name: name, ownership: "owned", absent: true}
	for _, r := range []listed{gone, now} {
		tr.stranger(files{left: map[string]bool{}, resources: []listed{r}})
	}
}

// edits are what happens between a plan and its apply. They are drawn beforehand: a person at the prompt acts in a goroutine
// of its own.
type edits struct {
	files *files // nil: they stay
	live  *files // what a stranger brings live to; nil: nobody does
	again string // an app group that a stranger deletes and makes again as it was; "": none
	cut   bool   // from then on the lists of who may use app groups lack rows
	later time.Duration
}

func (tr *trial) drawEdits() edits {
	var e edits
	next := tr.files
	switch rapid.SampledFrom([]string{"none", "none", "lines", "rules", "rules", "ownership", "ownership", "all"}).Draw(tr.T, "edits files") {
	case "none":
	case "lines":
		next = drawFiles(tr.T, "edit")
		next.limit, next.protected = tr.files.limit, tr.files.protected
		e.files = &next
	case "rules": // so tight that what takes anything breaks them
		next.limit = rapid.SampledFrom([]int{-1, 0, 0}).Draw(tr.T, "edit max-revokes")
		next.protected = rapid.SliceOfDistinct(rapid.SampledFrom(people), rapid.ID[string]).Draw(tr.T, "edit protected")
		e.files = &next
	case "ownership":
		next.resources = nil
		for _, r := range tr.files.resources {
			if r.ownership == "owned" && rapid.IntRange(0, 3).Draw(tr.T, "edit keeps "+r.name) > 0 {
				r.ownership = rapid.SampledFrom([]string{"add-only", "ignored"}).Draw(tr.T, "edit ownership of "+r.name)
			}
			next.resources = append(next.resources, r)
		}
		e.files = &next
	case "all":
		next = drawFiles(tr.T, "edit")
		e.files = &next
	}
	switch rapid.SampledFrom([]string{"none", "none", "none", "other", "other", "again", "again", "cut"}).Draw(tr.T, "edits live") {
	case "other":
		live := drawFiles(tr.T, "stranger")
		e.live = &live
	case "again":
		return edits{again: rapid.SampledFrom([]string{"CAD", "Office"}).Draw(tr.T, "made again")} // nothing else tells
	case "cut":
		e.cut = true
	}
	if rapid.IntRange(0, 2).Draw(tr.T, "moves the clock") == 0 {
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
	if tr.edits.again != "" {
		tr.makeAgain(tr.edits.again)
	}
	if tr.edits.cut {
		tr.must(tr.world.server.SetFaults([]emu.Fault{{Match: "GET /v1/*/app-groups/actions/list-authorizations", Kind: emu.FaultRefuse,
			Status: 200, Body: `{"count":99,"authorizations":[]}`}}))
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
	way := rapid.SampledFrom([]string{"saved", "saved", "saved and locked", "prompt", "locked", "half-done"}).Draw(tr.T, "way")
	existed := tr.before.exists
	switch way {
	case "saved", "saved and locked", "half-done":
		plan := filepath.Join(tr.folder, "plan.json")
		_, _, planned := tr.run(env{}, append([]string{"plan", "--out", plan}, common...)...)
		if _, err := os.Stat(plan); err != nil {
			tr.Skip("no plan: " + planned)
		}
		apply := append([]string{"apply", plan, "--yes"}, common...)
		if way == "half-done" {
			tr.goesOn(apply)
			return
		}
		if way == "saved and locked" {
			code, out, errs = tr.run(env{openStore: tr.busy}, append(apply, "--lock-timeout", "1m")...)
			break
		}
		tr.edit()
		code, out, errs = tr.run(env{}, apply...)
	case "prompt":
		code, out, errs = tr.run(env{stdin: late{tr}}, append([]string{"apply"}, common...)...)
	case "locked":
		code, out, errs = tr.run(env{openStore: tr.busy}, append([]string{"apply", "--yes", "--lock-timeout", "1m"}, common...)...)
	}
	tr.must(tr.world.server.SetFaults(nil))
	if ref := "app-group/" + tr.edits.again; way[0] == 's' && tr.edits.again != "" && existed[ref] {
		tr.judgeOther(ref)
	}
	after := tr.look()
	tr.Logf("exit %d\n%s\nstdout: %s\nstderr: %s\nbefore: %v\nafter:  %v", code, tr.files.yaml(), out, errs, tr.before, after)
	tr.judgeLosses(after)
	tr.judgeGains(after)
	tr.judgeSettings(after)
	tr.judgeReport(code, out, after)
}

// busy is a store in which somebody else holds the first lock for a while, and edits meanwhile.
func (tr *trial) busy(folder string) store.Store {
	return &busy{Store: file.Open(folder), edit: tr.edit}
}

type busy struct {
	store.Store
	edit func()
	once bool
}

func (b *busy) Acquire(ctx context.Context, scope string, by store.Owner) (store.Lease, error) {
	if !b.once {
		b.once = true
		b.edit()
		return nil, &store.HeldError{Holder: store.Holder{Scope: scope}}
	}
	return b.Store.Acquire(ctx, scope, by)
}

// goesOn applies a saved plan of which a part is refused, and then again: it goes on with what is left.
func (tr *trial) goesOn(apply []string) {
	nth := rapid.IntRange(1, 4).Draw(tr.T, "call that fails")
	var faults []emu.Fault
	for _, match := range []string{"POST /v1/*/app-groups/**", "POST /v7/mail_groups/**", "POST /v1/*/app-center/**"} {
		faults = append(faults, emu.Fault{Match: match, Kind: emu.FaultRefuse, Status: 500, Nth: nth, Count: 20})
	}
	tr.must(tr.world.server.SetFaults(faults))
	first, _, _ := tr.run(env{}, apply...)
	tr.must(tr.world.server.SetFaults(nil))
	if first != exitUnfinished && first != exitDone {
		return
	}
	code, out, errs := tr.run(env{}, apply...)
	if code == exitStale || code == exitRefused {
		tr.Errorf("after %d a half-done plan ends with %d\n%s%s", first, code, out, errs)
	}
}
