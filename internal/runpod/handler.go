package runpod

import (
	"context"
	"io"
	"net/url"
	"time"
)

// call is one use of an operation: what to send, how to read the reply, and how
// many exchanges were made for it.
type call struct {
	op       Operation
	endpoint string
	jobID    string
	prefix   []string // between the base URL and the endpoint
	path     []string // below the endpoint
	query    url.Values
	body     []byte
	hold     time.Duration // how long the server may hold the request
	secrets  *redactor     // of this call, nil when there are none
	decode   func(body []byte) error
	reply    fields                         // ignored members of the last reply
	follow   func(body io.ReadCloser) error // reads a reply that has no end, instead of decode

	attempts int       // exchanges begun
	started  time.Time // when the last one began
	timeout  *timeout  // of the exchange
	fresh    bool      // the next exchange uses a connection that no other request has used
}

// handler makes a call, or adds one concern to the handler that it wraps. A nil
// error means that the reply was decoded.
type handler func(ctx context.Context, k *call) *Error

// newHandler returns the chain that every call goes through, from the outermost
// handler to the exchange itself.
func (c *Client) newHandler(o Options) handler {
	h := c.exchange
	h = withTimeout(h, orDefault(o.RequestTimeout, DefaultRequestTimeout), orDefault(o.InterruptGrace, InterruptGrace))
	h = withRecorder(h)
	h = withLimits(h, newLimiter(orDefault(o.MaxConcurrent, DefaultMaxConcurrent)))
	h = withRedaction(h, c.secrets)
	h = withAddressHint(h, o.AddressHint)
	h = withEvents(h, o.OnEvent)
	return withRetries(h, maxRetries(o), orDefault(o.RetryMinWait, DefaultRetryMinWait), orDefault(o.RetryMaxWait, DefaultRetryMaxWait))
}

func maxRetries(o Options) int {
	if o.MaxRetries == nil {
		return DefaultMaxRetries
	}
	return *o.MaxRetries
}

// do checks the ids, which become parts of the path, and makes the call. Every
// error it returns is an *Error.
func (c *Client) do(ctx context.Context, k *call) error {
	err := CheckID(k.endpoint)
	if err == nil && len(k.path) > 1 { // not an operation on the endpoint itself
		err = CheckJobID(k.jobID)
	}
	if err != nil {
		e := k.fail(ReasonRefused, err)
		e.Message = err.Error()
		return e
	}
	if e := c.handle(ctx, k); e != nil {
		e.ConsoleURL = c.ConsoleURL(k.endpoint)
		return e
	}
	return nil
}

// fields returns a reader for what the next reply may hold.
func (k *call) fields() *fields {
	k.reply = fields{}
	return &k.reply
}

// fail returns an error of the call.
func (k *call) fail(reason Reason, err error) *Error {
	return &Error{
		Operation: k.op, EndpointID: k.endpoint, JobID: k.jobID,
		Reason: reason, Attempts: k.attempts, Err: err,
	}
}

// interrupted returns the error of a call that ended with its context, before
// anything was sent.
func (k *call) interrupted(ctx context.Context) *Error {
	return k.fail(ReasonInterrupted, context.Cause(ctx))
}
