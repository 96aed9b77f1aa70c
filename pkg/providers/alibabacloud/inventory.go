package alibabacloud

import (
	"context"
	"fmt"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Refs lists all accounts that are members.
func (r *Reader) Refs(ctx context.Context, listing *provider.Listing, _ ...spec.Kind) ([]spec.Ref, error) {
	all, err := r.api.accounts(ctx, listing, 0)
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	var refs []spec.Ref
	for _, a := range all.Rows {
		if statuses[a.Status].course != toRefuse {
			refs = append(refs, r.ref(a.DisplayName))
		}
	}
	return refs, nil
}

// Inventory reads accounts from the list of all. Of one that is on its way to another type, the type is left out: to name the one
// is to have mails sent, and to name the other asks for what nobody can do.
func (r *Reader) Inventory(ctx context.Context, listing *provider.Listing, of ...spec.Ref) (provider.Inventory, error) {
	all := provider.NewInventory()
	list, err := r.api.accounts(ctx, listing, 0)
	if err != nil {
		return all, fmt.Errorf("read accounts: %w", err)
	}
	live := all.Live
	members := map[spec.Ref][]string{}
	for _, a := range list.Rows {
		if a.ID == "" {
			return all, &provider.NotWhole{What: "the list of accounts", Why: fmt.Sprintf("it has account %q without an id", a.DisplayName)}
		}
		if a.DirectoryID != "" {
			live.Account = "directory " + a.DirectoryID
		}
		ref := r.ref(a.DisplayName)
		if !provider.Asks(of, ref) {
			continue
		}
		if a.DisplayName == "" {
			all.Beyond[ref] = "account " + a.ID + " has no display name, by which files list accounts"
			continue
		}
		if status := statuses[a.Status]; status.course == toRefuse {
			if _, member := live.Resources[ref]; !member {
				all.Beyond[ref] = fmt.Sprintf("%s (%s)", status.says, a.Status)
			}
			continue
		}
		delete(all.Beyond, ref)
		members[ref] = append(members[ref], a.ID)
		settings, remark := a.listed()
		live.Resources[ref] = spec.Resource{Settings: settings, Fixed: spec.Settings{}.With("email", a.email()), Ownership: spec.Owned}
		live.IDs[ref] = a.ID
		if remark != "" {
			all.Remark(ref, remark)
		}
	}
	for ref, ids := range members {
		if len(ids) > 1 {
			live.Alike(ref, ids)
		}
	}
	all.Show(live)
	return all, nil
}

// listed are the settings that files may have of an account without asking for a change, and what they don't say.
func (a account) listed() (settings spec.Settings, remark string) {
	status, known := statuses[a.Status]
	typ := accountTypes[a.Type]
	var remarks []string
	switch {
	case !known || typ == "":
		return settings, fmt.Sprintf("its status %q with type %q is not known to this version, so its type is left out", a.Status, a.Type)
	case a.course() == toAwait:
		return settings, status.says + "; with `type: cloud` here, its mail is sent again when that is due"
	case typ == resource && status.course != toPromote:
		remarks = append(remarks, status.says)
	}
	if a.leaving() {
		remarks = append(remarks, fmt.Sprintf("it is being deleted at the vendor (%s)", a.Deletion))
	}
	return settings.With(settingType, typ), strings.Join(remarks, "; ")
}
