package wps365

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Of several requests that were refused the same token, one renews it: a refresh token can be spent only once.
func TestOneRenewsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetched := 0
		b := newBearer(func(context.Context) (tokens, error) {
			time.Sleep(time.Second)
			fetched++
			return tokens{Access: fmt.Sprint("token ", fetched)}, nil
		})
		for round, refused := range []string{"", "token 1", "token 2"} { // a token that was refused was had before
			var all sync.WaitGroup
			for range 3 {
				all.Go(func() {
					if token, err := b.Get(t.Context(), refused); err != nil || token.Reveal() == refused {
						t.Errorf("refused %q: token %q, error %v", refused, token.Reveal(), err)
					}
				})
			}
			all.Wait()
			if token, err := b.Get(t.Context(), ""); err != nil || fetched != round+1 || token.Reveal() != fmt.Sprint("token ", fetched) {
				t.Errorf("round %d: %d tokens fetched, the last one is %q, error %v", round, fetched, token.Reveal(), err)
			}
		}
	})
}
