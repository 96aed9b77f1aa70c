package httpx

import (
	"net/http"
	"time"

	"github.com/entitlectl/entitlectl/pkg/spec"
	"github.com/entitlectl/entitlectl/pkg/store"
)

// Env is what a provider's client takes from the process around it.
type Env struct {
	Transport  http.RoundTripper // nil: the network
	UserAgent  string
	TryTimeout time.Duration // for one request and its answer; 0: DefaultTryTimeout
	Observe    func(Event)   // nil: nobody watches
	// Answered is called when the head of an answer has come, for whoever looks at dates and certificates; nil: nobody does.
	Answered func(*http.Request, *http.Response)
	KV       store.KV      // nil: nothing outlives the run; providers begin their keys with their connection's name
	Limiter  store.Limiter // nil: rates are kept for this run alone
	// Parallelism is how many reads may be in flight at a time. Providers ask for as many side by side; 0: for one after the other.
	Parallelism int
	// Reserve is at which rates turns of Limiter are taken; of zero: at those of the client. A client that is to be slower than
	// others makes a pause of its own, and takes no turn of theirs for it.
	Reserve spec.Rates
}

// DefaultTryTimeout is above the 30 s after which the vendors' gateways give up on their own backends.
const DefaultTryTimeout = 35 * time.Second

// transport is the way to the vendor. One of its own keeps as many connections open as there are reads in flight.
func transport(env Env) http.RoundTripper {
	network, ok := http.DefaultTransport.(*http.Transport)
	if env.Transport != nil || !ok {
		return env.Transport
	}
	network = network.Clone()
	network.ReadBufferSize = 32 << 10 // a page, or most of one, in one go
	network.MaxIdleConnsPerHost = max(http.DefaultMaxIdleConnsPerHost, env.Parallelism)
	return network
}

// Direct is the environment of a client that asks a service on this very machine, which needs little time: no proxy is asked, which
// would see what that gives, or answer for its own machine.
func (e Env) Direct(patience time.Duration) Env {
	e.TryTimeout = patience
	if base, ok := http.DefaultTransport.(*http.Transport); ok && e.Transport == nil {
		own := base.Clone()
		own.Proxy = nil
		e.Transport = own
	}
	return e
}

// Event is one request as it went over the wire. It holds no header and no body, so nothing secret. One without a Method is
// no request: Err says what went wrong beside them, once.
type Event struct {
	Connection string
	Method     string
	Path       string
	First      bool // it asked for the first page of a list
	Status     int  // 0: no answer
	Took       time.Duration
	Attempt    int           // from 1
	Wait       time.Duration // before the next attempt; 0: there is none
	RequestID  string
	Err        error
}
