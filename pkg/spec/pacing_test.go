package spec

import (
	"reflect"
	"testing"
	"time"
)

// What no reviewed file may set, the operator's may, and what it sets holds for all runs.
func TestOperatorSetsAnyPace(t *testing.T) {
	l := newLoader(testFormats(), "")
	d := &decoder{loader: l, file: "operator.yaml", trusted: true}
	d.document([]byte(`version: 1
connections:
  w:
    provider: cloud
    region: r
    auth: {token: env:T}
    rate: {read: 1/h, write: 9000/min}
    notices: {resendAfter: 1s, maxAttempts: 99}
    packing: {regrant: 999999, coverAbsent: 999999}
`), false)
	if err := d.err(); err != nil {
		t.Fatal(err)
	}
	c := l.connections["w"]
	want := Rates{Read: Rate{1, time.Hour}, Write: PerMinute(9000)}
	if c.Rate != want || c.Reserve != want || !reflect.DeepEqual(c.Notices, Notices{ResendAfter: time.Second, MaxAttempts: 99}) || c.Packing != (Packing{999999, 999999}) {
		t.Errorf("%+v", c.Connection)
	}
}
