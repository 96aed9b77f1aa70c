package huaweicloud

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"net/url"
	"sync"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
)

// grantRow is an authorization in little room and without pointers: there may be millions, all of them in memory until the last page
// shows that they are the whole list. Numbers are places in known.
type grantRow struct {
	id      rowID
	group   int32 // the id of its app group
	account int32
	begun   instant
	onApp   bool // on one app of the group
}

// rowID stands for what tells rows apart: the id, or, since the vendor's own example shows rows without one, all that they are about.
type rowID [sha256.Size / 2]byte

func (g grantRow) key() rowID { return g.id }

// noGroup is the number of the blank id.
const noGroup = 0

// known are what many rows share, each once, by number. A number stays what it is.
type known struct {
	sync.Mutex
	groups, accounts map[string]int32 // numbers, of accounts by all that they say
	groupIDs         []string
	named            []account
	moments          map[string]instant // the last ones
	room             []byte
}

// maxMoments is how many moments are kept, since those of one call are the same.
const maxMoments = 1000

// rowTexts are the texts of an authorization as they stand in an answer.
type rowTexts struct {
	id, group, app, begun                      []byte
	accountID, account, kind, domain, platform []byte
}

func textsOf(a authorization) rowTexts {
	return rowTexts{[]byte(a.ID), []byte(a.AppGroupID), []byte(a.AppID), []byte(a.CreateAt),
		[]byte(a.AccountID), []byte(a.Account), []byte(a.AccountType), []byte(a.Domain), []byte(a.PlatformType)}
}

// scan reads what package json would read into an authorization.
func (t *rowTexts) scan(s *httpx.Scanner) bool {
	return s.Object(func(key []byte) bool {
		var to *[]byte
		switch string(key) {
		case "id":
			to = &t.id
		case "app_group_id":
			to = &t.group
		case "app_id":
			to = &t.app
		case "create_at":
			to = &t.begun
		case "account_id":
			to = &t.accountID
		case "account":
			to = &t.account
		case "account_type":
			to = &t.kind
		case "domain":
			to = &t.domain
		case "platform_type":
			to = &t.platform
		default:
			return s.Skip()
		}
		text, ok := s.Text()
		*to = text
		return ok
	})
}

// row is for whoever has locked k.
func (k *known) row(t rowTexts) grantRow {
	return grantRow{k.id(t), k.groupOf(t.group), k.accountOf(t), k.moment(t.begun), len(t.app) > 0}
}

func (k *known) id(t rowTexts) (id rowID) {
	of := t.id
	if len(of) == 0 {
		of = k.together(t.group, t.app, t.kind, t.account, t.domain, t.platform)
	}
	sum := sha256.Sum256(of)
	copy(id[:], sum[:])
	return id
}

// together is one text of several, the same only of the same ones. It is good until the next call.
func (k *known) together(texts ...[]byte) []byte {
	k.room = k.room[:0]
	for _, text := range texts {
		k.room = append(binary.AppendUvarint(k.room, uint64(len(text))), text...)
	}
	return k.room
}

// all are the ids of app groups and the accounts by their numbers. Nobody changes them.
func (k *known) all() (groups []string, accounts []account) {
	k.Lock()
	defer k.Unlock()
	return k.groupIDs, k.named
}

func (k *known) groupOf(id []byte) int32 {
	if k.groups == nil {
		k.groups, k.groupIDs = map[string]int32{"": noGroup}, []string{""}
	}
	number, is := k.groups[string(id)]
	if !is {
		number = int32(len(k.groupIDs))
		k.groupIDs = append(k.groupIDs, string(id))
		k.groups[k.groupIDs[number]] = number
	}
	return number
}

func (k *known) accountOf(t rowTexts) int32 {
	all := k.together(t.accountID, t.account, t.kind, t.domain, t.platform)
	number, is := k.accounts[string(all)]
	if !is {
		if k.accounts == nil {
			k.accounts = map[string]int32{}
		}
		number = int32(len(k.named))
		k.accounts[string(all)] = number
		k.named = append(k.named, account{string(t.accountID), string(t.account), string(t.kind), string(t.domain), string(t.platform)})
	}
	return number
}

func (k *known) moment(text []byte) instant {
	at, is := k.moments[string(text)]
	if !is {
		if len(k.moments) >= maxMoments || k.moments == nil {
			k.moments = map[string]instant{}
		}
		at = instantOf(moment(text).instant())
		k.moments[string(text)] = at
	}
	return at
}

// authorizationPage is a page of b1.
type authorizationPage struct {
	known *known
	rows  []grantRow // nil: it has no list
	count provider.Count
}

// Scan reads the page as UnmarshalJSON does.
func (p *authorizationPage) Scan(s *httpx.Scanner) bool {
	p.known.Lock()
	defer p.known.Unlock()
	return s.Object(func(key []byte) bool {
		switch string(key) {
		case listAuthorizations.total:
			count, ok := s.Raw()
			return ok && p.count.UnmarshalJSON(count) == nil
		case listAuthorizations.array:
			p.rows = make([]grantRow, 0, pageSize)
			return s.List(func() bool {
				var t rowTexts
				ok := t.scan(s)
				p.rows = append(p.rows, p.known.row(t))
				return ok
			})
		case "items", "records", "users", "user_groups": // which have to be lists
			return false
		}
		return s.Skip()
	})
}

// UnmarshalJSON reads a page whatever its form.
func (p *authorizationPage) UnmarshalJSON(data []byte) error {
	var wire page[authorization]
	p.rows = nil
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	p.known.Lock()
	defer p.known.Unlock()
	if p.count = wire.Count; wire.Authorizations != nil {
		p.rows = make([]grantRow, 0, len(wire.Authorizations))
	}
	for _, a := range wire.Authorizations {
		p.rows = append(p.rows, p.known.row(textsOf(a)))
	}
	return nil
}

// authorizationsOnce reads a whole list of authorizations, once for the listing of a query.
func (r *Reader) authorizationsOnce(ctx context.Context, q provider.Query, of url.Values, most int) (provider.Listed[grantRow], error) {
	return provider.HoldersOnce(q.Listing, listAuthorizations.path+"?"+of.Encode(), func() (provider.Listed[grantRow], error) {
		return r.api.authorizations(ctx, of, most)
	})
}

// authorizations reads a whole list of authorizations, as pages does.
func (a *api) authorizations(ctx context.Context, query url.Values, most int) (provider.Listed[grantRow], error) {
	return readPages(ctx, a, listAuthorizations, most, grantRow.key, func(ctx context.Context, offset int) (provider.Page[grantRow, int], error) {
		answer := authorizationPage{known: &a.known}
		if err := a.get(ctx, listAuthorizations, query, offset, &answer); err != nil {
			return provider.Page[grantRow, int]{}, err
		}
		return pageOf(listAuthorizations, answer.rows, answer.count, offset)
	})
}
