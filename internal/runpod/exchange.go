package runpod

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// call is one use of an operation: what to send, how to read the reply, and
// what became of the attempts so far.
type call struct {
	client   *Client
	op       Operation
	endpoint string
	jobID    string
	path     []string // below the endpoint
	query    url.Values
	body     []byte
	hold     time.Duration // how long the server may hold the request
	secrets  *redactor     // of this call, nil when there are none
	decode   func(body []byte) error

	attempts  int
	started   time.Time
	connected atomic.Bool // the current attempt had a connection to write to
	written   atomic.Bool // and it may have been written to its end
	err       *Error
}

type callKey struct{}

// do sends the request, again where the operation's policy allows it, and
// decodes the reply. Every error it returns is an *Error.
func (c *Client) do(ctx context.Context, k *call) error {
	k.client = c
	for _, id := range append([]string{k.endpoint}, k.ids()...) {
		if err := CheckID(id); err != nil {
			return &Error{Operation: k.op, EndpointID: k.endpoint, JobID: k.jobID, Reason: ReasonRefused, Message: err.Error(), Err: err}
		}
	}
	target := c.base.JoinPath(append([]string{k.endpoint}, k.path...)...)
	target.RawQuery = k.query.Encode()

	ctx = context.WithValue(ctx, callKey{}, k)
	var body any
	if k.body != nil {
		body = k.body
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, policies[k.op].method, target.String(), body)
	if err != nil {
		return k.fail(ReasonTransport, err)
	}
	for name, value := range c.headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("Authorization", c.authorization)
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Accept", "application/json")
	if k.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.SetResponseHandler(k.read)

	resp, err := c.http.Do(req)
	if resp != nil {
		_ = resp.Body.Close() // read already; closing twice is harmless
	}
	switch {
	case k.err != nil:
		k.err.Attempts = k.attempts
		if cause := context.Cause(ctx); cause != nil && k.err.Reason != ReasonInterrupted && err != nil {
			// The context ended during the pause before another attempt; the
			// last failure says more than "interrupted".
			k.err.Err = errors.Join(k.err.Err, cause)
		}
		return k.err
	case err != nil:
		return k.fail(ReasonInterrupted, err)
	}
	return nil
}

// ids are the parts of the path that come from outside.
func (k *call) ids() []string {
	if len(k.path) < 2 {
		return nil // an operation on the endpoint itself
	}
	return []string{k.jobID}
}

// fail records and returns an error of the current attempt.
func (k *call) fail(reason Reason, err error) *Error {
	k.err = &Error{
		Operation: k.op, EndpointID: k.endpoint, JobID: k.jobID,
		Reason: reason, Attempts: k.attempts, Err: err,
	}
	return k.err
}

// hint adds the address hint to an error that a wrong address can cause.
func (k *call) hint() {
	switch e := k.err; e.Reason {
	case ReasonTransport, ReasonTimeout, ReasonInvalidReply:
		e.AddressHint = k.client.addressHint
	case ReasonStatus:
		if IsUnauthorized(e) || IsEndpointNotFound(e) || (IsNotFound(e) && e.JobID == "") {
			e.AddressHint = k.client.addressHint
		}
	}
}

