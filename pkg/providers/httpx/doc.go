// Package httpx is the one request loop that every provider's client uses.
//
// In go a request and what the vendor allows; out comes the answer's body, or an error that says what became of the
// request. Each turn waits for the rate, builds, signs, sends, reads a bounded body and classifies. It knows no vendor:
// signing, error bodies and waiting times are functions that the provider gives. It never logs, and holds secrets only to hide
// them in what vendors and transports say.
//
// The vendor's limits are kept in three ways: each has a bucket at the configured rate, whose turns a store.Limiter may share with
// other processes; a throttled answer makes the bucket wait and go slower; and retries are bought with successes.
package httpx
