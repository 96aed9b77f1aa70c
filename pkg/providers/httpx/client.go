package httpx

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// MaxBody bounds an answer, in bytes. The largest page of the largest list stays far below.
const MaxBody = 16 << 20

// Client sends requests to one vendor account. Its functions are the vendor's part; they must be safe for use from
// several goroutines.
type Client struct {
	Env Env
	// Prepare gets what Sign needs, before anybody is told that the request leaves; nil: it needs nothing that takes time. A try
	// has no time for it.
	Prepare func(ctx context.Context, req Request) error
	// Sign authenticates a request whose body bytes are given; it is called anew for each attempt.
	Sign func(ctx context.Context, r *http.Request, body []byte) error
	// Meaning says which status an answer of one below 300 stands for by its body; nil, or 0: its own.
	Meaning func(body []byte) int
	// Explain reads the vendor's error body into e: Code, Message, RequestID, Wait. It may change Means, Fate, Own, Alone and
	// Most. An unknown fate becomes a failed one where the status says that the vendor failed, and the vendor itself said it.
	Explain func(e *Error, header http.Header, body []byte)
	// Private says that answers hold secrets: nothing is shown of one that can't be read.
	Private bool
	// Again may ask for one more attempt after an error that is otherwise final: it says so once it has mended the cause,
	// such as a clock that is off or a token that ran out. r is the request as it was sent.
	Again func(ctx context.Context, r *http.Request, e *Error) bool
	// Secrets are what no error, event or note may show. The provider adds those that it uses.
	Secrets *Secrets

	connection string
	rates      spec.Rates
	unfit      error // why nothing can be sent at all
	limiter    limiter
	retries    retries
	http       *http.Client
	reading    chan struct{} // holds the reads in flight; nil: whoever calls bounds them

	mu      sync.Mutex
	buckets map[string]*bucket // by policy

	bodies sync.Pool // of *bytes.Buffer: see body
}

