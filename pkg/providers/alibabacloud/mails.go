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
)

// readMails adds a notice for each account on its way to a cloud account, as far as its mail can be sent again.
func (r *Reader) readMails(ctx context.Context, q provider.Query, live *diff.Live) error {
	if r.notices.Off || !q.Notices {
		return nil
	}
	var errs []error
	lists := map[string][]account{} // of records, by folder
	for _, name := range q.Desired.Names(kindAccount) {
		ref, a := r.ref(name), r.seen[name]
		want := q.Desired.Resources[ref]
		email := want.Fixed.Get("email")
		if a.alike != "" || a.course() != toAwait || want.Settings.Get("type") != cloud {
			continue
		}
		n, err := r.pending(ctx, a, lists)
		sent := n.Sent
		if at := a.modified(); at.After(sent) {
			sent = at
		}
		switch {
		case unavailable(err) || err == nil && n.Record == "" && n.Tries < r.notices.MaxAttempts:
			live.Note(ref, "its mail can't be sent again from here: the record id is not known, and the vendor does not show it")
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", ref, err))
		case email != "" && n.Email != "" && n.Email != email:
			have := live.Resources[ref]
			have.Fixed = have.Fixed.With("email", n.Email)
			live.Resources[ref] = have
			live.CantSet(ref, "email", fmt.Sprintf("its promotion waits for %s, the file says %s; correct email:, or cancel the promotion at the vendor", n.Email, email))
		case sent.IsZero():
			live.Note(ref, "its mail is not sent again: when it was sent is not known")
		default:
			live.Notices = append(live.Notices, diff.Notice{Resource: ref, Recipient: n.Email, Sent: sent, Tries: max(n.Tries, 1),
				Unsure: n.Unsure && n.Before == a.fingerprint(),
				Result: "not confirmed since the mail of " + sent.Format(time.RFC3339)})
		}
	}
	return errors.Join(errs...)
}

// pending returns what is known of the mails about a pending promotion. Where its record is not, it is looked up; lists
// holds what was read for others.
func (r *Reader) pending(ctx context.Context, a account, lists map[string][]account) (mailed, error) {
	n, doubtful := r.notes.of(a)
	if n.Record != "" || n.Tries >= r.notices.MaxAttempts {
		return n, nil
	}
	rows, read := lists[a.FolderID]
	if !read {
		var err error
		if rows, err = r.records(ctx, a.FolderID); err != nil {
			return n, err
		}
		lists[a.FolderID] = rows
	}
	if record, ok := newestRecord(rows, a.ID); ok {
		n.Record, n.Email = record.RecordID, cmp.Or(record.email(), n.Email)
		if !doubtful {
			r.notes.learn(a.ID, n)
		}
	}
	return n, nil
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
	return errors.As(err, &e) && slices.Contains([]string{"InvalidApi.NotFound", "NoSuchVersion", "Forbidden.RAM", "NoPermission"}, e.Code)
}
