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
		var all sync.WaitGroup
		for _, refused := range []string{"", "", "", "token 1", "token 1", "token 1", "token 2"} {
			all.Go(func() {
				if token, err := b.token(t.Context(), refused); err != nil || token == refused {
					t.Errorf("refused %q: token %q, error %v", refused, token, err)
				}
			})
		}
		all.Wait()
		if token, err := b.token(t.Context(), ""); err != nil || fetched > 3 || token != fmt.Sprint("token ", fetched) {
			t.Errorf("%d tokens fetched, the last one is %q, error %v", fetched, token, err)
		}
	})
}