// New makes a client for a connection that keeps to the rates. A rate of zero is no limit.
func New(env Env, connection string, rates spec.Rates) *Client {
	if env.TryTimeout == 0 {
		env.TryTimeout = DefaultTryTimeout
	}
	c := &Client{
		Env: env, Secrets: new(Secrets), connection: connection, rates: rates, buckets: map[string]*bucket{}, retries: retries{left: maxRetryTokens},
		http: &http.Client{
			Transport: transport(env),
			// A signed request must not follow its answer to another host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	c.Secrets.Keep(proxyPasswords()...)
	if env.Parallelism > 0 {
		c.reading = make(chan struct{}, env.Parallelism)
	}
	if env.Transport == nil {
		c.unfit = checkProxies()
	}
	c.limiter.shared, c.limiter.local.next = env.Limiter, map[string]time.Time{}
	c.limiter.tell = func(err error) {
		if env.Observe != nil {
			env.Observe(Event{Connection: connection, Err: err})
		}
	}
	return c
}

// bucket is what the request draws from.
func (c *Client) bucket(req Request) *bucket {
	policy, rate, reserve := cmp.Or(req.Policy, "write"), c.rates.Write, c.Env.Reserve.Write
	if req.reads() {
		policy, rate, reserve = cmp.Or(req.Policy, "read"), c.rates.Read, c.Env.Reserve.Read
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.buckets[policy] == nil {
		c.buckets[policy] = newBucket(&c.limiter, c.connection+"/"+policy, rate.Interval(), reserve.Interval())
	}
	return c.buckets[policy]
}

// Do sends the request until it succeeds or is final, and decodes the answer's JSON into out; with a nil out the answer
// must be empty or JSON. When ctx ends, waiting ends; a write that is on its way is waited for, up to the try timeout. The
// error is a *provider.Failure around an *Error, but for a body that can't be encoded or a signer that fails.
func (c *Client) Do(ctx context.Context, req Request, out any) (Answer, error) {
	body, err := encode(req.Body)
	if err != nil {
		return Answer{}, err
	}
	bucket, mended := c.bucket(req), false
	var last *Error
	if c.unfit != nil {
		return Answer{}, req.fail(provider.NotDone, c.unfit).failure()
	}
	if req.reads() && c.reading != nil {
		if err := enter(ctx, c.reading); err != nil {
			return Answer{}, req.stopped(nil, err).failure()
		}
		defer func() { <-c.reading }()
	}
	for attempt := 1; ; attempt++ {
		t, err := c.try(ctx, bucket, &req, body, out, last)
		if err != nil {
			return Answer{}, err
		}
		last = t.failure
		pause, again := c.learn(ctx, bucket, req, t, attempt)
		c.observe(req, t, attempt, pause)
		switch {
		case last == nil:
			return t.answer, nil
		case again:
			if err := pauseFor(ctx, pause, last.Wait > 0); err != nil {
				return Answer{}, req.stopped(last, err).failure()
			}
		case !mended && c.Again != nil && c.Again(ctx, t.sent, last):
			mended = true
		default:
			return Answer{}, last.failure()
		}
	}
}

// learn takes in what an attempt says of the vendor, and says whether the request is to be sent again and how long to wait
// before. A throttled answer slows down all that draw from the bucket.
func (c *Client) learn(ctx context.Context, b *bucket, req Request, t try, attempt int) (time.Duration, bool) {
	if t.failure == nil {
		b.succeeded()
		c.retries.earn()
		return 0, false
	}
	t.failure.Attempts = attempt
	pause, again := retryDelay(req, t.failure, attempt)
	if throttled(t.failure) {
		b.throttled(ctx, t.begun, pause)
	}
	if again { // said before it is told that the request will be sent again
		t.failure.Stopped = beyond(ctx, pause, t.failure.Wait > 0)
		again = t.failure.Stopped == nil
	}
	if again && !c.retries.spend(t.failure) {
		t.failure.Stopped, again = errNoRetries, false
	}
	if !again {
		return 0, false
	}
	return pause, true
}

// try is one attempt, and what became of it: answer where failure is nil.
type try struct {
	sent    *http.Request
	begun   time.Time
	took    time.Duration
	answer  Answer
	failure *Error
}

// try sends the request once, in a turn of its own, after an attempt that failed or nil. The error is of one that was not sent.
func (c *Client) try(ctx context.Context, b *bucket, req *Request, body []byte, out any, last *Error) (try, error) {
	for missed := 0; ; {
		turn, err := b.wait(ctx, &missed)
		if err != nil {
			return try{}, req.stopped(last, err).failure()
		}
		if c.Prepare != nil {
			if err := c.Prepare(ctx, *req); err != nil {
				return try{}, req.unmade(last, err)
			}
		}
		if req.BeforeSend != nil {
			if err := req.BeforeSend(); err != nil {
				return try{}, req.fail(provider.NotDone, err).failure()
			}
			req.BeforeSend = nil
		}
		r, err := c.build(ctx, *req, body)
		if err != nil {
			return try{}, req.unmade(last, hidden(err, c.Secrets.known()))
		}
		if b.holds(&turn, &missed) { // what was done since may have taken its time
			return c.begin(ctx, r, *req, out), nil
		}
	}
}

// begin sends a request in its turn.
func (c *Client) begin(run context.Context, r *http.Request, req Request, out any) try {
	ctx := run
	if !req.reads() { // a write in flight is not cut off: its fate would be unknown
		ctx = context.WithoutCancel(run)
	}
	ctx, cancel := context.WithTimeout(ctx, c.Env.TryTimeout)
	defer cancel()
	t := try{sent: r.WithContext(ctx), begun: time.Now()}
	t.answer, t.failure = c.send(t.sent, req, out)
	t.took = time.Since(t.begun)
	if t.failure != nil && req.reads() && run.Err() != nil {
		t.failure.Err = interruption(run)
	}
	if t.failure != nil {
		c.hide(t.failure, t.sent)
	}
	return t
}

func (c *Client) build(ctx context.Context, req Request, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, req.Method, req.Base+req.Path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", req.Method, req.Path, err)
	}
	r.URL.RawQuery = strings.ReplaceAll(req.Query.Encode(), "+", "%20") // a literal plus is %2B by now
	for name, values := range req.Header {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", "application/json")
	if c.Env.UserAgent != "" {
		r.Header.Set("User-Agent", c.Env.UserAgent)
	}
	if c.Sign != nil {
		if err := c.Sign(ctx, r, body); err != nil {
			return nil, fmt.Errorf("sign %s %s: %w", req.Method, req.Path, err)
		}
	}
	return r, nil
}

// send sends a request and reads its answer into out. Whatever goes wrong, the answer has the status and the header that came.
func (c *Client) send(r *http.Request, req Request, out any) (Answer, *Error) {
	resp, err := c.http.Do(r)
	if err != nil {
		return Answer{}, req.fail(provider.Unknown, plain(err, c.Env.TryTimeout))
	}
	if c.Env.Answered != nil {
		c.Env.Answered(r, resp)
	}
	body := c.body()
	defer c.bodies.Put(body)
	_, err = body.ReadFrom(io.LimitReader(resp.Body, MaxBody+1))
	data := body.Bytes()
	closeErr := resp.Body.Close()
	answer := Answer{resp.StatusCode, resp.Header}
	failure := req.fail(provider.Unknown, nil)
	failure.Status = resp.StatusCode
	came, repeated := resp.StatusCode < 300 && err == nil, ""
	read := came && len(data) <= MaxBody && c.Meaning == nil && Scan(data, out)
	if came && !read && (c.Meaning != nil || out != nil) {
		repeated = duplicateKey(data)
	}
	if came && c.Meaning != nil && repeated == "" {
		failure.Means = c.Meaning(data)
	}
	switch {
	case failure.Meaning() >= 300:
		c.explain(failure, r, resp.Header, data)
		return answer, failure
	case err != nil:
		failure.Err = fmt.Errorf("the answer was cut off: %w", plain(err, c.Env.TryTimeout))
	case closeErr != nil:
		failure.Err = closeErr
	case len(data) > MaxBody:
		failure.Err = fmt.Errorf("the answer is larger than %d MiB", MaxBody>>20)
	case !read:
		failure.Err = c.decode(r, data, repeated, out)
	}
	if failure.Err != nil {
		return answer, failure
	}
	return answer, nil
}

func (c *Client) observe(req Request, t try, attempt int, pause time.Duration) {
	if c.Env.Observe == nil {
		return
	}
	e := Event{Connection: c.connection, Method: req.Method, Path: c.Secrets.Redact(req.Path), First: req.First, Status: t.answer.Status, Took: t.took, Attempt: attempt, Wait: pause}
	if t.failure != nil {
		e.Err, e.Status, e.RequestID = t.failure, t.failure.Status, t.failure.RequestID
	}
	c.Env.Observe(e)
}
