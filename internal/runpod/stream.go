package runpod

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// StreamPage is what one GET /stream/{id} returns: the chunks that were
// buffered since the last call by anybody, which the call takes away.
type StreamPage struct {
	Status Status // "" when the reply was a bare array
	Chunks []StreamChunk
}

// StreamChunk is one yield of a streaming handler.
type StreamChunk struct {
	Output  json.RawMessage `json:"output"`
	Metrics json.RawMessage `json:"metrics,omitempty"`
}

// Stream takes the buffered chunks of a job with GET /stream/{id}?wait=. The
// server may hold the request for wait (MinSyncWait to MaxSyncWait) while
// there are none. A page that is lost on its way to the client is gone, so a
// broken reply is an error and never asked for again.
func (c *Client) Stream(ctx context.Context, endpointID, jobID string, wait time.Duration) (StreamPage, error) {
	var page StreamPage
	k := jobCall(OpStream, endpointID, jobID)
	wait = min(wait, c.maxHold)
	k.query, k.hold = waitQuery(wait), wait
	k.decode = func(body []byte) (err error) {
		page, err = decodeStream(body)
		return err
	}
	err := c.do(ctx, k)
	return page, err
}

// decodeStream reads the object form {"status","stream"} and the bare array of chunks.
func decodeStream(body []byte) (StreamPage, error) {
	var chunks []StreamChunk
	if json.Unmarshal(body, &chunks) == nil && chunks != nil {
		return StreamPage{Chunks: chunks}, nil
	}
	var reply struct {
		Status json.RawMessage `json:"status"`
		Stream []StreamChunk   `json:"stream"`
	}
	if err := json.Unmarshal(body, &reply); err != nil {
		return StreamPage{}, fmt.Errorf("it is not a stream reply: %w", err)
	}
	var status string
	if json.Unmarshal(reply.Status, &status) != nil || status == "" {
		return StreamPage{}, &refusal{messageOf(body)}
	}
	return StreamPage{Status: Status(status), Chunks: reply.Stream}, nil
}
