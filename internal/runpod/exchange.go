package runpod

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"slices"
)

// exchange sends the request of a call once and reads the reply. It is the last
// handler of the chain.
func (c *Client) exchange(ctx context.Context, k *call) *Error {
	once := policies[k.op].repeat == repeatIfRefused
	if once && c.kept.closes() {
		k.fresh = true
	}
	for {
		ctx, end := context.WithCancelCause(ctx)
		d := &delivery{end: end, needFresh: once && !k.fresh && !c.kept.serves(), hasInput: k.body != nil}
		e, answered := c.roundTrip(ctx, k, d)
		end(context.Canceled)
		c.kept.learn(d, answered)
		if e != nil && d.endedBy(errReused) {
			k.fresh = true
			continue // nothing was written
		}
		return e
	}
}

// roundTrip makes the exchange and reports whether there was a reply.
func (c *Client) roundTrip(ctx context.Context, k *call, d *delivery) (e *Error, answered bool) {
	req, err := c.newRequest(httptrace.WithClientTrace(ctx, d.trace()), k)
	if err != nil {
		e := k.fail(ReasonTransport, err)
		e.notSent = true
		return e, false
	}
	transport := c.transport
	if k.fresh {
		transport = c.single
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		o := d.outcomeOf(err)
		e := k.broken(ctx, o.err)
		e.notSent, e.stale, e.Unknown = o.notSent, o.stale, !o.notSent
		return e, false
	}
	decompress(resp)
	defer resp.Body.Close()
	return c.read(ctx, k, resp), true
}

// newRequest returns the request of a call. A POST always has a body without GetBody,
// even where the API needs none: net/http cannot repeat such a request, but may repeat
// one without a body. The empty object is what the vendor's own client sends in that
// case.
func (c *Client) newRequest(ctx context.Context, k *call) (*http.Request, error) {
	target := c.base.JoinPath(slices.Concat(k.prefix, escapedPath(k.endpoint, k.path...))...)
	target.RawQuery = k.query.Encode()
	req, err := http.NewRequestWithContext(ctx, policies[k.op].method, target.String(), nil)
	if err != nil {
		return nil, err
	}
	for name, value := range c.headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("Authorization", c.authorization)
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Accept", "application/json")
	if k.follow != nil {
		req.Header.Set("Accept", "text/event-stream")
	}
	if req.Method == http.MethodPost {
		body := k.body
		if body == nil {
			body = []byte("{}")
		}
		req.Header.Set("Content-Type", "application/json")
		req.Body = io.NopCloser(bytes.NewReader(body))
		req.ContentLength = int64(len(body))
	}
	return req, nil
}

// broken returns the error of an exchange that ended without a whole reply.
func (k *call) broken(ctx context.Context, err error) *Error {
	var timeout interface{ Timeout() bool }
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, errRepeat), errors.Is(cause, errReused):
		return k.fail(ReasonTransport, cause)
	case errors.As(cause, new(timeoutError)):
		return k.fail(ReasonTimeout, context.DeadlineExceeded)
	case cause != nil:
		return k.fail(ReasonInterrupted, cause)
	case errors.As(err, &timeout) && timeout.Timeout():
		return k.fail(ReasonTimeout, err)
	default:
		return k.fail(ReasonTransport, err)
	}
}

