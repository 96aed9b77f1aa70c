package alibabacloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Reader reads one connection and packs its changes. It sends GET requests only.
type Reader struct {
	name    string // of the connection
	api     *api
	notices spec.Notices
	notes   *mailRecords
	seen    map[string]account // by display name, as last read
	pages   int                // of the list of accounts, when it was last read
}

// NewReader opens a connection for reading. It sends nothing.
func NewReader(conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (provider.Source, error) {
	return open(conn, secrets, env), nil
}

func open(conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) *Reader {
	return &Reader{name: conn.Name, api: newAPI(conn, secrets, env), notices: conn.Notices, notes: newMailRecords(conn.Name, env.KV),
		seen: map[string]account{}}
}

// Read returns what is live of the accounts that the query lists. All must be there, since no call of ours makes one. An
// account on its way to a cloud account is shown as one, since no update would bring it further; a notice tells that its
// mail waits to be confirmed.
func (r *Reader) Read(ctx context.Context, q provider.Query) (diff.Live, error) {
	live := diff.NewLive()
	live.Mails = mails
	if len(q.Desired.Resources) == 0 {
		return live, nil
	}
	wanted := q.Desired.Names(kindAccount)
	found, total, err := r.find(ctx, q, wanted)
	if err != nil {
		return live, err
	}
	if !q.Partial {
		live.Unmanaged = max(total-len(found), 0)
	}
	for _, name := range wanted {
		ref, a := r.ref(name), found[name]
		r.seen[name] = a
		if a.DirectoryID != "" {
			live.Account = "directory " + a.DirectoryID
		}
		if a.alike != "" {
			live.Alike(ref, strings.Fields(a.alike))
			continue
		}
		r.show(ref, a, q.Desired.Resources[ref], &live)
	}
	return live, r.readMails(ctx, q, &live)
}

// show adds an account to live. One that is no member is not there, and nothing can be done about that.
func (r *Reader) show(ref spec.Ref, a account, want spec.Resource, live *diff.Live) {
	if status := statuses[a.Status]; status.course == toRefuse {
		live.Unsupported[ref] = fmt.Sprintf("%s (%s); settle that at the vendor, or remove it from the file", status.says, a.Status)
		return
	}
	shown, note, problem := r.present(a, want)
	live.Resources[ref], live.IDs[ref] = shown, a.ID
	if setting, why := a.judge(want); setting != "" {
		live.CantSet(ref, setting, why)
		if note = ""; setting == settingType && shown.Settings.Get(settingType) == want.Settings.Get(settingType) {
			note = why // nothing is to be done
		}
	}
	if a.Type == "" {
		live.CantSee(diff.Aspect{Resource: ref, Setting: settingType}, "the vendor does not say it")
	}
	if note != "" {
		live.Note(ref, "%s", note)
	}
	if problem != "" {
		live.Unsupported[ref] = problem
	}
}

func (r *Reader) ref(name string) spec.Ref {
	return spec.Ref{Connection: r.name, Kind: kindAccount, Name: name}
}

// present returns how plans see the account, what their readers must know, and why it can't become what the file wants. What
// waits for its owner is shown as the file wants it: nothing is left to do but to send the mail again.
func (r *Reader) present(a account, want spec.Resource) (shown spec.Resource, note, problem string) {
	course, says, typ := a.course(), statuses[a.Status].says, cmp.Or(accountTypes[a.Type], a.Type)
	if course == toAwait {
		typ = cloud
	}
	shown = spec.Resource{Settings: spec.Settings{}.With(settingType, typ), Fixed: spec.Settings{}.With("email", a.email())}
	if want.Settings.Get(settingType) != cloud {
		return shown, "", ""
	}
	switch {
	case a.leaving():
		return shown, "", fmt.Sprintf("it is being deleted at the vendor (%s), so nobody is mailed about it; cancel that there, or remove it from the file", a.Deletion)
	case course == toAwait:
		return shown, says, ""
	case course == toPromoteAgain && r.notices.Off:
		return shown, "", says + "; it is not promoted again, since notices: off leaves mails alone"
	case course == toPromoteAgain:
		return shown, says + "; it is promoted again", ""
	case course == toLeave:
		return shown, "", says
	}
	return shown, "", ""
}

// mails counts what the vendor sends for a change: one to the account's owner to be.
func mails(c diff.Change) int {
	if c.Op == diff.OpUpdate && c.Field == settingType && c.To == cloud {
		return 1
	}
	return 0
}

// find returns the wanted accounts by name, and how many the directory has.
func (r *Reader) find(ctx context.Context, q provider.Query, wanted []string) (map[string]account, int, error) {
	if q.Partial && q.ReadBack { // it does not show whether an account is being deleted
		if found, err := r.getAll(ctx, wanted); err != nil || found != nil {
			return found, 0, err
		}
	}
	most := provider.MostRows(pageSize, make([]int, len(wanted)))
	if q.All {
		most = 0
	}
	all, err := r.api.accounts(ctx, q.Listing, most)
	if errors.Is(err, provider.ErrTooLong) {
		all.Rows, err = r.search(ctx, wanted)
	}
	if err != nil {
		return nil, 0, err
	}
	found, err := pick(all.Rows, wanted)
	if err == nil && len(found) < len(wanted) && len(all.Rows) < all.Total { // the search is by a keyword whose meaning is not documented
		if all, err = r.api.accounts(ctx, q.Listing, 0); err == nil {
			found, err = pick(all.Rows, wanted)
		}
	}
	if err != nil {
		return nil, 0, err
	}
	r.pages = all.Total/pageSize + 1 // the list ends with a short page
	return found, all.Total, r.missing(q, found, all.Rows, wanted)
}

// getAll reads accounts that were seen before one by one, where that is no more calls than reading the list. It returns
// nothing where one is not what it was.
func (r *Reader) getAll(ctx context.Context, wanted []string) (map[string]account, error) {
	if len(wanted) > r.pages || slices.ContainsFunc(wanted, func(n string) bool { return r.seen[n].ID == "" || r.seen[n].alike != "" }) {
		return nil, nil
	}
	all, err := provider.Gather(ctx, r.api.http.Env.Parallelism, len(wanted), func(ctx context.Context, i int) (account, error) {
		a, err := r.api.get(ctx, r.seen[wanted[i]].ID)
		if httpx.Code(err) == codeNoAccount || err == nil && a.DisplayName != wanted[i] {
			err = errOther
		}
		return a, err
	})
	if errors.Is(err, errOther) {
		return nil, nil
	}
	found := map[string]account{}
	for i, a := range all {
		found[wanted[i]] = a
	}
	return found, err
}

// errOther says that an account is not what it was.
var errOther = errors.New("it is gone, or has another name")

// search asks for each account by its name.
func (r *Reader) search(ctx context.Context, wanted []string) ([]account, error) {
	found, err := provider.Gather(ctx, r.api.http.Env.Parallelism, len(wanted), func(ctx context.Context, i int) ([]account, error) {
		some, err := r.api.pages(ctx, listAccounts, url.Values{"QueryKeyword": {wanted[i]}}, 0)
		return some.Rows, err
	})
	return slices.Concat(found...), err
}

// pick finds the wanted accounts among rows. Those that are no members give way to those that are; members of one name can't
// be told apart by the file, and are alike.
func pick(rows []account, wanted []string) (map[string]account, error) {
	found := map[string]account{}
	var errs []error
	for _, a := range rows {
		if _, listed := slices.BinarySearch(wanted, a.DisplayName); !listed {
			continue
		}
		other, twice := found[a.DisplayName]
		switch {
		case a.ID == "":
			errs = append(errs, &provider.NotWhole{What: "the list of accounts", Why: fmt.Sprintf("it has account %q without an id", a.DisplayName)})
		case twice && (statuses[a.Status].course == toRefuse || strings.Contains(other.alike+" "+other.ID, a.ID)):
			continue
		case twice && statuses[other.Status].course != toRefuse:
			a.alike = cmp.Or(other.alike, other.ID) + " " + a.ID
		}
		found[a.DisplayName] = a
	}
	return found, errors.Join(errs...)
}

// missing is an error about wanted accounts that the directory does not have, with near ones.
func (r *Reader) missing(q provider.Query, found map[string]account, rows []account, wanted []string) error {
	known := spec.Each(rows, func(a account) string { return a.DisplayName })
	absent := slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { _, exists := found[name]; return exists })
	return q.NoSuch("the directory has no account", spec.Each(absent, r.ref), known, "accounts are made at the vendor, not here")
}
