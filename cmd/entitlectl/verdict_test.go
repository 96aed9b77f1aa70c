package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// judgeOther holds that a saved plan leaves what only has the name of what it was made for.
func (tr *trial) judgeOther(ref string) {
	after := tr.look()
	for _, h := range append(tr.before.minus(after), after.minus(tr.before)...) {
		if h.ref == ref {
			tr.Errorf("%v changed on another one of that name", h)
		}
	}
}

// judgeLosses holds every loss against the files and the rules of now.
func (tr *trial) judgeLosses(after tenant) {
	lost := map[string]int{}
	for _, h := range tr.before.minus(after) {
		if tr.edits.cut && strings.HasPrefix(h.ref, "app-group/") {
			tr.Errorf("%v was taken by a list that is not whole", h)
		}
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
	unseen := func(ref string) bool { // it did not show who held it, so nobody knows who came
		return tr.before.mode[ref] == "everyone" || tr.edits.cut && strings.HasPrefix(ref, "app-group/")
	}
	for _, part := range result.Connections {
		for _, c := range part.Changes {
			if c.Outcome == diff.Done && !unseen(c.Ref("").String()) {
				done[c.Op]++
			}
		}
	}
	var gained, taken int
	for _, h := range after.minus(tr.before) {
		if !unseen(h.ref) {
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
