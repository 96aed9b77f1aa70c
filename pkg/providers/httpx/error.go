package httpx

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
)

// Error is a request that did not succeed. What follows from it is in the provider.Failure around it.
type Error struct {
	Method    string
	URL       string // scheme, host and path; no query
	Status    int    // the vendor's own; 0: no answer
	Means     int    // the status that the answer stands for, where that is another
	Code      string // the vendor's error code
	Message   string
	RequestID string
	Fate      provider.Fate
	Wait      time.Duration // how long the vendor asks to wait; 0: it does not say
	Attempts  int
	Err       error // why there was no usable answer; nil when the vendor answered with an error
	// Own says that the vendor's own service answered, and not what stands before it, whose failures tell nothing of the vendor.
	Own bool
	// Most is how often the request may be sent at most, where the vendor's answer is better left to a later run; 0: as often as
	// others.
	Most int
	// Alone says of a throttled request that it is about what the request names, so that others may go on.
	Alone   bool
	Stopped error // why it was not sent again where the vendor's answer is no reason; nil: it is one
}

// Error is method, URL, status, code, message and request id, as far as they are known.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: ", e.Method, e.URL)
	switch {
	case e.Status != 0 && e.Err != nil:
		fmt.Fprintf(&b, "http %d: %v", e.Status, e.Err)
	case e.Status != 0:
		fmt.Fprintf(&b, "http %d", e.Status)
	default:
		fmt.Fprintf(&b, "%v", e.Err)
	}
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, ", after %d attempts", e.Attempts)
	}
	if e.Stopped != nil {
		fmt.Fprintf(&b, "; %v", e.Stopped)
	}
	return b.String()
}

// Mended says whether what an answer was refused for is mended, and why not where it could not be.
func (e *Error) Mended(err error) bool {
	if err != nil {
		e.Stopped = err
	}
	return err == nil
}

// Unwrap gives the cause of a missing answer.
func (e *Error) Unwrap() error { return e.Err }

// oneRow are the statuses of a refusal that may be about one of the things that a request lists.
var oneRow = []int{http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity}

// failure says what follows from the error.
func (e *Error) failure() *provider.Failure {
	var late tooLate
	outOfTime, asked := errors.As(e.Err, &late) || errors.As(e.Stopped, &late), ""
	if late.asked {
		outOfTime, asked = !e.Alone, late.Error()
	}
	return &provider.Failure{Fate: e.Fate, OneRow: e.Fate == provider.NotDone && slices.Contains(oneRow, e.Meaning()),
		Unauthorized: e.Meaning() == http.StatusUnauthorized, OutOfTime: outOfTime, Asked: asked,
		Status: e.Status, Code: e.Code, RequestID: e.RequestID, Err: e}
}

// Meaning is the status that the answer stands for, by which it is met.
func (e *Error) Meaning() int { return cmp.Or(e.Means, e.Status) }

// Status is the status that the answer behind err stands for, or 0.
func Status(err error) int {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Meaning()
	}
	return 0
}

// Code is the vendor's error code behind err, or "".
func Code(err error) string {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// neverSent recognises errors that come before the first byte of a request leaves.
func neverSent(err error) bool {
	var dial *net.OpError
	var dns *net.DNSError
	return errors.As(err, &dns) || errors.As(err, &dial) && dial.Op == "dial" || distrusted(err)
}

// distrusted recognises a server that did not prove who it is. It will not the next time.
func distrusted(err error) bool {
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &certificate) || errors.Is(err, http.ErrSchemeMismatch)
}

// plain replaces the words that people do not know by ones that they do.
func plain(err error, timeout time.Duration) error {
	if u := (*url.Error)(nil); errors.As(err, &u) { // the URL is in our own error already, and its query may be long
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %v: %w", timeout, context.DeadlineExceeded)
	}
	return err
}

// explain classifies an answer that is an error: below 500 the request was refused, from 500 on the vendor failed, or what stands
// before it did. Which of several values of one name the vendor means nobody knows, so such a body is not read.
func (c *Client) explain(failure *Error, r *http.Request, header http.Header, body []byte) {
	if failure.Meaning() < 500 && failure.Meaning() != http.StatusRequestTimeout {
		failure.Fate = provider.NotDone
	}
	failure.Wait = retryAfter(header, time.Now())
	if c.Explain != nil && duplicateKey(body) == "" {
		c.Explain(failure, header, body)
	}
	if failure.Fate == provider.Unknown && failure.Meaning() >= 500 && failure.Own {
		failure.Fate = provider.Failed
	}
	if failure.Code == "" && failure.Message == "" {
		failure.Message = c.excerpt(r, body)
	}
}
