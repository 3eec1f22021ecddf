package runpod

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"runtime"

	"golang.org/x/sync/semaphore"
)

// DefaultReplyBudget is how many bytes of replies a client holds at most while it
// reads and decodes them.
const DefaultReplyBudget = 96 * mib

// smallReply is the size up to which a reply needs no part of the budget. Most replies
// are that small, and as many of them as there can be at once take little memory.
const smallReply = 64 << 10

// budget bounds the bytes of replies that are in memory at the same time. A reply
// reserves all that it may need before it is read, so that replies never wait for each
// other with a part of what they need.
type budget struct {
	size int64
	free *semaphore.Weighted
}

func newBudget(size int64) *budget { return &budget{size, semaphore.NewWeighted(size)} }

func (b *budget) take(ctx context.Context, need int64) (release func(), err error) {
	need = min(need, b.size)
	if err := b.free.Acquire(ctx, need); err != nil {
		return nil, err
	}
	return func() { b.free.Release(need) }, nil
}

// errTooLarge ends the reading of a reply that is larger than the client reads.
var errTooLarge = errors.New("the reply is too large")

// readBody reads a reply of at most limit bytes. The caller calls release once when it
// no longer needs the body, which returns its part of the budget. Waiting for the
// budget does not count toward the request timeout, because the server is not slow
// then.
func (c *Client) readBody(ctx context.Context, k *call, resp *http.Response, limit int64) (body []byte, release func(), err error) {
	release = func() {}
	if resp.ContentLength > limit {
		return nil, release, errTooLarge
	}
	var b bytes.Buffer
	need := resp.ContentLength + bytes.MinRead // room in which to find the end
	if resp.ContentLength < 0 {
		if _, err := io.CopyN(&b, resp.Body, smallReply); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return b.Bytes(), release, err
		}
		need = limit
	}
	if need > smallReply {
		resume := k.pauseTimeout()
		release, err = c.budget.take(ctx, need)
		resume()
		if err != nil {
			return nil, func() {}, err
		}
	}
	if resp.ContentLength > 0 {
		b.Grow(int(need))
	}
	if _, err = b.ReadFrom(io.LimitReader(resp.Body, limit+1-int64(b.Len()))); err == nil && int64(b.Len()) > limit {
		err = errTooLarge
	}
	return b.Bytes(), release, err
}

type maxOutputKey struct{}

// WithMaxOutput returns a context for reading jobs without their outputs where these
// are larger than limit bytes: [Job.Dropped] then has the size and the digest.
func WithMaxOutput(ctx context.Context, limit int64) context.Context {
	return context.WithValue(ctx, maxOutputKey{}, limit)
}

// DroppedOutput describes an output that was not kept.
type DroppedOutput struct {
	Bytes  int64
	SHA256 string // of the JSON as the API sent it, in hexadecimal
}

type outputTakerKey struct{}

// WithOutputTaker returns a context with which take is called with each job that has
// an output, as soon as it is read and while the output still counts toward the
// client's memory budget. [Job.Taken] is what take returns, and [Job.Output] is nil.
func WithOutputTaker(ctx context.Context, take func(Job) any) context.Context {
	return context.WithValue(ctx, outputTakerKey{}, take)
}

// takeOutput takes the output out of a job where the context says so.
func (c *Client) takeOutput(ctx context.Context, job Job) Job {
	if take, ok := ctx.Value(outputTakerKey{}).(func(Job) any); ok && job.Output != nil {
		size := int64(len(job.Output))
		job.Taken = take(job)
		job.Output = nil
		c.dropped(size)
		return job
	}
	return c.dropOutput(ctx, job)
}

// maxGarbage is how many bytes of dropped outputs may await garbage collection: their
// part of the budget is returned before they are freed.
const maxGarbage = 32 * mib

// dropOutput drops an output that is larger than the context says.
func (c *Client) dropOutput(ctx context.Context, job Job) Job {
	limit, ok := ctx.Value(maxOutputKey{}).(int64)
	if !ok || int64(len(job.Output)) <= limit {
		return job
	}
	digest := sha256.Sum256(job.Output)
	job.Dropped = &DroppedOutput{int64(len(job.Output)), hex.EncodeToString(digest[:])}
	job.Output = nil
	c.dropped(job.Dropped.Bytes)
	return job
}

// dropped collects the garbage when there is much of it.
func (c *Client) dropped(size int64) {
	if c.garbage.Add(size) >= maxGarbage {
		c.garbage.Store(0)
		runtime.GC()
	}
}
