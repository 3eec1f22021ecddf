package runpod

import "context"

// PurgeQueue removes every job that waits in the queue of an endpoint with
// POST /purge-queue, from any client, and returns how many there were, nil
// when the API does not say. Jobs on a worker continue.
func (c *Client) PurgeQueue(ctx context.Context, endpointID string) (removed *int64, err error) {
	k := &call{op: OpPurgeQueue, endpoint: endpointID, path: []string{"purge-queue"}}
	k.decode = func(body []byte) (err error) {
		removed, err = decodePurge(body, k.fields())
		return err
	}
	err = c.do(ctx, k)
	return removed, err
}

// decodePurge reads the reply of a purge. Its "status":"completed" is no job status.
func decodePurge(body []byte, f *fields) (*int64, error) {
	reply, err := parseReply(body)
	switch {
	case err != nil:
		return nil, err
	case !reply.isObject():
		return nil, reply.notA("the reply of a purge")
	}
	m := reply.members("removed", "error", "status")
	if m[0].missing() {
		if failure := parseJobError(m[1]); failure != nil {
			return nil, &refusal{failure.Message}
		}
		if m[2].kind() == "a number" { // a problem document under HTTP 200
			return nil, &refusal{messageOf(body)}
		}
	}
	return f.number("removed", m[0]), nil
}
