package alibabacloud

import (
	"context"
	"fmt"
	"net/url"

	"github.com/entitlectl/entitlectl/pkg/provider"
)

// Probes looks at the list of accounts, and at what else reading takes (actions: Resource Management, authorization).
func (r *Reader) Probes(q provider.Query) []provider.Probe {
	var first account
	probes := []provider.Probe{{What: "get credentials", Ask: r.probeCredentials}}
	if r.api.keys.Fixed() {
		probes = nil
	}
	probes = append(probes, provider.Probe{What: "list accounts", Permission: "resourcemanager:ListAccounts", Ask: func(ctx context.Context) (found provider.Finding, err error) {
		p, err := r.api.page(ctx, listAccounts, url.Values{"PageSize": {"1"}}, 0)
		found.Detail = fmt.Sprintf("%d there", max(p.Total, len(p.Rows)))
		if len(p.Rows) > 0 {
			if first = p.Rows[0]; first.DirectoryID != "" {
				found.Tenant = "directory " + first.DirectoryID
			}
		}
		return found, err
	}})
	probes = append(probes, provider.Probe{What: "look at an account", Permission: "resourcemanager:GetAccount", Ask: func(ctx context.Context) (provider.Finding, error) {
		if first.ID == "" {
			return provider.Finding{}, provider.ErrNothingToAsk
		}
		a, err := r.api.get(ctx, first.ID)
		return provider.Finding{Detail: a.DisplayName}, err
	}})
	if !r.notices.Off {
		probes = append(probes, provider.Probe{What: "list records of promotions", Permission: "resourcemanager:ListAccountRecordsForParent",
			Without: "a promotion's mail is sent again only where an earlier run noted its record", Ask: func(ctx context.Context) (provider.Finding, error) {
				if first.FolderID == "" {
					return provider.Finding{}, provider.ErrNothingToAsk
				}
				p, err := r.api.page(ctx, listRecords, url.Values{"PageSize": {"1"}, "ParentFolderId": {first.FolderID}}, 0)
				return provider.Finding{Detail: fmt.Sprintf("%d in a folder", max(p.Total, len(p.Rows)))}, err
			}})
	}
	probes = append(probes, provider.Probe{What: "promote accounts", Permission: "resourcemanager:PromoteResourceAccount"}) // the call has no dry run
	if !r.notices.Off {
		probes = append(probes, provider.Probe{What: "send mails again", Permission: "resourcemanager:ResendPromoteResourceAccountEmail"})
	}
	return probes
}

func (r *Reader) probeCredentials(ctx context.Context) (provider.Finding, error) {
	_, err := r.api.keys.Get(ctx, "")
	return provider.Finding{Detail: "temporary, renewed before they end"}, err
}
