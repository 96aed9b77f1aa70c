package httpx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Of several who were refused the same credential, or find that it has ended, one renews it for all.
func TestOneRenewsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issued := 0
		r := NewRenewing(func(context.Context) (Issued[int], error) {
			time.Sleep(time.Second)
			issued++
			return Issued[int]{issued, fmt.Sprint(issued), 15 * time.Minute}, nil
		})
		for round, step := range []struct {
			refused string
			after   time.Duration
		}{{"", 0}, {"1", 0}, {"2", 0}, {"", 15 * time.Minute}, {"", 12 * time.Minute}} {
			time.Sleep(step.after)
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() {
					if got, err := r.Get(t.Context(), step.refused); err != nil || got != round+1 {
						t.Errorf("round %d: got %d, error %v", round, got, err)
					}
				})
			}
			all.Wait()
		}
		if issued != 5 {
			t.Errorf("%d issued", issued)
		}
	})
}

// What gives the same credential again after the vendor said that it has ended is not asked over and over, nor is the request sent again.
func TestTheSameAgainIsNoRenewal(t *testing.T) {
	asked := 0
	r := NewRenewing(func(context.Context) (Issued[int], error) { asked++; return Issued[int]{1, "same", time.Hour}, nil })
	if _, err := r.Get(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	_, err := r.Get(t.Context(), "same")
	if f := provider.FailureOf(err); err == nil || f.Fate != provider.NotDone || asked != 2 || !strings.Contains(err.Error(), "gave the same one") {
		t.Errorf("error %v, asked %d times", err, asked)
	}
}

// Near its end a credential that can't be replaced, or is replaced by itself, is asked for now and then, not for each request.
func TestAttemptsAreApart(t *testing.T) {
	for name, fails := range map[string]bool{"fails": true, "the same": false} {
		synctest.Test(t, func(t *testing.T) {
			asked, ends := 0, time.Now().Add(time.Hour)
			r := NewRenewing(func(context.Context) (Issued[int], error) {
				if asked++; asked > 1 && fails {
					return Issued[int]{}, errors.New("out")
				}
				return Issued[int]{1, "one", time.Until(ends)}, nil
			})
			for time.Now().Before(ends) {
				if _, err := r.Get(t.Context(), ""); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				time.Sleep(time.Second)
			}
			if asked < 5 || asked > 40 {
				t.Errorf("%s: asked %d times", name, asked)
			}
			if _, err := r.Get(t.Context(), ""); fails && err == nil {
				t.Errorf("%s: it is used after its end", name)
			}
		})
	}
}

// A life is reckoned by the clock of whoever gave the credential, as far as the answer shows that.
func TestLifeIsByTheVendorsClock(t *testing.T) {
	theirs := time.Now().Add(-3 * time.Hour).Truncate(time.Second)
	answer := Answer{Header: http.Header{"Date": {theirs.UTC().Format(http.TimeFormat)}}}
	if life, err := LifeOf(theirs.Add(15*time.Minute), answer); err != nil || life != 15*time.Minute {
		t.Errorf("life %v, error %v", life, err)
	}
	if life, err := LifeOf(theirs.Add(15*time.Minute), Answer{}); err == nil {
		t.Errorf("by our clock: life %v", life)
	}
}

// After an attempt whose end nobody knows, credentials that can't be renewed leave that end unknown; before the first, nothing was sent,
// and nobody is told that it would be.
func TestNoCredentialsBeforeAndAfterAnAttempt(t *testing.T) {
	for after, fate := range map[int]provider.Fate{0: provider.NotDone, 1: provider.Unknown} {
		synctest.Test(t, func(t *testing.T) {
			asked, told := 0, 0
			r := NewRenewing(func(context.Context) (Issued[int], error) {
				if asked++; asked > after {
					return Issued[int]{}, errors.New("out")
				}
				return Issued[int]{1, "one", time.Second}, nil
			})
			s := &script{answers: []func(*http.Request) (*http.Response, error){silent, ok}}
			c := New(Env{Transport: s, TryTimeout: 10 * time.Second}, "main", spec.Rates{})
			c.Prepare = func(ctx context.Context, _ Request) error { _, err := r.Get(ctx, ""); return err }
			_, err := c.Do(t.Context(), Request{Method: http.MethodPost, Base: "http://vendor.example", Repeatable: true, BeforeSend: func() error { told++; return nil }}, nil)
			if f := provider.FailureOf(err); err == nil || f.Fate != fate || told != after || len(s.times) != after {
				t.Errorf("after %d attempts: %+v, told %d times, sent %d", after, f, told, len(s.times))
			}
		})
	}
}