// read takes the reply of one attempt: it decodes a success, and turns
// everything else into k.err. It returns an error only where another attempt
// may be made, which is what retryablehttp asks of it.
func (k *call) read(resp *http.Response) error {
	defer resp.Body.Close()
	k.err = nil
	limit := policies[k.op].maxBody
	body, readErr := readBody(resp, limit)
	switch {
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		e := k.fail(ReasonStatus, nil)
		e.StatusCode = resp.StatusCode
		e.Message = k.words(body)
		e.foreign = !isObject(body)
		e.RetryAfter = retryAfter(resp.Header)
		if resp.StatusCode >= 300 && resp.StatusCode < 400 {
			e.Message = "the server redirects to another address; a redirect is not followed, because it would carry the API key there. Check base_url"
		}
		// A job that /runsync waited for and that was purged meanwhile was accepted.
		e.Unknown = resp.StatusCode >= 500 || k.op == OpRunSync && IsJobNotFound(e)
	case readErr != nil:
		k.fail(k.reasonOf(resp.Request.Context(), readErr), fmt.Errorf("the reply was cut off: %w", stripURL(readErr))).Unknown = true
		if k.err.Reason == ReasonTransport {
			k.err.Reason = ReasonInvalidReply
		}
	case int64(len(body)) > limit:
		e := k.fail(ReasonTooLarge, nil)
		e.Message = fmt.Sprintf("more than %d MiB", limit/mib)
		e.Unknown = true
	default:
		if err := k.decode(body); err != nil {
			k.rejectReply(err, body)
		}
	}
	if k.err != nil {
		k.err.StatusCode = resp.StatusCode
		k.hint()
	}
	k.report(resp.Request.Context())
	if k.err == nil || !k.mayRepeat() {
		return nil
	}
	return k.err
}

// words are the server's words without the secrets of the client and of the call.
func (k *call) words(text []byte) string { return words(text, k.client.secrets, k.secrets) }

// readBody reads at most one byte more than limit. A body whose length the
// server told is read into its place; one of unknown length is put together.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	body := io.LimitReader(resp.Body, limit+1)
	if resp.ContentLength <= 0 || resp.ContentLength > limit {
		return io.ReadAll(body)
	}
	var b bytes.Buffer
	b.Grow(int(resp.ContentLength) + bytes.MinRead) // room in which to find the end
	_, err := b.ReadFrom(body)
	return b.Bytes(), err
}

// refusal is a reply of HTTP 200 that says in words that nothing was done.
type refusal struct{ message string }

func (r *refusal) Error() string { return r.message }

// rejectReply records a reply of HTTP 200 that is not what the operation returns.
func (k *call) rejectReply(err error, body []byte) {
	var refused *refusal
	if errors.As(err, &refused) && policies[k.op].repeat != repeatFreely {
		k.fail(ReasonRefused, nil).Message = k.words([]byte(refused.message))
		return
	}
	e := k.fail(ReasonInvalidReply, err)
	e.Unknown = true
	switch damaged := len(body) > 0 && (body[0] == '{' || body[0] == '['); {
	case json.Valid(body) && refused != nil:
		e.Message = "an error instead of a result: " + k.words(body)
	case json.Valid(body):
		e.Message = k.words([]byte(err.Error()))
	case damaged:
		e.Message = "the JSON is cut off or damaged" // an excerpt could hold part of an output
	default:
		e.Message = "it is not JSON: " + k.words(body)
	}
}

// checkRetry is asked by retryablehttp after each attempt: first with the
// outcome of the exchange, then with what read said.
func checkRetry(ctx context.Context, _ *http.Response, err error) (bool, error) {
	if err == nil {
		return false, nil // the reply is read next
	}
	k, _ := ctx.Value(callKey{}).(*call)
	if k == nil {
		return false, err
	}
	var e *Error
	if !errors.As(err, &e) { // the exchange failed before there was a reply
		if k.notSent(err) {
			k.connected.Store(false)
		}
		e = k.fail(k.reasonOf(ctx, err), stripURL(err))
		e.Unknown = k.connected.Load()
		k.hint()
		k.report(ctx)
	}
	// An error that is not to be repeated is found in k.err.
	return ctx.Err() == nil && k.mayRepeat(), nil
}

// reasonOf tells an interrupt by the caller from a request that took too long.
func (k *call) reasonOf(ctx context.Context, err error) Reason { //nolint:contextcheck // the caller's context is looked up on purpose
	if parent, ok := ctx.Value(exchangeParent{}).(context.Context); ok {
		ctx = parent
	}
	var timeout interface{ Timeout() bool }
	switch {
	case ctx.Err() != nil:
		return ReasonInterrupted
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return ReasonTimeout
	default:
		return ReasonTransport
	}
}

