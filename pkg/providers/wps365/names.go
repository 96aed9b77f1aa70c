package wps365

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// maxAliases is of how many mailboxes one read asks for the other addresses: each takes a call.
const maxAliases = 200

// lookUpNames finds other addresses of holders where they matter: where a holder goes whom a missing grant may be about, and
// where one stays who may have left. In most runs it asks nothing.
func (r *Reader) lookUpNames(ctx context.Context, q provider.Query, live *diff.Live) error {
	if q.ReadBack {
		return nil
	}
	if err := r.nameBesideBlocked(ctx, q, live); err != nil {
		return err
	}
	if err := r.nameWishes(ctx, q, live); err != nil {
		return err
	}
	return r.nameLeavers(ctx, q, live)
}

// others are those whose other addresses may matter, and who are looked up together with who is wanted.
func (r *Reader) others(q provider.Query, live diff.Live) []spec.Subject {
	if q.ReadBack {
		return nil
	}
	leavers, suspects := q.Leavers(live)
	beside := q.Beside(live, func(spec.Subject) bool { return true })
	all := slices.Concat(suspects, slices.Concat(spec.Each(leavers, provider.Leaver.Users)...), spec.Each(beside, spec.Grant.Holder))
	return slices.DeleteFunc(all, func(s spec.Subject) bool { return !strings.Contains(s.Name, "@") })
}

// nameBesideBlocked names the holders beside missing grants whose address nobody has, which may be an alias: one of the tenant's domains.
func (r *Reader) nameBesideBlocked(ctx context.Context, q provider.Query, live *diff.Live) error {
	own := map[string]bool{}
	for ref := range live.Resources {
		own[domainOf(ref.Name)] = true
	}
	for g := range live.Grants.Minus(q.Desired.Grants) {
		own[domainOf(g.Subject.Name)] = true
	}
	beside := q.Beside(*live, func(s spec.Subject) bool { return live.UnknownSubjects[s] != "" && own[domainOf(s.Name)] })
	if err := r.lookUpUsers(ctx, addressesOf(spec.Each(beside, spec.Grant.Holder))); err != nil {
		return err
	}
	if err := r.readAliases(ctx, spec.Each(beside, spec.Grant.Holder)); err != nil {
		return err
	}
	var unread []string
	for _, g := range beside {
		why, err := r.nameOne(ctx, g.Subject, live)
		if err != nil {
			return err
		}
		if why != "" {
			live.Nameless[g] = true
			unread = append(unread, why)
		}
	}
	slices.Sort(unread)
	for _, why := range slices.Compact(unread) {
		live.Notes = append(live.Notes, why+"; nobody is removed of whom that leaves open whether a member whose address is unknown is meant: correct that address")
	}
	return nil
}

// nameWishes names those who are to be added where somebody goes whose address is no contact's: it may be one of theirs.
func (r *Reader) nameWishes(ctx context.Context, q provider.Query, live *diff.Live) error {
	known := func(s spec.Subject) bool { return live.UnknownSubjects[s] == "" && r.seen.people[fold(s.Name)] != "" }
	beside := q.Beside(*live, known)
	if err := r.lookUpUsers(ctx, addressesOf(spec.Each(beside, spec.Grant.Holder))); err != nil {
		return err
	}
	odd := map[spec.Ref]bool{}
	for _, g := range beside {
		odd[g.Resource] = odd[g.Resource] || g.Subject.Kind == spec.SubjectUser && r.seen.people[fold(g.Subject.Name)] == ""
	}
	missing := spec.Holders(q.Desired.Grants.Minus(live.Grants), func(g spec.Grant) bool { return odd[g.Resource] && known(g.Subject) })
	if err := r.readAliases(ctx, missing); err != nil {
		return err
	}
	for _, s := range missing {
		if _, err := r.nameOne(ctx, s, live); err != nil {
			return err
		}
	}
	return nil
}

// nameLeavers names those who left and those who may be they.
func (r *Reader) nameLeavers(ctx context.Context, q provider.Query, live *diff.Live) error {
	return q.Trace(live, func(left, suspects []spec.Subject) (string, error) {
		people := slices.Concat(suspects, left)
		addressed := slices.DeleteFunc(slices.Clone(people), func(s spec.Subject) bool { return !strings.Contains(s.Name, "@") })
		if err := r.lookUpUsers(ctx, addressesOf(addressed)); err != nil {
			return "", err
		}
		if err := r.readAliases(ctx, people); err != nil {
			return "", err
		}
		why := "nobody who is here has an address of theirs"
		for i, s := range people {
			unread, err := r.nameOne(ctx, s, live)
			if err != nil {
				return "", err
			}
			if i < len(suspects) && unread != "" {
				why = unread
			}
		}
		return why, nil
	})
}

