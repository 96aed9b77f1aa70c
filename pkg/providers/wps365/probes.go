package wps365

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Probes looks at the list of mail groups, at users by address, and at the undocumented lists that experimental: turns on (scopes: the
// pages of each call). A user's own token is left alone: asking for one spends the refresh token.
func (r *Reader) Probes(q provider.Query) []provider.Probe {
	var known []mailGroup
	probes := []provider.Probe{
		{What: "get a token for the app", Ask: func(ctx context.Context) (provider.Finding, error) {
			_, err := r.api.app.Get(ctx, "")
			return provider.Finding{Detail: "renewed before it ends; the vendor does not say of which company it is"}, err
		}},
		{What: "list mail groups", Permission: "kso.mail_group.read", Ask: func(ctx context.Context) (provider.Finding, error) {
			p, err := onePage[mailGroup](ctx, r.api, list{groupsPath, true}, "")
			known = p.Rows
			return provider.Finding{Detail: fmt.Sprintf("%d there", max(p.Total, len(p.Rows)))}, err
		}},
		{What: "look up users", Permission: "kso.contact.read, kso.user_email.read", Ask: func(ctx context.Context) (provider.Finding, error) {
			return r.probeUsers(ctx, q, known)
		}},
	}
	if len(spec.Holders(q.Desired.Grants.All(), func(g spec.Grant) bool { return g.Subject.Kind == spec.SubjectMailbox })) > 0 {
		probes = append(probes, provider.Probe{What: "list public mailboxes", Permission: "kso.public_mailbox.read", Ask: func(ctx context.Context) (provider.Finding, error) {
			p, err := onePage[publicMailbox](ctx, r.api, list{path: "/v7/public_mailboxes"}, "")
			return provider.Finding{Detail: fmt.Sprintf("%d there", max(p.Total, len(p.Rows)))}, err
		}})
	}
	for _, l := range memberLists {
		if r.may[l.word] {
			probes = append(probes, provider.Probe{What: "experimental " + l.word + ": list those of a mail group", Permission: "kso.mail_group.read",
				Ask: func(ctx context.Context) (provider.Finding, error) { return r.probeList(ctx, l, known) }})
		}
	}
	for _, word := range []string{wordUpdate, wordDelete} {
		if r.may[word] {
			probes = append(probes, provider.Probe{What: "experimental " + word, Permission: "kso.mail_group.readwrite"})
		}
	}
	return append(probes, provider.Probe{What: "make and change mail groups", Permission: "kso.mail_group.readwrite"})
}

// probeUsers asks for one person whom the files name or, where they list nothing, for the owner of a mail group.
func (r *Reader) probeUsers(ctx context.Context, q provider.Query, groups []mailGroup) (provider.Finding, error) {
	addresses := map[string]bool{}
	for _, s := range spec.Holders(q.Desired.Grants.All(), func(g spec.Grant) bool { return g.Subject.Kind == spec.SubjectUser }) {
		addresses[fold(s.Name)] = true
	}
	for _, want := range q.Desired.Resources {
		if owner := want.Settings.Get("owner"); owner != "" {
			addresses[fold(owner)] = true
		}
	}
	path, key, one := "/v7/users/by_emails", "emails", ""
	switch owned := slices.IndexFunc(groups, func(g mailGroup) bool { return g.OwnerID != "" }); {
	case len(addresses) > 0:
		one = slices.Sorted(maps.Keys(addresses))[0]
	case len(q.Desired.Resources) == 0 && owned >= 0:
		path, key, one = "/v7/users/batch_read", "user_ids", groups[owned].OwnerID
	default:
		return provider.Finding{}, provider.ErrNothingToAsk
	}
	users, err := r.users(ctx, path, key, []string{one})
	switch {
	case err != nil:
		return provider.Finding{}, err
	case len(users) == 0:
		return provider.Finding{Detail: one + " is not within the app's range of contacts"}, nil
	case users[0].Email == "":
		return provider.Finding{}, provider.Refuse("the vendor shows users without their address; the app needs the scope kso.user_email.read")
	}
	return provider.Finding{Detail: users[0].Email + " is there"}, nil
}

// probeList asks for a list of one group, at a path that no public page names. Only groups for certain senders have a list of them.
func (r *Reader) probeList(ctx context.Context, l memberList, groups []mailGroup) (provider.Finding, error) {
	at := slices.IndexFunc(groups, func(g mailGroup) bool {
		return g.ID != "" && (l.word != wordSenders || cmp.Or(g.ListedMode, g.MadeMode) == sendersCustom)
	})
	if at < 0 {
		return provider.Finding{}, provider.ErrNothingToAsk
	}
	var answer page[entry]
	err := r.api.send(ctx, httpx.Request{Method: http.MethodGet, Path: l.path(groups[at].ID, ""), Query: url.Values{"page_size": {"1"}}}, &answer)
	if missing(err) {
		err = provider.Refuse("the tenant does not have this call, so take %q out of experimental: %w", l.word, err)
	}
	return provider.Finding{Detail: "the tenant has the call"}, err
}
