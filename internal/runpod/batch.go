package runpod

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"time"
)

// Limits of batches.
const (
	MaxBatchBody     = 10 * mib // bytes of one call that adds requests
	MaxBatchRequests = 5000     // requests of one batch
	MaxActiveBatches = 10       // of one endpoint
)

// BatchStatus is the state of a batch. There is none for a batch that runs, nor
// for one that is done: see [Batch.Done].
type BatchStatus string

// The states of a batch. The API may answer with others; they count as not final.
const (
	BatchDraft     BatchStatus = "DRAFT"     // requests can be added; nothing runs
	BatchFinalized BatchStatus = "FINALIZED" // for good, also when every request has ended
	BatchFailed    BatchStatus = "FAILED"
	BatchCancelled BatchStatus = "CANCELLED"
)

// Final reports whether nothing of a batch in this state runs any more.
func (s BatchStatus) Final() bool { return s == BatchFailed || s == BatchCancelled }

// Batch is a batch as the API reports it. Figures that the API left out are nil.
type Batch struct {
	ID         string
	Status     BatchStatus
	Total      *int64
	InProgress *int64
	Completed  *int64
	Failed     *int64
	CreatedAt  time.Time // zero when the API left it out
}

// Ended returns how many requests have completed or failed.
func (b Batch) Ended() int64 {
	ended := figureOf(b.Completed) + figureOf(b.Failed)
	if ended < 0 { // neither is, and the sum does not fit
		return math.MaxInt64
	}
	return ended
}

// Done reports whether every request of a finalized batch has completed or failed.
// One whose requests were cancelled never gets there, nor does one without
// requests, of which the counters would say so before they are right.
func (b Batch) Done() bool {
	return b.Status != BatchDraft && figureOf(b.Total) > 0 && b.Ended() >= *b.Total
}

