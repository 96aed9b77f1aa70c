package httpx

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// maxTokens bounds the tokens that are looked for. A run uses one at a time, for hours; a vendor that takes none may hand out
// as many as there are requests.
const maxTokens = 16

// Secrets are the secrets in use. It hides them in what may leave as text: vendors echo what they were sent, and show tokens
// that they give. It grows as tokens come, and is safe for use from several goroutines.
type Secrets struct {
	mu     sync.Mutex
	fixed  []string
	tokens []string // the newest last
	finder *finder  // of all of them; nil: to be made anew
}

// Keep adds secrets that are looked for from now on.
func (s *Secrets) Keep(secrets ...spec.Secret) { s.add(&s.fixed, secrets) }

// KeepToken adds secrets of which only the newest are looked for.
func (s *Secrets) KeepToken(tokens ...spec.Secret) { s.add(&s.tokens, tokens) }

func (s *Secrets) add(to *[]string, secrets []spec.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range secrets {
		text := secret.Reveal()
		if len(text) < minSecret {
			continue
		}
		if at := slices.Index(*to, text); at >= 0 { // it becomes the newest
			*to = slices.Delete(*to, at, at+1)
		} else {
			s.finder = nil
		}
		*to = append(*to, text)
	}
	s.tokens = s.tokens[max(0, len(s.tokens)-maxTokens):]
}

// Redact replaces by [redacted] whatever shows a secret, wherever the text was cut. See find for what that is.
func (s *Secrets) Redact(text string) string { return redact(text, s.known()) }

func (s *Secrets) known() *finder {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finder == nil {
		s.finder = newFinder(slices.Concat(s.fixed, s.tokens))
	}
	return s.finder
}

func redact(text string, finders ...*finder) string {
	var spans []span
	for _, f := range finders {
		spans = union(spans, f.find(text, escapedMost))
	}
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, s := range spans {
		b.WriteString(text[at:s.from] + spec.Secret{}.String())
		at = s.to
	}
	b.WriteString(text[at:])
	return b.String()
}

// finders are for the secrets in use and the signature of the request itself. A bearer token is both, and long.
func (c *Client) finders(r *http.Request) []*finder {
	known := c.Secrets.known()
	return []*finder{known, newFinder(slices.DeleteFunc(signatures(r.Header), known.hides))}
}

// hide takes the secrets out of all that the error of a request shows.
func (c *Client) hide(e *Error, r *http.Request) {
	finders := c.finders(r)
	for _, text := range []*string{&e.URL, &e.Code, &e.Message, &e.RequestID} {
		*text = redact(*text, finders...)
	}
	e.Err = hidden(e.Err, finders...)
}

// redactedError has the text of another error without its secrets.
type redactedError struct {
	error
	text string
}

func (e redactedError) Error() string { return e.text }
func (e redactedError) Unwrap() error { return e.error }

// hidden is an error that shows no secrets. What is asked of it with errors.Is and errors.As stays as it was.
func hidden(err error, finders ...*finder) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if shown := redact(text, finders...); shown != text {
		return redactedError{err, shown}
	}
	return err
}

// signatures are what authenticates just this request: the last part of each Authorization header. What stands before names
// the scheme and the headers that are signed, which a vendor's error may well show.
func signatures(header http.Header) []string {
	var found []string
	for name := range header {
		if strings.HasSuffix(name, "Authorization") {
			value := strings.TrimRight(header.Get(name), "=")
			found = append(found, value[strings.LastIndexAny(value, " =:")+1:])
		}
	}
	return found
}
