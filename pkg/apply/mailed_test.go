package apply

import (
	"context"
	"maps"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/diff"
	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// shelf is a store of values in memory, with a clock of its own.
type shelf struct {
	store.Store
	mu     sync.Mutex
	values map[string]string
	ahead  time.Duration
}

func (s *shelf) Get(key string) (string, bool) {
	s.mu.Lock()
	value, ok := s.values[key]
	s.mu.Unlock()
	runtime.Gosched() // others come between this and what is put next
	return value, ok
}

func (s *shelf) PutAll(values map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.values, values)
	return nil
}

func (s *shelf) Now(context.Context) (time.Time, error) { return time.Now().Add(s.ahead), nil }

// counting is the ledger of a run that counts mails to people.
func counting(s *shelf) *ledger {
	return &ledger{task: &task{part: diff.ConnectionPlan{Name: conn}, opts: ApplyOptions{Session: &Session{store: s}, Rules: spec.Rules{MaxMailsPerPerson: spec.Limit{Value: 3}}}}}
}

func mailTo(user string) []diff.Change {
	g := grantOf("CAD", user)
	return []diff.Change{{Op: diff.OpGrant, Kind: g.Resource.Kind, Resource: g.Resource.Name, Role: g.Role, Subject: g.Subject, Mails: 1}}
}

// Calls that are in flight side by side lose no mail to one person, whichever of them is taken back.
func TestMailsOfCallsSideBySide(t *testing.T) {
	s := &shelf{values: map[string]string{}}
	l := counting(s)
	var calls sync.WaitGroup
	for i := range 100 {
		calls.Go(func() {
			undo, err := l.noteMails(mailTo("ann"))
			if err == nil && i%4 == 0 {
				err = undo()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if n := mailsTo(s, conn)(grantOf("CAD", "ann").Subject); n != 75 {
		t.Errorf("%d mails are counted, want 75", n)
	}
}

// Mails are counted by the clock of the store: a machine whose clock is a day off counts those of others, and forgets none.
func TestMailsGoByTheClockOfTheStore(t *testing.T) {
	ann := grantOf("CAD", "ann").Subject
	for _, ahead := range []time.Duration{-48 * time.Hour, 0, 48 * time.Hour} {
		s := &shelf{values: map[string]string{}, ahead: ahead}
		for _, before := range []time.Duration{25 * time.Hour, 24*time.Hour - time.Minute, time.Minute} {
			s.values[mailedKey(conn, ann)] += time.Now().Add(ahead-before).UTC().Format(time.RFC3339) + " "
		}
		if n := mailsTo(s, conn)(ann); n != 2 {
			t.Errorf("with a clock that is %v ahead %d mails are counted, want 2", ahead, n)
		}
		if _, err := counting(s).noteMails(mailTo("ann")); err != nil {
			t.Fatal(err)
		}
		if n := len(strings.Fields(s.values[mailedKey(conn, ann)])); n != 3 {
			t.Errorf("with a clock that is %v ahead %d mails are kept, want 3", ahead, n)
		}
	}
}
