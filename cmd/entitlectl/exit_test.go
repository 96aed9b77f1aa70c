package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/examples"
	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/file"
)

// Where several exit codes hold the order decides, whichever came first; what each has to say is kept.
func TestGravestExitCodeCounts(t *testing.T) {
	order := []int{1, 6, 130, 4, 3, 5, 2, 0}
	reason := func(code int) error {
		return &exit{code, fmt.Errorf("reason %d", code)}
	}
	for i, graver := range order {
		for _, other := range order[i:] {
			for _, reasons := range [][]error{{reason(graver), reason(other)}, {reason(other), nil, reason(graver)}} {
				code, said := exitDone, error(nil)
				if err := together(reasons...); err != nil {
					code, _, said = split(err)
				}
				if code != graver {
					t.Errorf("%d and %d together give %d", graver, other, code)
				}
				for _, part := range []int{graver, other} {
					if graver != 0 && !strings.Contains(fmt.Sprint(said), fmt.Sprint("reason ", part)) {
						t.Errorf("%d and %d: %d does not say why in %v", graver, other, part, said)
					}
				}
			}
		}
	}
	if err := together(nil, errors.New("an error without a code"), reason(exitRefused)); err == nil {
		t.Error("errors vanish")
	} else if code, _, _ := split(err); code != exitError {
		t.Errorf("an error without a code gives %d", code)
	}
	if err := together(nil, nil); err != nil {
		t.Errorf("nothing gives %v", err)
	}
}

// An interrupt is one more reason, and the cause of whatever chose no code.
func TestInterruptAmongReasons(t *testing.T) {
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		err         error
		live, ended int
	}{
		{errors.New("the answer was cut off"), 1, 130},
		{&exit{code: 1}, 1, 1}, {&exit{code: 6}, 6, 6}, {&exit{code: 4}, 4, 130}, {&exit{code: 3}, 3, 130},
		{&exit{code: 5}, 5, 130}, {&exit{code: 2}, 2, 130},
	} {
		for ctx, want := range map[context.Context]int{t.Context(): tc.live, interrupted: tc.ended} {
			if code, _ := ending(ctx, tc.err); code != want {
				t.Errorf("%v, interrupted: %t: exit %d, want %d", tc.err, ctx == interrupted, code, want)
			}
		}
	}
}

// What several connections end with is said together.
func TestPlanEndsForSeveralReasons(t *testing.T) {
	w := newWorld(t)
	text, err := os.ReadFile(w.file)
	check(t, err)
	check(t, os.WriteFile(w.file, append(text, "\nrules: {max-mails: 0}\n"...), 0o600))
	refuse := []emu.Fault{{Match: "GET /v7/**", Kind: emu.FaultRefuse, Status: 403, Body: `{"code":403}`}}
	check(t, w.server.SetFaults(refuse))
	saved := filepath.Join(t.TempDir(), "plan.json")
	for _, output := range []string{"text", "json", "markdown"} {
		w.refused(t, exitError, "connection mail: ", "plan", "--out", saved, "--detailed-exitcode", "-o", output)
		if !strings.Contains(w.stderr.String(), "the plan breaks max-mails") {
			t.Errorf("%s: the rule is not named:\n%s", output, &w.stderr)
		}
		if _, err := os.Stat(saved); err == nil {
			t.Error("the plan is saved")
		}
	}
	w.refused(t, exitError, "connection mail: ", "drift")
}

