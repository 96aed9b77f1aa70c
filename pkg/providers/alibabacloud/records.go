package alibabacloud

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/entitlectl/entitlectl/pkg/store"
)

// mailed is what we know of the mails about one account's promotion. Reads show only that one is pending and when the
// account was last changed, which is the truth as far as it goes: a later change than Sent is taken for another mail.
// The rest comes from the answers to our own calls, and is kept between runs.
type mailed struct {
	Record string    `json:"record,omitempty"` // RecordId of the newest answer; each mail may change it
	Email  string    `json:"email,omitempty"`  // who got them
	Sent   time.Time `json:"sent,omitzero"`    // the last one
	Tries  int       `json:"tries,omitempty"`  // how many we sent; a pending promotion of somebody else's began with one
	// Unsure says that the last mail was about to be sent when this was written: only a look other than Before can tell
	// that it was.
	Unsure bool   `json:"unsure,omitempty"`
	Before string `json:"before,omitempty"`
}

// fingerprint is what a mail changes of an account, as far as reads show it: its status, or when it was changed last.
func (a account) fingerprint() string { return a.Status + " " + a.ModifyTime }

// mailRecords keeps what is known of mails, by account. Its kv may be nil; then it lasts for the run.
type mailRecords struct {
	prefix string // of keys: the connection
	kv     store.KV

	mu    sync.Mutex
	notes map[string]mailed
	tried map[string]mailed // what was known before those mails of this run that are Unsure
}

func newMailRecords(connection string, kv store.KV) *mailRecords {
	return &mailRecords{prefix: connection + "/promotion/", kv: kv, notes: map[string]mailed{}, tried: map[string]mailed{}}
}

// of returns what is known of an account. While nothing shows that this run's own mail was sent, that is in doubt and of
// returns what was known before: the run's report must not say more than what was read. A later run counts the mail as
// sent, so that nobody gets it twice.
func (b *mailRecords) of(a account) (n mailed, doubtful bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n = b.recall(a.ID)
	if before, ours := b.tried[a.ID]; ours && n.Unsure && n.Before == a.fingerprint() {
		return before, true
	}
	return n, false
}

// recall reads a note; one that can't be read is none.
func (b *mailRecords) recall(id string) (n mailed) {
	if n, known := b.notes[id]; known || b.kv == nil {
		return n
	}
	text, ok := b.kv.Get(b.prefix + id)
	if !ok || json.Unmarshal([]byte(text), &n) != nil {
		return mailed{}
	}
	return n
}

// learn notes for this run what a read showed.
func (b *mailRecords) learn(id string, n mailed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notes[id] = n
}

// begin notes a mail that is about to be sent.
func (b *mailRecords) begin(id string, n mailed) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.recall(id)
	if err := b.keep(id, n); err != nil {
		b.notes[id] = before
		return err
	}
	b.tried[id] = before
	return nil
}

// undo takes back what begin noted: no mail was sent.
func (b *mailRecords) undo(id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.tried[id]
	delete(b.tried, id)
	return b.keep(id, before)
}

// end notes a mail that was sent.
func (b *mailRecords) end(id string, n mailed) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.tried, id)
	return b.keep(id, n)
}

func (b *mailRecords) keep(id string, n mailed) error {
	b.notes[id] = n
	if b.kv == nil {
		return nil
	}
	text, err := json.Marshal(n)
	if err == nil {
		err = b.kv.Put(b.prefix+id, string(text))
	}
	if err != nil {
		return fmt.Errorf("note the mail: %w", err)
	}
	return nil
}
