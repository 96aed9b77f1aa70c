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
	var groups []appGroup // the first one
	var apps []application
	if needs(kindAppGroup) {
		probes = append(probes, probe(r, listAppGroups, "app groups", "workspace:appGroup:list", &groups),
			probe[json.RawMessage](r, listAuthorizations, "authorizations of app groups", "workspace:appGroup:listAuthorization", nil))
		if len(r.mailTypes) > 0 {
			probes = append(probes, provider.Probe{What: "list mail records", Permission: "workspace:appGroup:listMailRecord",
				Without: "no failed mail is found or sent again", Ask: func(ctx context.Context) (provider.Finding, error) { return r.probeMails(ctx, groups) }})
		}
	}
	if needs(kindApp) {
		probes = append(probes, probe(r, listApps, "apps of the App Center", "workspace:appcenter:listApps", &apps),
			provider.Probe{What: "list who may use an app", Permission: "workspace:appcenter:listAppAuthorizations",
				Ask: func(ctx context.Context) (provider.Finding, error) { return r.probeApp(ctx, apps) }})
	}
	holds := func(kind spec.SubjectKind) bool {
		return len(spec.Holders(q.Desired.Grants.All(), func(g spec.Grant) bool { return g.Subject.Kind == kind })) > 0
	}
	if len(q.Desired.Resources) == 0 || holds(spec.SubjectUser) {
		probes = append(probes, probe[json.RawMessage](r, listUsers, "users", "", nil))
	}
	if holds(spec.SubjectUserGroup) {
		probes = append(probes, probe[json.RawMessage](r, listUserGroups, "user groups", "", nil))
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

// probe asks for one row of a list, and hands it to later probes in first, if that is not nil.
func probe[T any](r *Reader, l list, rows, permission string, first *[]T) provider.Probe {
	return provider.Probe{What: "list " + rows, Permission: permission, Ask: func(ctx context.Context) (provider.Finding, error) {
		p, err := onePage[T](ctx, r.api, l, url.Values{"limit": {"1"}}, 0)
		if first != nil {
			*first = p.Rows
		}
		return provider.Finding{Detail: fmt.Sprintf("%d there", max(p.Total, len(p.Rows)))}, err
	}}
}

// probeMails asks for the mails about the first of the app groups that an earlier probe found.
func (r *Reader) probeMails(ctx context.Context, found []appGroup) (provider.Finding, error) {
	if len(found) == 0 {
		return provider.Finding{}, provider.ErrNothingToAsk
	}
	mails, err := onePage[json.RawMessage](ctx, r.api, listMails, url.Values{"app_group_id": {found[0].ID}, "limit": {"1"}}, 0)
	return provider.Finding{Detail: fmt.Sprintf("%d about app group %s", max(mails.Total, len(mails.Rows)), found[0].Name)}, err
}

// probeApp asks who may use the first of the apps that an earlier probe found.
func (r *Reader) probeApp(ctx context.Context, found []application) (provider.Finding, error) {
	if len(found) == 0 {
		return provider.Finding{}, provider.ErrNothingToAsk
	}
	one, err := onePage[json.RawMessage](ctx, r.api, listAssignments(found[0].ID), url.Values{"limit": {"1"}}, 0)
	return provider.Finding{Detail: fmt.Sprintf("%d of app %s", max(one.Total, len(one.Rows)), found[0].Name)}, err
}
