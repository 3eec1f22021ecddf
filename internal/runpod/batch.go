package runpod

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
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

// Final tells that nothing of a batch in this state runs any more.
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
func (b Batch) Ended() int64 { return figureOf(b.Completed) + figureOf(b.Failed) }

// Done tells that every request of a finalized batch has completed or failed.
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
	ID          string
	Status      Status
	Output      json.RawMessage // any JSON; nil when there is none
	Error       *JobError
	StartedAt   string // as the API writes it; "" when it left it out
	CompletedAt string
}

// BatchPage is a part of a batch's requests.
type BatchPage struct {
	Requests []BatchRequest
	Total    int64 // of the batch; 0 when the API left it out
	HasMore  bool
	Bytes    int // of the reply
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
		page, err = decodeBatchPage(body, offset, limit)
		return err
	}
	err := c.do(ctx, k)
	return page, err
}

// Batches reads a part of an endpoint's batches, newest first, with GET /batch.
func (c *Client) Batches(ctx context.Context, endpointID string, offset, limit int) (BatchListPage, error) {
	var page BatchListPage
	err := c.do(ctx, &call{
		op: OpBatchList, endpoint: endpointID, path: []string{"batch"}, query: pageQuery(offset, limit),
		decode: func(body []byte) error {
			items, more, _, err := listIn(body, "batches", offset, limit)
			if err != nil {
				return err
			}
			page = BatchListPage{HasMore: more}
			for _, item := range items {
				b, err := decodeBatch(item, "")
				if err != nil {
					return err
				}
				page.Batches = append(page.Batches, b)
			}
			return nil
		},
	})
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
		b, err = decodeBatch(body, k.jobID)
		return err
	}
	err := c.do(ctx, k)
	return b, err
}

type wireBatch struct {
	ID         string          `json:"id"`
	Status     json.RawMessage `json:"status"`
	Total      *json.Number    `json:"requestTotal"`
	InProgress *json.Number    `json:"requestInProgress"`
	Completed  *json.Number    `json:"requestCompleted"`
	Failed     *json.Number    `json:"requestFailed"`
	CreatedAt  json.RawMessage `json:"createdAt"`
}

// decodeBatch reads a batch. knownID fills in an id that the reply lacks; with
// "" a reply without an id is refused.
func decodeBatch(body []byte, knownID string) (Batch, error) {
	if err := refusalIn(body); err != nil {
		return Batch{}, err
	}
	var w wireBatch
	if err := json.Unmarshal(body, &w); err != nil {
		return Batch{}, fmt.Errorf("it is not a batch: %w", err)
	}
	id := orDefault(w.ID, knownID)
	status := textOf(w.Status)
	switch {
	case id == "":
		return Batch{}, errors.New("it has no batch id")
	case CheckID(id) != nil:
		return Batch{}, errors.New("its batch id has characters that an id cannot have")
	case status == "" && knownID != "":
		return Batch{}, errors.New("it has no batch status")
	}
	return Batch{
		ID: id, Status: BatchStatus(orDefault(status, string(BatchDraft))), CreatedAt: timeOf(w.CreatedAt),
		Total: millis(w.Total), InProgress: millis(w.InProgress), Completed: millis(w.Completed), Failed: millis(w.Failed),
	}, nil
}

// timeOf reads a time in milliseconds or in ISO 8601: the API mixes the two.
func timeOf(raw json.RawMessage) time.Time {
	text := textOf(raw)
	if ms, err := strconv.ParseFloat(text, 64); err == nil {
		return time.UnixMilli(int64(ms))
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at
	}
	return time.Time{}
}

// refusalIn finds the error in a reply of HTTP 2xx whose form is not known
// otherwise: a problem document, or an error and nothing else that tells of
// success. Everything else, an empty body and a text included, is no refusal.
func refusalIn(body []byte) error {
	var reply struct {
		ID       string          `json:"id"`
		Status   json.RawMessage `json:"status"`
		Error    json.RawMessage `json:"error"`
		Requests json.RawMessage `json:"requests"`
	}
	isObject := json.Unmarshal(body, &reply) == nil
	code, _ := strconv.Atoi(string(reply.Status)) // 0 for a state
	silent := reply.ID == "" && reply.Status == nil && reply.Requests == nil
	if isObject && (code >= http.StatusBadRequest || silent && textOf(reply.Error) != "") {
		return &refusal{messageOf(body)}
	}
	return nil
}

