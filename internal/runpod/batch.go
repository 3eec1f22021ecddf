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

// BatchStatus is the status of a batch. It does not tell a running batch from one that
// is done: see [Batch.Done].
type BatchStatus string

// The statuses of a batch. The API may answer with others; they count as not final.
const (
	BatchDraft     BatchStatus = "DRAFT"     // requests can be added; nothing runs
	BatchFinalized BatchStatus = "FINALIZED" // for good, also when every request has ended
	BatchFailed    BatchStatus = "FAILED"
	BatchCancelled BatchStatus = "CANCELLED"
)

// Final reports whether no request of a batch with this status runs any more.
func (s BatchStatus) Final() bool { return s == BatchFailed || s == BatchCancelled }

// Batch is a batch as the API reports it. Counts that the API omits are nil.
type Batch struct {
	ID         string
	Status     BatchStatus
	Total      *int64
	InProgress *int64
	Completed  *int64
	Failed     *int64
	CreatedAt  time.Time // zero if the API omits it
}

// Ended returns how many requests have completed or failed.
func (b Batch) Ended() int64 {
	ended := CountOf(b.Completed) + CountOf(b.Failed)
	if ended < 0 { // neither count is negative, so the sum has overflowed
		return math.MaxInt64
	}
	return ended
}

// Done reports whether every request of a finalized batch has completed or failed. A
// batch whose requests were cancelled is never done. Neither is one without requests,
// because new counters may be zero until the API has updated them.
func (b Batch) Done() bool {
	return b.Status != BatchDraft && CountOf(b.Total) > 0 && b.Ended() >= *b.Total
}

// CountOf returns a count, and 0 for one that a reply lacks.
func CountOf(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// String returns the status and the counts in one line.
func (b Batch) String() string {
	return string(b.Status) + ", requests:" + countsText(
		count{"in all", b.Total}, count{"in progress", b.InProgress}, count{"completed", b.Completed}, count{"failed", b.Failed})
}

// BatchRequest is one request of a batch.
type BatchRequest struct {
	ID     string
	Status Status
	Output json.RawMessage // any JSON; nil when there is none
	// OutputDefect says why Output is nil although there is an output, as for a [Job].
	OutputDefect string
	Error        *JobError
	StartedAt    string // as the API writes it; "" if it omits it
	CompletedAt  string
}

// BatchPage is one page of a batch's requests.
type BatchPage struct {
	Requests []BatchRequest
	Total    int64 // of the batch; 0 if the API omits it
	HasMore  bool
	Bytes    int // of the reply
	Skipped  int // entries without an id, which are not in Requests
}

// BatchListPage is one page of an endpoint's batches, newest first.
type BatchListPage struct {
	Batches []Batch
	HasMore bool
}

// BatchChunk collects requests for one call. Reset reuses its buffer, so that sending
// a batch of any size takes the memory of one call. The zero value is ready for use.
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

// Reset empties the chunk. The call that sent it must have succeeded: after a failure,
// the transport may still be reading the buffer.
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

// CreateBatch creates a draft with the requests of a chunk, which may be empty, with
// POST /batch. Nothing runs, or is billed, until the draft is finalized.
func (c *Client) CreateBatch(ctx context.Context, endpointID string, chunk *BatchChunk) (Batch, error) {
	return c.batch(ctx, &call{op: OpBatchCreate, endpoint: endpointID, path: []string{"batch"}, body: chunk.array()})
}

// Batch reads a batch with GET /batch/{id}.
func (c *Client) Batch(ctx context.Context, endpointID, batchID string) (Batch, error) {
	return c.batch(ctx, batchCall(OpBatchGet, endpointID, batchID))
}

// AppendBatch adds the requests of a chunk to a draft with POST /batch/{id}/requests.
// The reply is not documented: any HTTP 2xx is a success, and reading the batch shows
// whether the requests arrived. It returns the ids of the new requests in the order of
// the chunk, or nil if the reply does not have them.
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

// FinalizeBatch starts the requests of a draft with POST /batch/{id}/finalize. Any
// HTTP 2xx is a success; reading the batch shows its status.
func (c *Client) FinalizeBatch(ctx context.Context, endpointID, batchID string) error {
	k := batchCall(OpBatchFinalize, endpointID, batchID, "finalize")
	k.decode = refusalIn
	return c.do(ctx, k)
}

// CancelBatch cancels the waiting requests of a batch with POST /batch/{id}/cancel;
// running ones end first. Any HTTP 2xx is a success.
func (c *Client) CancelBatch(ctx context.Context, endpointID, batchID string) error {
	k := batchCall(OpBatchCancel, endpointID, batchID, "cancel")
	k.decode = refusalIn
	return c.do(ctx, k)
}

// BatchRequests reads a page of a batch's requests with GET /batch/{id}/requests. The
// API documents no order.
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

// Batches reads a page of an endpoint's batches, newest first, with GET /batch.
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
