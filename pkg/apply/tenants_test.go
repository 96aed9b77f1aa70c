package apply

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
)

// tenant is a vendor that says whose its resources are.
type tenant struct {
	*vendor
	account string
}

func (o tenant) Read(ctx context.Context, q provider.Query) (diff.Live, error) {
	live, err := o.vendor.Read(ctx, q)
	live.Account = o.account
	return live, err
}

// A tenant that is split over connections would have each limit several times: none of them is planned, others are.
func TestOneTenantOneConnection(t *testing.T) {
	desired := state(map[string][]string{"CAD": {"a"}})
	var all []Job
	for name, account := range map[string]string{"x": "project 1", "y": "project 1", "z": "project 2", "u": "", "v": ""} {
		job := jobs(tenant{&vendor{live: state(map[string][]string{"CAD": nil})}, account}, desired)[0]
		job.Connection.Name = name
		all = append(all, job)
	}
	plan, err := Plan(t.Context(), PlanOptions{Jobs: all})
	if err == nil || strings.Count(err.Error(), "it reaches project 1, as connection ") != 2 {
		t.Errorf("error %v", err)
	}
	for _, part := range plan.Connections {
		refused := part.Name == "x" || part.Name == "y"
		if refused != (len(part.Errors) > 0) || refused && len(part.Changes)+len(part.Calls) > 0 {
			t.Errorf("%s: %+v", part.Name, part)
		}
	}
}

// A saved plan is held against what its connections reach by now, whatever it says of that itself.
func TestSavedPlanOfOneTenantTwice(t *testing.T) {
	desired := state(map[string][]string{"CAD": {"a"}})
	vendors := []*vendor{{live: state(map[string][]string{"CAD": nil})}, {live: state(map[string][]string{"CAD": nil})}}
	var all []Job
	for i, name := range []string{"x", "y"} {
		job := jobs(tenant{vendors[i], ""}, desired)[0]
		job.Connection.Name = name
		all = append(all, job)
	}
	plan, err := Plan(t.Context(), PlanOptions{Jobs: all})
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].Source = tenant{vendors[i], "project 1"}
	}
	_, err = Apply(t.Context(), ApplyOptions{Plan: plan, Jobs: all, Reread: true, Saved: true})
	if shared := (*SharedTenantError)(nil); !errors.As(err, &shared) {
		t.Errorf("error %v", err)
	}
}
