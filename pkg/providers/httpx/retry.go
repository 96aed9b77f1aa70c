package httpx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
)

// Limits of patience. A throttled request is tried longest, since it was surely not done and will surely go through.
const (
	maxAttempts          = 4
	maxThrottledAttempts = 10
	maxTimeouts          = 2 // a server that says nothing once may be slow; twice, it is dead
	firstPause           = 500 * time.Millisecond
	throttledPause       = 2 * time.Second // the vendor's own advice is 2 to 5 s
	maxPause             = 5 * time.Minute // beyond it a run without a limit ends, and says what the vendor asks for
)

// throttled says whether an answer asks everybody to slow down.
func throttled(failure *Error) bool {
	return failure.Meaning() == http.StatusTooManyRequests && !failure.Alone
}

// retryDelay says whether the request may be sent again, and how long to wait before. Only what is safe to repeat is: what
// was surely throttled at the gateway, and after any other fault what is documented to be repeatable.
func retryDelay(req Request, failure *Error, attempt int) (time.Duration, bool) {
	limit := maxAttempts
	pause := firstPause << min(attempt-1, 6)
	switch {
	case errors.Is(failure.Err, context.Canceled), distrusted(failure.Err):
		return 0, false
	case failure.Meaning() == http.StatusTooManyRequests:
		limit, pause = maxThrottledAttempts, throttledPause<<min(attempt-1, 5)
	case failure.Fate == provider.NotDone && failure.Status != 0: // refused: the same request gets the same answer
		return 0, false
	case failure.Fate == provider.NotDone: // not sent
	case !req.repeatable():
		return 0, false
	case errors.Is(failure.Err, context.DeadlineExceeded):
		limit = maxTimeouts
	}
	return cmp.Or(failure.Wait, pause), attempt < limit && (failure.Most == 0 || attempt < failure.Most)
}

// The price of retries is that of the AWS SDK's retry quota (aws-sdk-go-v2, aws/retry/standard.go): a vendor that is down is
// not kept down by everybody trying again. A throttled request costs less than there: its bucket slows down and waits, so
// that it makes no storm; and at the full price a vendor that throttles more than every sixth call would end a long run.
const (
	maxRetryTokens = 500
	priceRetry     = 5
	priceTimeout   = 10
	priceThrottled = 1
)

var errNoRetries = errors.New("no more retries: too many of this run's requests failed")

// retries are the tokens that all requests of a client spend on being sent again; a success gives one back.
type retries struct {
	mu   sync.Mutex
	left int
}

func (r *retries) spend(failure *Error) bool {
	price := priceRetry
	switch {
	case throttled(failure):
		price = priceThrottled
	case errors.Is(failure.Err, context.DeadlineExceeded):
		price = priceTimeout
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left < price {
		return false
	}
	r.left -= price
	return true
}

func (r *retries) earn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = min(r.left+1, maxRetryTokens)
}

// tooLate is a wait that would end after the run.
type tooLate struct {
	in    time.Duration
	asked bool // by the vendor
}

func (e tooLate) Error() string {
	if e.asked {
		return "the vendor asks for " + spoken(e.in) + "; run again then"
	}
	return fmt.Sprintf("it could be sent only in %v, after the end of the run's time", e.in.Round(time.Millisecond))
}

func (tooLate) Unwrap() error { return context.DeadlineExceeded }

// spoken is a time as people say it, rounded to seconds, such as "1 h 30 min".
func spoken(d time.Duration) string {
	var parts []string
	d = max(d.Round(time.Second), time.Second)
	for _, unit := range []struct {
		long time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / unit.long; n > 0 {
			parts, d = append(parts, fmt.Sprintf("%d %s", n, unit.name)), d-n*unit.long
		}
	}
	return strings.Join(parts, " ")
}

// beyond is the error of a wait that the run has no time for. A long one that the vendor asks for is for runs that have a limit, and
// end before it.
func beyond(ctx context.Context, d time.Duration, asked bool) error {
	end, limited := ctx.Deadline()
	if ctx.Err() == nil && (asked && !limited && d > maxPause || limited && d >= time.Until(end)) {
		return tooLate{d, asked}
	}
	return nil
}

// pauseFor waits, if the run has the time for it.
func pauseFor(ctx context.Context, d time.Duration, asked bool) error {
	if err := beyond(ctx, d, asked); err != nil {
		return err
	}
	return sleep(ctx, d)
}

// sleep waits. It does not begin to where the context ends before, and stops when that ends.
func sleep(ctx context.Context, d time.Duration) error {
	end, limited := ctx.Deadline()
	switch {
	case ctx.Err() != nil:
		return interruption(ctx)
	case d <= 0:
		return nil
	case limited && d >= time.Until(end):
		return tooLate{in: d}
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return interruption(ctx)
	}
}

// interruption is why a context ended.
func interruption(ctx context.Context) error {
	return fmt.Errorf("stopped: %w", context.Cause(ctx))
}

// maxAsked is what a longer wait counts as, so that moments can be reckoned with it.
const maxAsked = 1000 * 24 * time.Hour

// retryAfter reads the header of that name: seconds or a date. What is past, or neither, counts as absent.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	var wait time.Duration
	seconds, _ := strconv.ParseFloat(value, 64) // infinite, where it is too large
	at, notDate := http.ParseTime(value)
	switch {
	case strings.Trim(value, "0123456789.") == "":
		wait = time.Duration(min(seconds, maxAsked.Seconds()) * float64(time.Second))
	case notDate == nil:
		wait = min(at.Sub(now), maxAsked)
	}
	return max(wait, 0)
}
