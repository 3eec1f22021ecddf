package runpod

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// PurgeQueue removes every job that waits in the queue of an endpoint with
// POST /purge-queue, no matter who submitted it, and returns how many there were.
// Jobs on a worker go on.
func (c *Client) PurgeQueue(ctx context.Context, endpointID string) (removed int64, err error) {
	err = c.do(ctx, &call{
		op: OpPurgeQueue, endpoint: endpointID, path: []string{"purge-queue"},
		decode: func(body []byte) error {
			// The reply's "status":"completed" is no job status.
			var reply struct {
				Removed *int64          `json:"removed"`
				Error   json.RawMessage `json:"error"`
			}
			if err := json.Unmarshal(body, &reply); err != nil {
				return fmt.Errorf("it is not the reply of a purge: %w", err)
			}
			if text := textOf(reply.Error); text != "" {
				return &refusal{text}
			}
			if reply.Removed == nil {
				return errors.New("it does not say how many jobs were removed")
			}
			removed = *reply.Removed
			return nil
		},
	})
	return removed, err
}
