package provider

import (
	"context"
	"errors"
	"fmt"
)

// Fate is how a call ended, as far as that is known without reading live state.
type Fate int

// The fates. The zero value is the one after which nothing may be assumed.
const (
	Unknown  Fate = iota // no usable answer: it may have been done, now or later
	Failed               // the vendor itself called it failed: most likely not done
	NotDone              // surely not done: it was refused, or never reached the vendor
	Accepted             // the vendor took it, which does not mean that it did it
)

// Failure is a call that did not succeed, and what follows from that.
type Failure struct {
	Fate Fate
	// OneRow says that the refusal may be about one of the things that the call lists, so that smaller calls may fare better.
	OneRow bool
	// Unauthorized says that the vendor does not accept who we are; no other call would fare better.
	Unauthorized bool
	// OutOfTime says that the run was interrupted, or has no time left for the call or for sending it again.
	OutOfTime bool
	// Asked says how long the vendor asks to wait, in words, where that is why the run has no time left; "": it is not.
	Asked string
	// Status, Code and RequestID are the vendor's own: the HTTP status of its answer, its code of the error, and its name for the
	// request. What it did not say is blank; without an answer Status is 0.
	Status          int
	Code, RequestID string
	// Err is what was wrong.
	Err error
}

func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap gives what was wrong.
func (f *Failure) Unwrap() error { return f.Err }

// FailureOf says what is known of a call that ended with err: of nil that the vendor accepted it, and of an error without a
// Failure nothing but whether the run's time was over.
func FailureOf(err error) Failure {
	if err == nil {
		return Failure{Fate: Accepted}
	}
	f := Failure{}
	if known := (*Failure)(nil); errors.As(err, &known) {
		f = *known
	}
	f.Err = err
	f.OutOfTime = f.OutOfTime || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	return f
}

// Refuse makes the error of a call that was surely not done, as fmt.Errorf does. What else an error that it wraps says still
// holds.
func Refuse(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	f := FailureOf(err)
	f.Fate, f.Err = NotDone, err
	return &f
}

// Bug is a refusal of ours, before anything was sent, of a call that Pack does not make or of what a read should have shown.
func Bug(format string, args ...any) error {
	return Refuse("%w; nothing was sent; plan again, and report it if it comes back", fmt.Errorf(format, args...))
}
