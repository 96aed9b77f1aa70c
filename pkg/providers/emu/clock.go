package emu

import (
	"math"
	"sync/atomic"
	"time"
)

// Clock is the emulator's clock: the host's, plus what it was advanced by. In a testing/synctest bubble the host's clock is
// the bubble's. The zero value is ready; it may be used concurrently.
type Clock struct{ ahead atomic.Int64 }

// Now is the emulator's time, in UTC.
func (c *Clock) Now() time.Time {
	return time.Now().UTC().Add(time.Duration(c.ahead.Load()))
}

// Advance moves the clock forward. It never goes back (d below zero does nothing), nor more than 292 years ahead of the host.
func (c *Clock) Advance(d time.Duration) {
	for d > 0 {
		old := c.ahead.Load()
		next := old + int64(d)
		if next < old {
			next = math.MaxInt64
		}
		if c.ahead.CompareAndSwap(old, next) {
			return
		}
	}
}
