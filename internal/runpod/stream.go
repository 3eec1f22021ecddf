package runpod

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// StreamPage is the result of one GET /stream/{id}: the chunks that were buffered
// since the last call of any client. Reading removes them.
type StreamPage struct {
	Status Status // "" when the reply was a bare array
	Chunks []StreamChunk
}

// StreamChunk is one yield of a streaming handler.
type StreamChunk struct {
	Output       json.RawMessage // any JSON; nil when there is none
	OutputDefect string          // why it is nil although there is one: what of it is not JSON
	Metrics      json.RawMessage // what the worker reported beside it; nil when it did not
}

// Stream reads and removes the buffered chunks of a job with GET /stream/{id}?wait=.
// The server may hold the request for wait (MinSyncWait to MaxSyncWait) while there
// are none. A page that is lost on its way to the client is gone, so a broken reply is
// an error and is never requested again.
func (c *Client) Stream(ctx context.Context, endpointID, jobID string, wait time.Duration) (StreamPage, error) {
	var page StreamPage
	k := jobCall(OpStream, endpointID, jobID)
	wait = min(wait, c.maxHold)
	k.query, k.hold = waitQuery(wait), wait
	k.decode = func(body []byte) (err error) {
		page, err = decodeStream(body, k.fields())
		return err
	}
	err := c.do(ctx, k)
	return page, err
}

// decodeStream reads the object form {"status","stream"} and the bare array of
// chunks. A chunk that is no object with an output is the output itself: reading
// has taken it away, and it comes only once.
func decodeStream(body []byte, f *fields) (StreamPage, error) {
	reply, err := parseReply(body)
	switch {
	case err != nil:
		return StreamPage{}, err
	case reply.isArray():
		return StreamPage{Chunks: chunksOf(reply, f)}, nil
	case !reply.isObject():
		return StreamPage{}, reply.notA("a stream reply")
	}
	m := reply.members("status", "stream", "error")
	status, ok := m[0].text()
	if status == "" && !m[1].isArray() {
		if failure := parseJobError(m[2]); failure != nil || !m[0].missing() {
			return StreamPage{}, &refusal{messageOf(body)}
		}
		return StreamPage{}, errors.New("it has neither a status nor chunks")
	}
	f.odd("status", m[0], ok)
	f.odd("stream", m[1], m[1].isArray())
	return StreamPage{Status: Status(printableName(status)), Chunks: chunksOf(m[1], f)}, nil
}

func chunksOf(list value, f *fields) []StreamChunk {
	var chunks []StreamChunk
	list.each(func(v value) bool {
		var chunk StreamChunk
		output := v
		if v.isObject() {
			m := v.members("output", "metrics")
			output = m[0]
			var defect string
			if chunk.Metrics, defect = m[1].output(); defect != "" {
				f.drop("metrics", defect)
			}
		}
		chunk.Output, chunk.OutputDefect = output.output()
		chunks = append(chunks, chunk)
		return true
	})
	return chunks
}
