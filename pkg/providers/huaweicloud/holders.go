package huaweicloud

import (
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// holders are live grants as their rows name the account and say since when. What many rows share stands there once.
type holders struct {
	grants   spec.GrantMap[holding]
	accounts []account
	known    map[account]int32 // places in accounts
}

// holding is what is known of a grant: the place of its account, and when it began.
type holding struct {
	account int32
	nanos   int32
	seconds int64 // since the zero time; 0 where a row does not say it
}

// put takes down the row of a grant.
func (h *holders) put(g spec.Grant, a account, since instant) { h.putAt(g, h.place(a), since) }

// putAt is put for an account that has a place.
func (h *holders) putAt(g spec.Grant, account int32, since instant) {
	h.grants.Put(g, holding{account, since.nanos, since.seconds})
}

func (h *holders) place(a account) int32 {
	at, known := h.known[a]
	if !known {
		if h.known == nil {
			h.known = map[account]int32{}
		}
		at = int32(len(h.accounts))
		h.accounts, h.known[a] = append(h.accounts, a), at
	}
	return at
}

// account is the one that the row of a grant names.
func (h *holders) account(g spec.Grant) (a account, held bool) {
	row, held := h.grants.Get(g)
	if held {
		a = h.accounts[row.account]
	}
	return a, held
}

// since is when a grant began; zero where the vendor does not say.
func (h *holders) since(g spec.Grant) time.Time {
	row, _ := h.grants.Get(g)
	return instant{row.seconds, row.nanos}.time()
}

// instant is a moment in little room.
type instant struct {
	seconds int64 // since the zero time; 0 where it is not known
	nanos   int32
}

func instantOf(at time.Time) instant {
	return instant{at.Unix() - time.Time{}.Unix(), int32(at.Nanosecond())}
}

func (i instant) time() time.Time {
	if i.seconds == 0 {
		return time.Time{}
	}
	return time.Unix(i.seconds+time.Time{}.Unix(), int64(i.nanos)).UTC()
}

// moment is when something happened, as the vendor writes it.
type moment string

// instant is zero where the moment can't be read.
func (m moment) instant() (at time.Time) {
	if m != "" {
		at, _ = provider.Instant(string(m))
	}
	return at
}

// later is the later of the moments that two rows of a grant show; zero where one of them shows none.
func later(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && a.After(b) {
		return a
	}
	return b
}
