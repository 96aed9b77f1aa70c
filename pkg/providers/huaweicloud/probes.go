package huaweicloud

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Probes looks at the lists that the kinds and subjects of the query need (actions: the API reference's pages of each call; those of
// users and user groups, and of changing an app group, were not found there).
func (r *Reader) Probes(q provider.Query) []provider.Probe {
	probes := []provider.Probe{{What: "get credentials", Ask: r.probeCredentials}}
	if r.api.keys.Fixed() {
		probes = nil
	}
	probes = append(probes, provider.Probe{What: "find the project", Ask: r.probeProject})
	needs := needed(q)
	if needs(kindAppGroup) {
		probes = append(probes, r.probe(listAppGroups, "app groups", "workspace:appGroup:list"),
			r.probe(listAuthorizations, "authorizations of app groups", "workspace:appGroup:listAuthorization"))
		if len(r.mailTypes) > 0 {
			probes = append(probes, provider.Probe{What: "list mail records", Permission: "workspace:appGroup:listMailRecord",
				Without: "no failed mail is found or sent again", Ask: r.probeMails})
		}
	}
	if needs(kindApp) {
		probes = append(probes, r.probe(listApps, "apps of the App Center", "workspace:appcenter:listApps"),
			provider.Probe{What: "list who may use an app", Permission: "workspace:appcenter:listAppAuthorizations", Ask: r.probeApp})
	}
	holds := func(kind spec.SubjectKind) bool {
		return len(spec.Holders(q.Desired.Grants.All(), func(g spec.Grant) bool { return g.Subject.Kind == kind })) > 0
	}
	if len(q.Desired.Resources) == 0 || holds(spec.SubjectUser) {
		probes = append(probes, r.probe(listUsers, "users", ""))
	}
	if holds(spec.SubjectUserGroup) {
		probes = append(probes, r.probe(listUserGroups, "user groups", ""))
	}
	return append(probes, r.writing(q)...)
}

// needed says whether a kind is read: those that the query lists or, where it lists nothing, all.
func needed(q provider.Query) func(spec.Kind) bool {
	return func(kind spec.Kind) bool { return len(q.Desired.Resources) == 0 || len(q.Desired.Names(kind)) > 0 }
}

// writing is what an apply takes besides. The vendor has no call that tells it without writing.
func (r *Reader) writing(q provider.Query) (probes []provider.Probe) {
	untold := func(what, permission string) {
		probes = append(probes, provider.Probe{What: what, Permission: permission})
	}
	needs := needed(q)
	if needs(kindAppGroup) {
		untold("grant app groups", "workspace:appGroup:addAuthorization")
		untold("revoke app groups", "workspace:appGroup:batchDeleteAuthorization")
		untold("make app groups", "workspace:appGroup:create")
		if slices.ContainsFunc(q.Desired.Names(kindAppGroup), func(name string) bool { return q.Desired.Resources[r.ref(kindAppGroup, name)].Absent }) {
			untold("delete app groups", "workspace:appGroup:delete, workspace:appGroup:batchDelete")
		}
		if len(r.mailTypes) > 0 {
			untold("send mails again", "workspace:appGroup:resendMail")
		}
	}
	if needs(kindApp) {
		untold("assign apps", "workspace:appcenter:batchUpdateAppAuthorizations")
	}
	return probes
}

func (r *Reader) probeCredentials(ctx context.Context) (provider.Finding, error) {
	_, err := r.api.keys.Get(ctx, "")
	return provider.Finding{Detail: "temporary, renewed before they end"}, err
}

func (r *Reader) probeProject(ctx context.Context) (provider.Finding, error) {
	told := r.api.project != ""
	id, err := r.api.projectID(ctx)
	found := provider.Finding{Detail: "that of region " + r.api.region, Tenant: "project " + id}
	if told {
		found.Detail = "as project: says; the lists show whether the key may use it"
	}
	return found, err
}

// probe asks for one row of a list.
func (r *Reader) probe(l list, rows, permission string) provider.Probe {
	return provider.Probe{What: "list " + rows, Permission: permission, Ask: func(ctx context.Context) (provider.Finding, error) {
		p, err := onePage[json.RawMessage](ctx, r.api, l, url.Values{"limit": {"1"}}, 0)
		return provider.Finding{Detail: fmt.Sprintf("%d there", max(p.Total, len(p.Rows)))}, err
	}}
}

// probeMails asks for the mails about the first app group that there is.
func (r *Reader) probeMails(ctx context.Context) (provider.Finding, error) {
	p, err := onePage[appGroup](ctx, r.api, listAppGroups, url.Values{"limit": {"1"}}, 0)
	if err == nil && len(p.Rows) == 0 {
		err = provider.ErrNothingToAsk
	}
	if err != nil {
		return provider.Finding{}, err
	}
	mails, err := onePage[json.RawMessage](ctx, r.api, listMails, url.Values{"app_group_id": {p.Rows[0].ID}, "limit": {"1"}}, 0)
	return provider.Finding{Detail: fmt.Sprintf("%d about app group %s", max(mails.Total, len(mails.Rows)), p.Rows[0].Name)}, err
}

// probeApp asks who may use the first app that there is.
func (r *Reader) probeApp(ctx context.Context) (provider.Finding, error) {
	p, err := onePage[application](ctx, r.api, listApps, url.Values{"limit": {"1"}}, 0)
	if err == nil && len(p.Rows) == 0 {
		err = provider.ErrNothingToAsk
	}
	if err != nil {
		return provider.Finding{}, err
	}
	one, err := onePage[json.RawMessage](ctx, r.api, listAssignments(p.Rows[0].ID), url.Values{"limit": {"1"}}, 0)
	return provider.Finding{Detail: fmt.Sprintf("%d of app %s", max(one.Total, len(one.Rows)), p.Rows[0].Name)}, err
}