// listIn finds the items of a reply that is a list: the member of the given
// name, or of a usual one, or the reply itself. That there are more may turn
// out to be wrong where the reply does not say: the next part then has nothing new.
func listIn(body []byte, name string, offset, limit int) (items []json.RawMessage, more bool, total int64, err error) {
	if err := refusalIn(body); err != nil {
		return nil, false, 0, err
	}
	if json.Unmarshal(body, &items) == nil {
		return items, len(items) > 0 && len(items) == limit, 0, nil
	}
	var reply map[string]json.RawMessage
	if err := json.Unmarshal(body, &reply); err != nil {
		return nil, false, 0, fmt.Errorf("it is not a list: %w", err)
	}
	list, ok := reply[name]
	for _, other := range []string{"items", "data"} {
		if !ok {
			list, ok = reply[other]
		}
	}
	if !ok {
		return nil, false, 0, fmt.Errorf("it has no %s", name)
	}
	if err := json.Unmarshal(list, &items); err != nil {
		return nil, false, 0, fmt.Errorf("its %s are not a list: %w", name, err)
	}
	_ = json.Unmarshal(reply["total"], &total) // it may be missing
	if json.Unmarshal(reply["hasMore"], &more) != nil || reply["hasMore"] == nil {
		more = int64(offset+len(items)) < total || total == 0 && len(items) >= limit
	}
	return items, more && len(items) > 0, total, nil
}

// wireRequest is a request of a batch on the wire.
type wireRequest struct {
	ID          string          `json:"id"`
	Status      string          `json:"status"`
	Output      json.RawMessage `json:"output"`
	Error       json.RawMessage `json:"error"`
	StartedAt   json.RawMessage `json:"startedAt"`
	CompletedAt json.RawMessage `json:"completedAt"`
}

// decodeBatchPage reads a page of requests: in one go when it has the
// documented form, since it may be large, and else as any list.
func decodeBatchPage(body []byte, offset, limit int) (BatchPage, error) {
	var documented struct {
		Requests []wireRequest `json:"requests"`
		Total    *int64        `json:"total"`
		HasMore  *bool         `json:"hasMore"`
	}
	page := BatchPage{Bytes: len(body)}
	var requests []wireRequest
	if json.Unmarshal(body, &documented) == nil && documented.Requests != nil && documented.Total != nil && documented.HasMore != nil {
		requests, page.Total, page.HasMore = documented.Requests, *documented.Total, *documented.HasMore && len(documented.Requests) > 0
	} else {
		items, more, total, err := listIn(body, "requests", offset, limit)
		if err != nil {
			return BatchPage{}, err
		}
		page.Total, page.HasMore = total, more
		requests = make([]wireRequest, len(items))
		for i, item := range items {
			if err := json.Unmarshal(item, &requests[i]); err != nil {
				return BatchPage{}, fmt.Errorf("it has something that is not a request: %w", err)
			}
		}
	}
	page.Requests = make([]BatchRequest, 0, len(requests))
	for _, w := range requests {
		if w.ID == "" {
			return BatchPage{}, errors.New("it has a request without an id")
		}
		request := BatchRequest{ID: w.ID, Status: Status(w.Status), Error: parseJobError(w.Error), StartedAt: textOf(w.StartedAt), CompletedAt: textOf(w.CompletedAt)}
		if len(w.Output) > 0 && string(w.Output) != "null" {
			request.Output = w.Output
		}
		page.Requests = append(page.Requests, request)
	}
	return page, nil
}

// idsIn finds the ids of want new requests in a reply of unknown form; nil when
// they are not there.
func idsIn(body []byte, want int) []string {
	items, _, _, err := listIn(body, "requests", 0, want)
	if err != nil || len(items) != want {
		return nil
	}
	ids := make([]string, want)
	for i, item := range items {
		var request struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(item, &ids[i]) == nil {
			continue // the bare id
		}
		if json.Unmarshal(item, &request) != nil || request.ID == "" {
			return nil
		}
		ids[i] = request.ID
	}
	return ids
}
