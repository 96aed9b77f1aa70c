package alibabacloudemu

import (
	"fmt"
	"time"
)

func (o *Options) perSecond(a *route) int {
	if a == nil || a.perSecond == 0 {
		return o.PerSecond
	}
	return a.perSecond
}

// windows count calls by the second, for each action and version.
type windows map[name]*window

type window struct {
	begin time.Time
	calls int
}

// take counts a call. If that is one too many, it returns how long the second still lasts.
func (ws windows) take(n name, limit int, now time.Time) time.Duration {
	w := ws[n]
	if w == nil || now.Sub(w.begin) >= time.Second {
		w = &window{begin: now}
		ws[n] = w
	}
	if w.calls >= limit {
		return w.begin.Add(time.Second).Sub(now)
	}
	w.calls++
	return 0
}

// rateLimit writes the header that goes with throttling; its times are in milliseconds.
func rateLimit(limit int, left time.Duration) string {
	ms := max(left.Milliseconds(), 1)
	return fmt.Sprintf("Limit:%d,Remain:0,TimeLeft:%d,Reset:%d", limit, ms, ms)
}
