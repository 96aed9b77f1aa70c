package huaweicloudemu

import (
	"net/http"
	"time"
)

func (o *Options) perMinute(method string) int {
	if method == http.MethodGet {
		return o.ReadsPerMinute
	}
	return o.WritesPerMinute
}

// buckets hold what is left of each quota.
type buckets map[string]*bucket

type bucket struct {
	left float64
	at   time.Time
}

// take draws one call from a bucket. A bucket holds the calls of one minute and fills evenly.
func (b buckets) take(policy string, perMinute int, now time.Time) bool {
	k := b[policy]
	if k == nil {
		k = &bucket{left: float64(perMinute), at: now}
		b[policy] = k
	}
	k.left = min(float64(perMinute), k.left+now.Sub(k.at).Minutes()*float64(perMinute))
	k.at = now
	if k.left < 1 {
		return false
	}
	k.left--
	return true
}
