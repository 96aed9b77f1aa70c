package alibabacloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// promotionMails are the rows of docs/mails.md.
func promotionMails() []spec.Mail {
	return []spec.Mail{{Type: "promotion-mail", Kind: kindAccount, After: string(diff.OpUpdate), To: "the owner to be, at `email`",
		Failed:  "the promotion is not confirmed yet; where it was declined, failed or expired, the account is promoted again",
		While:   "the account is to be a cloud account and is none",
		Default: true}}
}

// readMails adds a notice for each account that is to be a cloud account and was mailed about it: one on its way, as far as its
// mail can be sent again, and one that is to be promoted again.
func (r *Reader) readMails(ctx context.Context, q provider.Query, live *diff.Live) error {
	if r.notices.Off || !q.Notices {
		return nil
	}
	var denied error
	var errs []error
	names := slices.DeleteFunc(q.Desired.Names(kindAccount), func(name string) bool {
		ref, a := r.ref(name), r.seen[name]
		_, shown := live.Resources[ref]
		return !shown || a.alike != "" || a.leaving() || q.Desired.Resources[ref].Settings.Get(settingType) != cloud
	})
	lists, err := r.recordsAhead(ctx, names)
	if err != nil {
		return err
	}
	for _, name := range names {
		ref, a := r.ref(name), r.seen[name]
		want := q.Desired.Resources[ref]
		var err error
		switch a.course() {
		case toAwait:
			err = r.readPending(ctx, ref, want.Fixed.Get("email"), lists, live)
		case toPromoteAgain:
			err = r.readEnded(ctx, ref, want.Fixed.Get("email"), lists, live)
		}
		if provider.Denied(err) && !q.ReadBack {
			denied = err
			continue
		}
		f, lacks := provider.FailureOf(err), (*provider.NotWhole)(nil)
		said := f.Code != "" && !f.Unauthorized && !f.OutOfTime // by the vendor itself, and about this
		switch alone := !q.ReadBack && (said || errors.As(err, &lacks)); {
		case err != nil && alone:
			distrust(live, ref, err)
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", ref, err))
		}
	}
	if denied != nil {
		provider.NoteDenied(live, r.name, "resourcemanager:ListAccountRecordsForParent", denied)
	}
	return errors.Join(errs...)
}

// distrust keeps an account as it is whose mails could not be read: what they say decides what is sent to it. Others go on.
func distrust(live *diff.Live, ref spec.Ref, err error) {
	have := live.Resources[ref]
	have.Incomplete = err.Error()
	live.Resources[ref] = have
	live.Note(ref, "the records of its folder could not be read whole: %v; nothing is changed there in this run", err)
}

// readPending adds the notice of an account whose promotion waits for its owner.
func (r *Reader) readPending(ctx context.Context, ref spec.Ref, email string, lists map[string]folder, live *diff.Live) error {
	a := r.seen[ref.Name]
	n, err := r.pending(ctx, a, lists)
	sent := n.Sent
	if at := a.modified(); at.After(sent) {
		sent = at
	}
	switch {
	case provider.Denied(err):
		return err
	case unavailable(err) || err == nil && n.Record == "" && n.Tries < r.notices.MaxAttempts:
		live.Note(ref, "its mail can't be sent again from here: the record id is not known, and the vendor does not show it")
	case err != nil:
		return err
	case email != "" && n.Email != "" && n.Email != email:
		have := live.Resources[ref]
		have.Fixed = have.Fixed.With("email", n.Email)
		live.Resources[ref] = have
		live.CantSet(ref, "email", fmt.Sprintf("its promotion waits for %s, the file says %s; correct email:, or cancel the promotion at the vendor", n.Email, email))
	case sent.IsZero():
		live.Note(ref, "its mail is not sent again: when it was sent is not known")
	default:
		live.Notices = append(live.Notices, diff.Notice{Resource: ref, Recipient: n.Email, Mail: promotionMails()[0], Sent: sent, Tries: max(n.Tries, 1),
			Unsure: n.Unsure && n.Before == a.fingerprint(),
			Result: "not confirmed since the mail of " + sent.Format(time.RFC3339)})
		if n.Sent.IsZero() {
			live.Note(ref, "how often its mail was sent again is not known, as the vendor does not show it and nothing of it is kept here; it counts as %s (notices: maxAttempts)",
				times(max(n.Tries, 1)))
		}
	}
	return nil
}

