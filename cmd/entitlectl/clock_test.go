package main

import (
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/providers"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// When the clock turns within an apply, the tests of the files are those of the new moment: one that failed still does, and one may fail
// that held.
func TestTestsOfTheFilesFollowTheClock(t *testing.T) {
	const text = `version: 1
connections: {w: {provider: huaweicloud, region: ap-southeast-3, auth: {accessKey: env:HUAWEICLOUD_SDK_AK, secretKey: env:HUAWEICLOUD_SDK_SK}}}
users: [{name: ann}, {name: ben}]
appGroups: [{name: G, in: w, grants: [{to: [ann]}, {to: [ben], starts: 2026-12-01}]}]
tests: [{who: ann, cannot: [app-group/G]}, {who: ben, cannot: [app-group/G]}]
`
	s, err := spec.Load(spec.Input{Paths: []string{"-"}, Stdin: []byte(text), Formats: providers.Formats()})
	check(t, err)
	turn := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	c := &cli{moment: turn.Add(-time.Second)}
	w := intent{spec: s, scopes: []scope{{connection: s.Connections[0], desired: c.desired(s)["w"]}}}
	if failed := w.scopes[0].desired.FailedTests; len(failed) != 1 {
		t.Fatalf("before: %v", failed)
	}
	now := turn.Add(-time.Second)
	k := &clock{at: func() time.Time { return now }, want: w, since: now, end: s.NextTurn(now)}
	if failed := k.desired(0).FailedTests; len(failed) != 1 {
		t.Errorf("before the turn: %v", failed)
	}
	now = turn
	if failed := k.desired(0).FailedTests; len(failed) != 2 {
		t.Errorf("after the turn: %v", failed)
	}
}
