package apply

import (
	"fmt"

	"github.com/entitlectl/entitlectl/pkg/diff"
)

// SharedTenantError says that two connections reach one tenant. An apply that meets it writes nothing, at other connections
// neither: which of the two is meant somebody has to say first.
type SharedTenantError struct{ Account, Other string }

func (e *SharedTenantError) Error() string {
	return fmt.Sprintf("it reaches %s, as connection %s does; keep one of them for a tenant", e.Account, e.Other)
}

// apart refuses connections that reach one and the same tenant: limits hold for each connection, so one tenant that is split
// over several would have them several times, and two lists of the same resource would undo each other. Nothing of such
// connections is planned.
func apart(parts []diff.ConnectionPlan) {
	first := map[string]int{}
	for i := range parts {
		account := parts[i].Provider + " " + parts[i].Account
		switch j, shared := first[account]; {
		case parts[i].Account == "":
		case !shared:
			first[account] = i
		default:
			parts[i] = unplanned(parts[i], parts[j].Name)
			if len(parts[j].Errors) == 0 {
				parts[j] = unplanned(parts[j], parts[i].Name)
			}
		}
	}
}

// unplanned is a part without a plan, since another connection reaches the same tenant.
func unplanned(part diff.ConnectionPlan, other string) diff.ConnectionPlan {
	return diff.ConnectionPlan{Name: part.Name, Provider: part.Provider, Endpoints: part.Endpoints, Account: part.Account, Targets: part.Targets,
		Changes: []diff.Change{}, Calls: []diff.Call{}, Violations: []diff.Violation{},
		Errors: diff.Errors{&SharedTenantError{part.Account, other}}}
}

// shared returns an error where two of the runs reach one tenant by what was just read: since the plan was made a connection may
// have been given other credentials, and a plan that somebody sealed anew may not say whose it is.
func shared(runs []*run) error {
	first := map[string]string{}
	for _, r := range runs {
		account := r.part.Provider + " " + r.account
		switch other, known := first[account]; {
		case r.account == "":
		case known:
			return fmt.Errorf("connection %s: %w", r.part.Name, &SharedTenantError{r.account, other})
		default:
			first[account] = r.part.Name
		}
	}
	return nil
}