func times(n int) string {
	if n == 1 {
		return "one mail"
	}
	return fmt.Sprintf("%d mails", n)
}

// readEnded adds the notice of an account whose promotion came to nothing: it is promoted again when a mail of any kind would be
// sent again. One to another address than before is a first one.
func (r *Reader) readEnded(ctx context.Context, ref spec.Ref, email string, lists map[string]folder, live *diff.Live) error {
	a := r.seen[ref.Name]
	n, doubtful := r.notes.of(a)
	if n.Email != "" && email != "" && n.Email != email {
		return nil
	}
	sent := n.Sent
	if !n.explains(a) {
		tries, err := r.tries(ctx, n, a, lists)
		switch {
		case unavailable(err) || provider.Denied(err):
			tries = max(n.Tries, 1)
			live.Note(ref, "how often its owner was mailed is not known, as the vendor does not show it and nothing of it is kept here; it counts as %s (notices: maxAttempts)", times(tries))
		case err != nil:
			return err
		}
		if sent, n.Tries = a.modified(), tries; a.Status == statusExpired && !sent.IsZero() {
			sent = sent.Add(-linkLife)
		}
		if !doubtful {
			r.notes.learn(a.ID, n)
		}
	}
	if sent.IsZero() {
		live.Unsupported[ref] = statuses[a.Status].says + "; it is not promoted again, since when its owner was mailed is not known"
		return nil
	}
	live.Notices = append(live.Notices, diff.Notice{Resource: ref, Recipient: cmp.Or(n.Email, email), Mail: promotionMails()[0], Field: settingType,
		Sent: sent, Tries: max(n.Tries, 1), Result: statuses[a.Status].says})
	return nil
}

// linkLife is how long the link of a mail is good: what expired was mailed about at least that long before.
const linkLife = 24 * time.Hour

// mailLife is that and a bit: a promotion that ended later than that after a mail ended after another one.
const mailLife = linkLife + time.Hour

const statusExpired = "PromoteExpired"

// explains says whether the mail that is noted is the last one about an account, by what the vendor shows of it.
func (n mailed) explains(a account) bool {
	slack := 5 * time.Minute
	if a.course() == toPromoteAgain {
		slack = mailLife
	}
	return !n.Sent.IsZero() && !a.modified().After(n.Sent.Add(slack))
}

// pending returns what is known of the mails about a pending promotion. Where its record is not, or others mailed since, it is
// looked up; lists holds what was read for others.
func (r *Reader) pending(ctx context.Context, a account, lists map[string]folder) (mailed, error) {
	n, doubtful := r.notes.of(a)
	known := n.Record != "" || n.Tries >= r.notices.MaxAttempts
	if r.knows(n, a) {
		return n, nil
	}
	rows, err := r.recordsOf(ctx, a, lists)
	if err != nil {
		if known && unavailable(err) {
			n.Tries++
			return n, nil
		}
		return n, err
	}
	n.Tries = n.triesBy(rows, a)
	if record, ok := newestRecord(rows, a.ID); ok {
		n.Record, n.Email = record.RecordID, cmp.Or(record.email(), n.Email)
		if !doubtful {
			r.notes.learn(a.ID, n)
		}
	}
	return n, nil
}

// folder is what the records of a folder are, or why they can't be read.
type folder struct {
	rows []account
	err  error
}