// readAliases reads what nameOne asks about subjects, side by side.
func (r *Reader) readAliases(ctx context.Context, subjects []spec.Subject) error {
	var paths []string
	for _, s := range subjects {
		path, err := r.aliasPath(ctx, s)
		if err != nil {
			return err
		}
		if _, known := r.seen.aliases[path]; path != "" && !known && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	paths = paths[:min(len(paths), maxAliases-len(r.seen.aliases))]
	if len(paths) < 2 {
		return nil
	}
	type found struct {
		names  []string
		unread string
	}
	all, err := provider.Gather(ctx, r.api.http.Env.Parallelism, len(paths), func(ctx context.Context, i int) (f found, err error) {
		f.names, f.unread, err = r.aliases(ctx, paths[i])
		return f, err
	})
	for i, f := range all {
		if f.unread != "" {
			r.unread[paths[i]] = f.unread
		} else {
			r.seen.aliases[paths[i]] = f.names
		}
	}
	return err
}

// mailboxOf is the id of a user, or of a public mailbox; "" where nobody has the address of the subject.
func (r *Reader) mailboxOf(s spec.Subject) string {
	if s.Kind == spec.SubjectMailbox {
		return r.seen.mailboxes[fold(s.Name)]
	}
	return r.seen.people[fold(s.Name)]
}

// aliasPath is where the addresses of a mailbox are read; "" where nobody has the address of the subject.
func (r *Reader) aliasPath(ctx context.Context, s spec.Subject) (string, error) {
	path := "/v7/user_mailboxes/"
	if s.Kind == spec.SubjectMailbox {
		if err := r.lookUpMailboxes(ctx, true); err != nil {
			return "", err
		}
		path = "/v7/public_mailboxes/"
	}
	if r.mailboxOf(s) == "" {
		return "", nil
	}
	return path + url.PathEscape(r.mailboxOf(s)) + "/aliases", nil
}

// nameOne learns the other addresses and the id of a user, or of a public mailbox, or says why they can't be read.
func (r *Reader) nameOne(ctx context.Context, s spec.Subject, live *diff.Live) (unread string, err error) {
	path, err := r.aliasPath(ctx, s)
	if err != nil {
		return "", err
	}
	if path == "" {
		return fmt.Sprintf("nobody within the app's range of contacts has the address %s", s.Name), nil
	}
	names, known := r.seen.aliases[path]
	why, asked := r.unread[path]
	switch delete(r.unread, path); {
	case known:
	case asked:
		return why, nil
	case len(r.seen.aliases) == maxAliases:
		return fmt.Sprintf("the aliases of more than %d mailboxes are not read in one run", maxAliases), nil
	default:
		if names, unread, err = r.aliases(ctx, path); unread != "" || err != nil {
			return unread, err
		}
		r.seen.aliases[path] = names
	}
	live.AddName(s, slices.Concat(names, []string{r.mailboxOf(s)})...)
	return "", nil
}

// aliases are all addresses of a mailbox (WPS 365 open platform, mailbox aliases).
func (r *Reader) aliases(ctx context.Context, path string) (addresses []string, unread string, err error) {
	var answer aliases
	err = r.api.send(ctx, httpx.Request{Method: http.MethodGet, Path: path}, &answer)
	switch status := httpx.Status(err); {
	case httpx.Code(err) == codeNoMailbox:
		return nil, "", nil
	case status == http.StatusForbidden, err != nil && missing(err):
		return nil, "aliases can't be read: the app needs the scope kso.user_mailbox.read, and for public mailboxes kso.public_mailbox.read", nil
	case err != nil:
		return nil, "", err
	}
	return spec.Each(append(answer.Aliases, answer.Primary), fold), "", nil
}

func addressesOf(subjects []spec.Subject) map[string]bool {
	addresses := map[string]bool{}
	for _, s := range subjects {
		if s.Kind != spec.SubjectMailbox {
			addresses[fold(s.Name)] = true
		}
	}
	return addresses
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return spec.FoldDomain(domain)
}