func figureOf(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// String says the state and the counters in one line.
func (b Batch) String() string {
	return string(b.Status) + ", requests:" + figures(
		figure{"in all", b.Total}, figure{"in progress", b.InProgress}, figure{"completed", b.Completed}, figure{"failed", b.Failed})
}

// BatchRequest is one request of a batch.
type BatchRequest struct {
	ID     string
	Status Status
	Output json.RawMessage // any JSON; nil when there is none
	// OutputDefect says why Output is nil although there is an output, as for a [Job].
	OutputDefect string
	Error        *JobError
	StartedAt    string // as the API writes it; "" when it left it out
	CompletedAt  string
}

// BatchPage is a part of a batch's requests.
type BatchPage struct {
	Requests []BatchRequest
	Total    int64 // of the batch; 0 when the API left it out
	HasMore  bool
	Bytes    int // of the reply
	Skipped  int // entries without an id, which are not in Requests
}

// BatchListPage is a part of an endpoint's batches, newest first.
type BatchListPage struct {
	Batches []Batch
	HasMore bool
}

// BatchChunk gathers requests for one call. Its buffer is used again after a
// Reset, so that a batch of any size is sent in the memory of one call. The
// zero value is ready for use.
type BatchChunk struct {
	body bytes.Buffer
	n    int
}

const (
	chunkHead = `{"requests":`
	chunkTail = `]}`
)

// Add adds a request with the given input, JSON that the caller has checked. It
// returns false, and adds nothing, when the call would become too large.
func (c *BatchChunk) Add(input []byte) bool {
	if c.n == 0 {
		c.body.Reset()
		c.body.WriteString(chunkHead + "[")
	}
	if c.body.Len()+len(input)+len(`,{"input":}`)+len(chunkTail) > MaxBatchBody {
		return false
	}
	if c.n > 0 {
		c.body.WriteByte(',')
	}
	c.body.WriteString(`{"input":`)
	c.body.Write(input)
	c.body.WriteByte('}')
	c.n++
	return true
}

// Len returns the number of requests.
func (c *BatchChunk) Len() int { return c.n }

// Reset empties the chunk. The call that it was sent with must have succeeded:
// what is left of a failed one may still be reading the buffer.
func (c *BatchChunk) Reset() { c.n = 0 }

// object is the body of an append, array that of a creation.
func (c *BatchChunk) object() []byte {
	if c.n == 0 {
		return []byte(chunkHead + "[" + chunkTail)
	}
	return append(c.body.Bytes(), chunkTail...)
}

func (c *BatchChunk) array() []byte {
	object := c.object()
	return object[len(chunkHead) : len(object)-1]
}

// CreateBatch makes a draft with the requests of a chunk, which may be empty,
// with POST /batch. Nothing of it runs, or costs, before it is finalized.
func (c *Client) CreateBatch(ctx context.Context, endpointID string, chunk *BatchChunk) (Batch, error) {
	return c.batch(ctx, &call{op: OpBatchCreate, endpoint: endpointID, path: []string{"batch"}, body: chunk.array()})
}

// Batch reads a batch with GET /batch/{id}.
func (c *Client) Batch(ctx context.Context, endpointID, batchID string) (Batch, error) {
	return c.batch(ctx, batchCall(OpBatchGet, endpointID, batchID))
}

// AppendBatch adds the requests of a chunk to a draft with POST
// /batch/{id}/requests. What that answers is not documented: any HTTP 2xx counts,
// and reading the batch shows whether they arrived. The ids of the new requests
// are returned, in the order of the chunk, when the reply has them, else nil.
func (c *Client) AppendBatch(ctx context.Context, endpointID, batchID string, chunk *BatchChunk) (ids []string, err error) {
	k := batchCall(OpBatchAppend, endpointID, batchID, "requests")
	k.body = chunk.object()
	k.decode = func(body []byte) error {
		ids = idsIn(body, chunk.Len())
		return refusalIn(body)
	}
	err = c.do(ctx, k)
	return ids, err
}

// FinalizeBatch lets the requests of a draft run with POST
// /batch/{id}/finalize. Any HTTP 2xx counts; reading the batch shows its state.
func (c *Client) FinalizeBatch(ctx context.Context, endpointID, batchID string) error {
	k := batchCall(OpBatchFinalize, endpointID, batchID, "finalize")
	k.decode = refusalIn
	return c.do(ctx, k)
}

// CancelBatch cancels the requests of a batch that wait with POST
// /batch/{id}/cancel; those that run end first. Any HTTP 2xx counts.
func (c *Client) CancelBatch(ctx context.Context, endpointID, batchID string) error {
	k := batchCall(OpBatchCancel, endpointID, batchID, "cancel")
	k.decode = refusalIn
	return c.do(ctx, k)
}

// BatchRequests reads a part of a batch's requests with GET
// /batch/{id}/requests. The API names no order.
func (c *Client) BatchRequests(ctx context.Context, endpointID, batchID string, offset, limit int) (BatchPage, error) {
	var page BatchPage
	k := batchCall(OpBatchRequests, endpointID, batchID, "requests")
	k.query = pageQuery(offset, limit)
	k.decode = func(body []byte) (err error) {
		page, err = decodeBatchPage(body, offset, limit, k.fields())
		return err
	}
	err := c.do(ctx, k)
	return page, err
}

// Batches reads a part of an endpoint's batches, newest first, with GET /batch.
func (c *Client) Batches(ctx context.Context, endpointID string, offset, limit int) (BatchListPage, error) {
	var page BatchListPage
	k := &call{op: OpBatchList, endpoint: endpointID, path: []string{"batch"}, query: pageQuery(offset, limit)}
	k.decode = func(body []byte) error {
		f := k.fields()
		l, err := listIn(body, "batches", offset, limit, f)
		if err != nil {
			return err
		}
		page = BatchListPage{HasMore: l.more}
		l.items.each(func(item value) bool {
			b, err := batchOf(item, "", f)
			if err != nil {
				f.drop("batches", err.Error())
			} else {
				page.Batches = append(page.Batches, b)
			}
			return true
		})
		return nil
	}
	err := c.do(ctx, k)
	return page, err
}

func batchCall(op Operation, endpointID, batchID string, more ...string) *call {
	return &call{op: op, endpoint: endpointID, jobID: batchID, path: append([]string{"batch", batchID}, more...)}
}

func pageQuery(offset, limit int) url.Values {
	return url.Values{"offset": {strconv.Itoa(offset)}, "limit": {strconv.Itoa(limit)}}
}

// batch makes a call whose reply is a batch.
func (c *Client) batch(ctx context.Context, k *call) (Batch, error) {
	var b Batch
	k.decode = func(body []byte) (err error) {
		b, err = decodeBatch(body, k.jobID, k.fields())
		return err
	}
	err := c.do(ctx, k)
	return b, err
}
