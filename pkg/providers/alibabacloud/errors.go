package alibabacloud

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
)

// A mail that was refused for coming too soon is asked for once more, after a short pause, and then left to a later run: the
// vendor says neither how many it sends nor in what time.
const (
	mailPause = 10 * time.Second
	mailTries = 2
)

// explain reads error bodies. It gives a meaning that httpx knows to what the vendor spreads over 400, 404 and 409: 429 to
// what goes through later, 401 to what no further call would fare better with.
func (a *api) explain(e *httpx.Error, header http.Header, body []byte) {
	var f failure
	if json.Unmarshal(body, &f) != nil {
		return
	}
	e.Code, e.Message, e.RequestID = f.Code, f.Message, f.RequestID
	e.Own = e.Code != "" && e.Status == http.StatusInternalServerError // the gateway words its own failures alike, under 502 to 504
	switch {
	case e.Code == codeFrequency:
		e.Means, e.Alone, e.Most, e.Wait = http.StatusTooManyRequests, true, mailTries, max(e.Wait, mailPause)
	case e.Code == codeConcurrent, strings.HasPrefix(e.Code, "Throttling"), strings.HasSuffix(e.Code, ".Throttling"):
		e.Means, e.Fate, e.Wait = http.StatusTooManyRequests, provider.NotDone, max(e.Wait, timeLeft(header))
	case aboutCredentials(e.Code):
		e.Means = http.StatusUnauthorized
	case e.Code == codeNonceUsed: // we never use one twice: something on the way sent the request twice
		e.Fate = provider.Unknown
	case e.Code == codeLate:
		a.correctClock(header)
	}
}

func aboutCredentials(code string) bool {
	for _, prefix := range []string{"SignatureDoesNotMatch", "IncompleteSignature", "InvalidAccessKeyId", "InvalidSecurityToken"} {
		if strings.HasPrefix(code, prefix) {
			return true
		}
	}
	return false
}

// correctClock takes over the vendor's clock from an answer to a date that is more than 15 minutes off.
func (a *api) correctClock(header http.Header) {
	if at, err := http.ParseTime(header.Get("Date")); err == nil {
		a.skew.Store(int64(time.Until(at)))
	}
}

// clockCorrected lets a request be signed once more after explain has corrected the clock.
func clockCorrected(_ context.Context, _ *http.Request, e *httpx.Error) bool {
	return e.Code == codeLate
}

// rateLimit is a part of the headers that go with throttling (SDK: darabonba-openapi, utils). Its unit is not documented;
// milliseconds fit the samples.
var rateLimit = regexp.MustCompile(`TimeLeft:(\d{1,9})\b`)

func timeLeft(header http.Header) time.Duration {
	var left time.Duration
	for _, name := range []string{"X-Ratelimit-User-Api", "X-Ratelimit-User"} {
		if m := rateLimit.FindStringSubmatch(header.Get(name)); m != nil {
			ms, _ := strconv.Atoi(m[1]) // nine digits fit
			left = max(left, time.Duration(ms)*time.Millisecond)
		}
	}
	return left
}
