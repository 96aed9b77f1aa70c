package httpx

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/entitlectl/entitlectl/pkg/provider"
)

// Request is one call to the vendor.
type Request struct {
	Method string
	Base   string // scheme, host and path prefix
	Path   string // escaped, begins with "/"
	Query  url.Values
	Body   any // encoded as JSON; nil: no body
	Header http.Header
	// Policy names the vendor's limit that the call counts against; "": one for all that reads, or one for all that writes.
	// Calls with the same limit run at the same rate, so that GET and other methods do not mix.
	Policy string
	// Repeatable says that doing it twice is documented to be the same as doing it once. GET always is.
	Repeatable bool
	// First says that it asks for the first page of a list, so that whoever watches can count lists.
	First bool
	// BeforeSend is called once, when the turn of the request has come and before it leaves; after an error of it nothing is
	// sent. Waiting for a turn takes most of a run's time: what is written down at the last moment leaves less in doubt when
	// the run is killed.
	BeforeSend func() error
}

func (r Request) reads() bool      { return r.Method == http.MethodGet }
func (r Request) repeatable() bool { return r.Repeatable || r.reads() }

func encode(body any) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return data, nil
}

// stopped is the error of a request that the run had no time for: that of its last attempt, if there was one.
func (r Request) stopped(last *Error, why error) *Error {
	if last == nil {
		return r.fail(provider.NotDone, why)
	}
	last.Stopped = why
	return last
}

// unmade is the error of an attempt that could not be made: after another one, whose end it does not change, that of the other.
func (r Request) unmade(last *Error, why error) error {
	if last == nil {
		return why
	}
	return r.stopped(last, why).failure()
}

func (r Request) fail(fate provider.Fate, err error) *Error {
	if err != nil && neverSent(err) {
		fate = provider.NotDone
	}
	return &Error{Method: r.Method, URL: r.Base + r.Path, Fate: fate, Err: err}
}