// maxRetryAfter is the longest that the client waits because the API says so;
// past it the error tells the user, who can decide better.
const maxRetryAfter = 5 * time.Minute

// mayRepeat applies the operation's policy to the last attempt's error.
func (k *call) mayRepeat() bool {
	e := k.err
	if e.Reason == ReasonInterrupted || e.RetryAfter > maxRetryAfter {
		return false
	}
	if status, refused := ProxyStatus(e); isCertificateError(e.Err) || refused && !transientStatus(status) {
		return false // it will not mend itself
	}
	if !k.connected.Load() || e.StatusCode == http.StatusTooManyRequests {
		return true // nothing was accepted
	}
	switch policies[k.op].repeat {
	case repeatFreely:
		return IsTransient(e)
	case repeatIfAnswered:
		return e.Reason == ReasonStatus && transientStatus(e.StatusCode)
	default:
		return false
	}
}

func (k *call) report(ctx context.Context) {
	event := Event{
		Operation: k.op, EndpointID: k.endpoint, JobID: k.jobID, Attempt: k.attempts,
	}
	if k.attempts > 0 { // else it ended before anything was sent
		event.Duration = time.Since(k.started)
	}
	if k.err != nil {
		event.Err, event.StatusCode = k.err, k.err.StatusCode
	} else {
		event.StatusCode = http.StatusOK
	}
	k.client.onEvent(ctx, event)
}

// stripURL removes net/http's wrapping, which repeats the address.
func stripURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// exchangeParent is the key of the context whose end is an interrupt.
type exchangeParent struct{}

// exchangeTransport makes one exchange: it waits for a place within the limits,
// then gives the request its timeout, so that waiting for a place is not
// counted as a slow server.
type exchangeTransport struct {
	base   http.RoundTripper
	limits *limiter
	gate   *dialGate
}

// RoundTrip implements http.RoundTripper.
func (t *exchangeTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	parent := req.Context()
	k, ok := parent.Value(callKey{}).(*call)
	if !ok {
		return nil, errors.New("runpod: a request from outside the client")
	}
	k.connected.Store(false)
	release, err := t.limits.acquire(parent, k.endpoint, policies[k.op].bucket, k.hold > 0)
	if err != nil {
		return nil, err
	}
	if err := parent.Err(); err != nil {
		release()
		return nil, err // nothing is begun after an interrupt
	}
	k.attempts++
	k.started = time.Now()
	if policies[k.op].repeat == repeatIfRefused {
		graced, stop := WithGracePeriod(parent, InterruptGrace)
		free := release
		parent, release = graced, func() { stop(); free() }
	}
	ctx, cancel := context.WithTimeout(context.WithValue(parent, exchangeParent{}, parent), k.client.requestTimeout+k.hold)
	leave := t.gate.enter()
	done := sync.OnceFunc(func() { cancel(); leave(); release() })

	seeker := newSeeker()
	ctx = context.WithValue(ctx, seekerKey{}, seeker)
	ctx = httptrace.WithClientTrace(ctx, seeker.trace())
	ctx = httptrace.WithClientTrace(ctx, k.traceDelivery())
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		seeker.end()
		done()
		return nil, err
	}
	k.connected.Store(true) // also for transports that do not trace
	resp.Request = req.WithContext(ctx)
	resp.Body = &releasingBody{resp.Body, done}
	return resp, nil
}

// releasingBody gives the place back when the reply is done with.
type releasingBody struct {
	io.ReadCloser
	done func()
}

// Close implements io.Closer.
func (b *releasingBody) Close() error {
	err := b.ReadCloser.Close()
	b.done()
	return err
}

// compact removes insignificant white space, as the API counts the bytes of a body.
func compact(raw json.RawMessage) (json.RawMessage, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
