package httpx

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Limits of patience. A throttled request is tried longest, since it was surely not done and will surely go through.
const (
	maxAttempts          = 4
	maxThrottledAttempts = 10
	maxTimeouts          = 2 // a server that says nothing once may be slow; twice, it is dead
	firstPause           = 500 * time.Millisecond
	throttledPause       = 2 * time.Second // the vendor's own advice is 2 to 5 s
	maxPause             = 5 * time.Minute // beyond it a Retry-After is taken for a mistake
)

// backoff says whether the request is to be sent again, and how long to wait before. Only what is safe to repeat is: what
// was surely throttled at the gateway, and after any other fault what is documented to be repeatable.
func backoff(req Request, failure *Error, attempt int) (time.Duration, bool) {
	limit := maxAttempts
	pause := firstPause << min(attempt-1, 6)
	switch {
	case errors.Is(failure.Err, context.Canceled):
		return 0, false
	case failure.Status == http.StatusTooManyRequests:
		limit, pause = maxThrottledAttempts, throttledPause<<min(attempt-1, 5)
	case failure.Fate == FateNotDone && failure.Status != 0: // refused: the same request gets the same answer
		return 0, false
	case failure.Fate == FateNotDone: // not sent
	case !req.repeatable():
		return 0, false
	case errors.Is(failure.Err, context.DeadlineExceeded):
		limit = maxTimeouts
	}
	if failure.Wait > 0 {
		pause = min(failure.Wait, maxPause)
	}
	return pause, attempt < limit
}

// sleep waits, or returns the context's error when that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryAfter reads the header of that name: seconds or a date. What is past or absurd counts as absent.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	var wait time.Duration
	if seconds, err := strconv.Atoi(value); err == nil && seconds <= int(maxPause/time.Second) {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	if wait > maxPause {
		return 0
	}
	return max(wait, 0)
}

// excerpt is the first line's worth of a body that is not the vendor's, fit to be printed.
func excerpt(body []byte) string {
	const most = 120
	text := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(string(body), "?"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
