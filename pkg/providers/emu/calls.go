package emu

import (
	"sync"
	"time"
)

// Call is one request that was served, or refused.
type Call struct {
	Time   time.Time `json:"time"` // of arrival, by the emulator's clock
	Method string    `json:"method"`
	Path   string    `json:"path"` // as the vendor names it; see [Vendor.Claim]
	Query  string    `json:"query,omitempty"`
	Status int       `json:"status"`          // of the answer, sent or not; 0 while there is none
	Bytes  int       `json:"bytes"`           // of the answer's body that were sent
	Fault  FaultKind `json:"fault,omitempty"` // what spoiled it
}

// callLog keeps calls in the order they arrived.
type callLog struct {
	mu    sync.Mutex
	calls []*Call
}

func (l *callLog) add(c *Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, c)
}

func (l *callLog) finish(c *Call, status, bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.Status, c.Bytes = status, bytes
}

func (l *callLog) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = nil
}

func (l *callLog) list() []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Call, len(l.calls))
	for i, c := range l.calls {
		out[i] = *c
	}
	return out
}