func (r *Reader) folder(ctx context.Context, id string) (f folder) {
	f.rows, f.err = r.records(ctx, id)
	return f
}

// recordsAhead reads the records of those folders that are sure to be asked, side by side, by folder.
func (r *Reader) recordsAhead(ctx context.Context, names []string) (map[string]folder, error) {
	var ids []string
	for _, name := range names {
		a := r.seen[name]
		if n, _ := r.notes.of(a); a.course() == toAwait && !r.knows(n, a) {
			ids = append(ids, a.FolderID)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	folders, err := provider.Gather(ctx, r.api.http.Env.Parallelism, len(ids), func(ctx context.Context, i int) (folder, error) {
		return r.folder(ctx, ids[i]), nil
	})
	lists := map[string]folder{}
	for i, f := range folders {
		lists[ids[i]] = f
	}
	return lists, err
}

// knows says whether all is known of the mails about a pending promotion.
func (r *Reader) knows(n mailed, a account) bool {
	return (n.Record != "" || n.Tries >= r.notices.MaxAttempts) && n.explains(a)
}

// recordsOf returns the records of an account's folder.
func (r *Reader) recordsOf(ctx context.Context, a account, lists map[string]folder) ([]account, error) {
	f, read := lists[a.FolderID]
	if !read {
		f = r.folder(ctx, a.FolderID)
		lists[a.FolderID] = f
	}
	return f.rows, f.err
}

func (r *Reader) tries(ctx context.Context, n mailed, a account, lists map[string]folder) (int, error) {
	rows, err := r.recordsOf(ctx, a, lists)
	if err != nil {
		return 0, err
	}
	return n.triesBy(rows, a), nil
}

// triesBy is how often an account's owner was mailed since a promotion of it last reached its end or was cancelled. Each
// promotion is a record, and mailed at least once. What is noted counts too, unless it is about one before that.
func (n mailed) triesBy(rows []account, a account) int {
	rows = slices.DeleteFunc(slices.Clone(rows), func(row account) bool { return row.ID != a.ID || row.RecordID == "" })
	slices.SortFunc(rows, func(a, b account) int { return b.modified().Compare(a.modified()) })
	story := slices.IndexFunc(rows, func(row account) bool { return row.course() != toAwait && row.course() != toPromoteAgain })
	if story < 0 {
		story = len(rows)
	}
	noted := slices.IndexFunc(rows, func(row account) bool { return row.RecordID == n.Record })
	if n.Sent.IsZero() || noted >= story {
		return max(story, 1)
	}
	if noted == 0 || n.Record == "" {
		return max(story, n.Tries)
	}
	return max(story, n.Tries+1)
}

// records lists the promotions and creations of the accounts in a folder (ResourceManager 2016-11-11,
// ListAccountRecordsForParent).
func (r *Reader) records(ctx context.Context, folder string) ([]account, error) {
	all, err := r.api.pages(ctx, listRecords, url.Values{"ParentFolderId": {folder}}, 0)
	return all.Rows, err
}

// newestRecord finds the record of an account's pending promotion.
func newestRecord(rows []account, id string) (account, bool) {
	var pending []account
	for _, row := range rows {
		if row.ID == id && row.RecordID != "" && row.course() == toAwait {
			pending = append(pending, row)
		}
	}
	if len(pending) == 0 {
		return account{}, false
	}
	return slices.MaxFunc(pending, func(a, b account) int {
		return cmp.Or(a.modified().Compare(b.modified()), strings.Compare(a.RecordID, b.RecordID))
	}), true
}

// unavailable says whether an error means that the vendor does not have a call, or does not let us use it.
func unavailable(err error) bool {
	var e *httpx.Error
	return errors.As(err, &e) && slices.Contains([]string{"InvalidApi.NotFound", "NoSuchVersion", "InvalidVersion", "InvalidAction.NotFound", "Forbidden.RAM", "NoPermission"}, e.Code)
}
