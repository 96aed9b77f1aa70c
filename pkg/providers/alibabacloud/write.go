package alibabacloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Writer is a Reader that can also carry calls out. Calls may run side by side.
type Writer struct{ *Reader }

// NewWriter opens a connection for reading and writing. It sends nothing.
func NewWriter(conn spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (provider.Target, error) {
	return &Writer{open(conn, secrets, env)}, nil
}

// Do sends one call of those that Pack made.
func (w *Writer) Do(ctx context.Context, name string, changes []diff.Change, begin func() error) error {
	if begin == nil {
		begin = func() error { return nil }
	}
	begin = sync.OnceValue(begin) // a mail may take two tries
	if len(changes) != 1 {
		return provider.Refuse("%d changes in one call that makes one; nothing was sent", len(changes))
	}
	c := changes[0]
	a, known := w.seen[c.Resource]
	if !known {
		return provider.Refuse("the id of account %q is not known; plan again", c.Resource)
	}
	switch {
	case a.leaving():
		return movedOn(a)
	case name == rename.action && c.Op == diff.OpUpdate && c.Field == settingName:
		return w.rename(ctx, a, c.To, begin)
	case name == promote.action && c.Op == diff.OpUpdate && c.Field == settingType && c.To == cloud:
		return w.promote(ctx, a, c.Settings.Get("email"), begin)
	case name == resend.action && c.Op == diff.OpResend:
		return w.resend(ctx, a, begin)
	}
	return provider.Refuse("there is no call %q for %s to %q; nothing was sent", name, c.Op, c.To)
}

func movedOn(a account) error {
	return provider.Refuse("the account is a %s in status %s by now; plan again", a.Type, strings.TrimSpace(a.Status+" "+a.Deletion))
}

// rename gives an account another display name (ResourceDirectoryMaster 2022-04-19, UpdateAccount), and changes nothing else.
func (w *Writer) rename(ctx context.Context, a account, name string, begin func() error) error {
	var answer single
	if err := w.api.write(ctx, rename, url.Values{"AccountId": {a.ID}, "NewDisplayName": {name}}, &answer, begin); err != nil {
		return err
	}
	if answer.Account.ID != a.ID {
		return fmt.Errorf("%s: the answer is about account %q instead of %q", rename.action, answer.Account.ID, a.ID)
	}
	return nil
}

// settling is how long reads may go without showing a promotion that the vendor took, before it is begun anew.
const settling = time.Hour

// promote begins the promotion of an account (ResourceManager 2020-03-31, PromoteResourceAccount). It mails the address
// that its owner is to sign in with.
func (w *Writer) promote(ctx context.Context, a account, email string, begin func() error) error {
	next := mailed{Email: email, Tries: 1}
	n, _ := w.notes.of(a)
	switch a.course() {
	case toPromote:
	case toPromoteAgain:
		if n.Email == "" || n.Email == email {
			next.Tries += n.Tries
		}
	default:
		return movedOn(a)
	}
	if n.Record != "" && w.api.now().Sub(n.Sent) < settling {
		return provider.Refuse("the vendor took its promotion at %s and does not show it yet; plan again later", n.Sent.UTC().Format(time.RFC3339))
	}
	if email == "" {
		return provider.Refuse("whom to mail is not known: the change does not say; plan again")
	}
	err := w.mail(ctx, a, promote, url.Values{"AccountId": {a.ID}, "Email": {email}}, next, begin)
	return w.doubt(ctx, a, promote, err)
}

// resend mails the owner again (ResourceManager 2020-03-31, ResendPromoteResourceAccountEmail). The link of the mail before
// is void from then on. A record id that the vendor does not take is looked up, since others may have resent it.
func (w *Writer) resend(ctx context.Context, a account, begin func() error) error {
	if a.course() != toAwait {
		return movedOn(a)
	}
	n, doubtful := w.notes.of(a)
	if doubtful {
		return errors.New("whether the vendor sent the mail can't be read; it is not sent twice in one run")
	}
	record, err := n.Record, error(nil)
	if record == "" {
		if record, err = w.lookUp(ctx, a); err != nil {
			return err
		}
	}
	next := mailed{Record: record, Email: n.Email, Tries: max(n.Tries, 1) + 1}
	err = w.mail(ctx, a, resend, url.Values{"RecordId": {record}}, next, begin)
	if code := httpx.Code(err); code == codeNoRecord || code == codeMismatch {
		if fresh, lookErr := w.lookUp(ctx, a); lookErr == nil && fresh != record {
			err = w.mail(ctx, a, resend, url.Values{"RecordId": {fresh}}, next, begin)
		}
	}
	return w.doubt(ctx, a, resend, err)
}

// lookUp returns the record id of the account's pending promotion.
func (w *Writer) lookUp(ctx context.Context, a account) (string, error) {
	rows, err := w.records(ctx, a.FolderID)
	if err != nil {
		return "", provider.Refuse("%w", err)
	}
	record, ok := newestRecord(rows, a.ID)
	if !ok {
		return "", provider.Refuse("the vendor shows no record of a pending promotion; plan again")
	}
	return record.RecordID, nil
}

// mail does a call that makes the vendor mail somebody. It is noted beforehand, so that whenever a run is cut off the next
// one knows that a mail may be out, and afterwards with what the answer says.
func (w *Writer) mail(ctx context.Context, a account, op operation, query url.Values, next mailed, begin func() error) error {
	begun := false
	note := func() error {
		if err := begin(); err != nil {
			return err
		}
		next.Sent, next.Unsure, next.Before = w.api.now(), true, a.fingerprint()
		if err := w.notes.begin(a.ID, next); err != nil {
			return fmt.Errorf("%w; nothing was sent", err)
		}
		begun = true
		return nil
	}
	var answer single
	err := w.api.write(ctx, op, query, &answer, note)
	switch {
	case provider.FailureOf(err).Fate == provider.NotDone && begun:
		return errors.Join(err, w.notes.undo(a.ID))
	case err != nil:
		return err
	case answer.Account.ID != a.ID:
		return fmt.Errorf("%s: the answer is about account %q instead of %q", op.action, answer.Account.ID, a.ID)
	}
	next.Sent, next.Unsure, next.Before = w.api.now(), false, ""
	next.Record, next.Email = answer.Account.RecordID, cmp.Or(answer.Account.email(), next.Email)
	return w.notes.end(a.ID, next)
}

// doubt reads the account again after the vendor said that its type or status does not fit: what was to be done may be
// done already.
func (w *Writer) doubt(ctx context.Context, a account, op operation, err error) error {
	if httpx.Code(err) != codeMismatch {
		return err
	}
	now, readErr := w.api.get(ctx, a.ID)
	switch {
	case readErr != nil:
		return fmt.Errorf("%w; the account could not be read again: %v", err, readErr)
	case now.Type == typeCloud, op == promote && now.course() == toAwait:
		return nil
	}
	return fmt.Errorf("the vendor does not take it for a %s in status %s; plan again: %w", now.Type, now.Status, err)
}
