package providertest

import (
	"errors"
	"net/http"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
)

// refusals are how vendors say that a permission is missing; each reads its own.
var refusals = []string{`{"error_code":"X.1","error_msg":"no"}`, `{"Code":"NoPermission","Message":"no"}`, `{"code":403000001,"msg":"no"}`}

// ProbesOnlyRead says that a reader's probes find out of a tenant that has what the files want that nothing is missing, and of one that
// refuses a call that this one is; that they change nothing; and that what can't be asked names a permission.
func ProbesOnlyRead(t *testing.T, p Provider) {
	c := Start(t, p, p.Read(t, "seed.yaml"))
	job := c.FileJob(t, p.Fixture("desired.yaml"))
	probes := func() []provider.Probe {
		source, err := p.Reader(job.Connection, SecretsOf(job.Connection), c.Env())
		if err != nil {
			t.Fatal(err)
		}
		prober, able := source.(provider.Prober)
		if !able {
			t.Fatal("its reader has no probes")
		}
		return prober.Probes(provider.Query{Desired: job.Desired, Notices: true})
	}
	before, asked := c.World(t), 0
	for _, probe := range probes() {
		if probe.Ask == nil {
			if probe.Permission == "" || probe.What == "" {
				t.Errorf("%+v can be neither asked nor looked up", probe)
			}
			continue
		}
		asked++
		if _, err := probe.Ask(t.Context()); err != nil && !errors.Is(err, provider.ErrNothingToAsk) {
			t.Errorf("%s: %v", probe.What, err)
		}
	}
	calls := len(c.Calls())
	if writes := c.Writes(t); len(writes) > 0 || c.World(t) != before || asked == 0 || calls > 2*asked+1 {
		t.Errorf("%d probes sent %d calls, writes among them %+v", asked, calls, writes)
	}
	if !someDenied(t, c, probes) {
		t.Error("no probe says that it was denied")
	}
}

// someDenied says whether a probe says that it was denied, in the words of one of the vendors.
func someDenied(t *testing.T, c *Tenant, probes func() []provider.Probe) bool {
	for _, refusal := range refusals {
		c.Fault(t, emu.Fault{Match: "GET /**", Kind: emu.FaultRefuse, Status: http.StatusForbidden, Body: refusal})
		for _, probe := range probes() {
			if probe.Ask == nil || probe.Permission == "" {
				continue
			}
			if _, err := probe.Ask(t.Context()); provider.Denied(err) {
				return true
			}
		}
	}
	return false
}