// What is blocked with leave is what was seen; whatever else turns out to be blocked is left to who applies.
func TestBlockedSinceThePlan(t *testing.T) {
	for _, tc := range []struct {
		allow []string
		want  int
	}{{nil, exitUnfinished}, {[]string{"--allow", "blocked"}, exitDone}} {
		w := newWorld(t)
		text, err := os.ReadFile(w.file)
		check(t, err)
		check(t, os.WriteFile(w.file, []byte(strings.Replace(string(text), "account: zhangwei", "account: nobody", 1)), 0o600))
		saved := filepath.Join(t.TempDir(), "plan.json")
		if code := w.run(t.Context(), "plan", "--connection", "workspace", "--allow", "blocked", "--out", saved); code != exitDone {
			t.Fatalf("exit %d, %s", code, &w.stderr)
		}
		seed, err := examples.Demo.ReadFile("demo/seed.yaml")
		check(t, err)
		check(t, w.server.LoadSeed([]byte(strings.Replace(string(seed), "    - {name: dave, ", "    - {name: another, ", 1)))) // as many, so that ids stay
		code := w.run(t.Context(), append([]string{"apply", saved, "--yes"}, tc.allow...)...)
		if code != tc.want || !strings.Contains(w.stdout.String(), `no user "dave"`) {
			t.Errorf("%v: exit %d, want %d\n%s%s", tc.allow, code, tc.want, &w.stdout, &w.stderr)
		}
	}
}

// Where the operator leaves a rule to whoever applies, a plan's own word for it is not enough.
func TestOperatorWithholdsRules(t *testing.T) {
	for _, tc := range []struct {
		name string
		args func(plan *diff.Plan) []string
		code int
		by   store.By
		why  string
	}{
		{"the plan alone", func(*diff.Plan) []string { return nil }, exitRefused, "", "the plan itself allows max-revokes, protected, but the operator's file leaves that to whoever applies"},
		{"one of two is repeated", func(*diff.Plan) []string { return []string{"--allow", "max-revokes"} }, exitRefused, "", "the plan itself allows protected, but"},
		{"both are repeated", func(*diff.Plan) []string { return []string{"--allow", "max-revokes", "--allow", "protected"} }, exitDone, store.ByApply, ""},
		{"the plan is named", func(p *diff.Plan) []string { return []string{"--require-plan", "sha256:" + strings.ToUpper(p.ID[7:])} }, exitDone, store.ByRequirePlan, ""},
		{"another plan is named", func(*diff.Plan) []string { return []string{"--require-plan", "sha256:" + strings.Repeat("0", 64)} }, exitError, "", "nothing was written: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.mayLift = func(rule string) bool { return rule == "max-mails" }
			text, err := os.ReadFile(w.file)
			check(t, err)
			text = append(text, "\nrules: {max-mails: 0, max-revokes: 0, protected: [user:peggy]}\n"...)
			check(t, os.WriteFile(w.file, bytes.Replace(text, []byte("account: zhangwei"), []byte("account: nobody"), 1), 0o600))
			saved := filepath.Join(t.TempDir(), "plan.json")
			if code := w.run(t.Context(), "plan", "--connection", "workspace", "--allow", "blocked", "--allow", "protected", "--allow", "max-revokes", "--allow", "max-mails", "--out", saved); code != exitDone {
				t.Fatalf("exit %d, %s", code, &w.stderr)
			}
			plan, err := readPlan(t.Context(), saved)
			check(t, err)
			if want := "warning: the operator's file leaves max-revokes, protected to whoever applies the plan: apply --allow max-revokes --allow protected, or --require-plan " + plan.ID; !strings.Contains(w.stderr.String(), want) {
				t.Errorf("the planner is not told:\n%s", &w.stderr)
			}
			args := append([]string{"apply", saved, "--yes"}, tc.args(plan)...)
			if tc.code != exitDone {
				w.refused(t, tc.code, tc.why, args...)
				return
			}
			if code := w.run(t.Context(), args...); code != exitDone {
				t.Fatalf("exit %d, %s", code, &w.stderr)
			}
			by := map[string]store.By{}
			for r, err := range file.Open(filepath.Join(filepath.Dir(w.file), "state")).Records(t.Context()) {
				check(t, err)
				for _, o := range r.Overrides {
					by[o.Rule] = o.By
				}
			}
			if by["protected"] != tc.by || by["max-mails"] != store.ByPlan {
				t.Errorf("the history has %v", by)
			}
		})
	}
}