// read turns the reply into the result of the call, or into an error.
func (c *Client) read(ctx context.Context, k *call, resp *http.Response) *Error {
	if k.follow != nil && resp.StatusCode >= 200 && resp.StatusCode <= 299 {
		if isPage(resp) {
			body, _ := io.ReadAll(io.LimitReader(resp.Body, maxMessageBody))
			e := c.unusable(k, errNotJSON, body)
			e.StatusCode = resp.StatusCode
			return e
		}
		if err := k.follow(resp.Body); err != nil {
			e := k.broken(ctx, fmt.Errorf("the stream was cut off: %w", err))
			e.StatusCode = resp.StatusCode
			return e
		}
		return nil
	}
	limit := policies[k.op].maxBody
	if resp.StatusCode < 200 {
		// After HTTP 101, the body is the rest of the connection. It has no end, and
		// net/http does not stop reading it when the context ends.
		return c.refused(k, resp, nil)
	}
	if resp.StatusCode > 299 {
		// More than this is not shown.
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxMessageBody))
		return c.refused(k, resp, body)
	}
	body, release, err := c.readBody(ctx, k, resp, limit)
	defer release()
	body = bytes.TrimPrefix(body, byteOrderMark)
	var e *Error
	switch {
	case errors.Is(err, errTooLarge):
		e = k.fail(ReasonTooLarge, nil)
		e.Message = fmt.Sprintf("more than %d MiB", limit/mib)
		e.Unknown = true
	case err != nil && k.salvage(body):
		return nil
	case err != nil:
		e = k.broken(ctx, fmt.Errorf("the reply was cut off: %w", err))
		if e.Reason == ReasonTransport {
			e.Reason = ReasonInvalidReply
		}
		e.Unknown = true
	default:
		err := k.decode(body)
		if err != nil && (!errors.Is(err, errNotJSON) || !k.salvage(body)) {
			e = c.unusable(k, err, body)
			if encoding := encodingOf(resp); encoding != "" {
				e.Message = compressedMessage(encoding)
			}
		}
	}
	if e != nil {
		e.StatusCode = resp.StatusCode
	}
	return e
}

// isPage reports whether a reply says that it is a page in HTML.
func isPage(resp *http.Response) bool {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return kind == "text/html"
}

// refused returns the error for a status other than HTTP 2xx.
func (c *Client) refused(k *call, resp *http.Response, body []byte) *Error {
	e := k.fail(ReasonStatus, nil)
	e.StatusCode = resp.StatusCode
	e.Message = c.message(k, body)
	e.notFromAPI = resp.StatusCode < 400 || !isAPIError(body)
	e.RetryAfter = max(retryAfter(resp.Header), rateLimitReset(resp.Header))
	switch {
	case resp.StatusCode < 200:
		e.Message = "the server switches to another protocol instead of answering. Check " + k.op.API().Argument
	case resp.StatusCode < 400 && resp.Header.Get("Location") == "":
		e.Message = "the server neither answers nor says where the answer is. Check " + k.op.API().Argument
	case resp.StatusCode < 400:
		e.Message = "the server redirects to another address; a redirect is not followed, because it would carry the API key there. Check " + k.op.API().Argument
	}
	// A job that /runsync waited for and that was purged meanwhile was accepted.
	e.Unknown = resp.StatusCode < 200 || resp.StatusCode >= 500 || k.op == OpRunSync && IsJobNotFound(e)
	return e
}

// message returns what the server says, without the secrets of the client and of the call.
func (c *Client) message(k *call, body []byte) string { return message(body, c.secrets, k.secrets) }

// refusal is a reply of HTTP 200 whose text says that nothing was done.
type refusal struct{ message string }

func (r *refusal) Error() string { return r.message }

// unusable returns the error for a reply of HTTP 200 that is not what the
// operation returns.
func (c *Client) unusable(k *call, err error, body []byte) *Error {
	var refused *refusal
	if errors.As(err, &refused) && policies[k.op].repeat != repeatFreely {
		e := k.fail(ReasonRefused, nil)
		e.Message = c.message(k, []byte(refused.message))
		return e
	}
	e := k.fail(ReasonInvalidReply, err)
	e.Unknown = true
	switch damaged := len(body) > 0 && (body[0] == '{' || body[0] == '['); {
	case refused != nil:
		e.Message = "an error instead of a result: " + c.message(k, body)
	case isReply(body):
		e.Message = c.message(k, []byte(err.Error()))
	case damaged:
		e.Message = "the JSON is cut off or damaged" // an excerpt could hold part of an output
	default:
		e.Message = "it is not JSON: " + c.message(k, body)
	}
	return e
}

// compact removes insignificant white space, as the API counts the bytes of a body.
func compact(raw json.RawMessage) (json.RawMessage, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
