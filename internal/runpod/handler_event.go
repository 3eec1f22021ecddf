package runpod

import (
	"context"
	"net/http"
	"time"
)

// withEvents reports every attempt to onEvent, which may be nil.
func withEvents(next handler, onEvent func(context.Context, Event)) handler {
	if onEvent == nil {
		return next
	}
	return func(ctx context.Context, k *call) *Error {
		before := k.attempts
		k.reply = fields{}
		e := next(ctx, k)
		event := Event{
			Operation: k.op, EndpointID: k.endpoint, JobID: k.jobID,
			Attempt: k.attempts, StatusCode: http.StatusOK, Dropped: k.reply.dropped,
		}
		if k.attempts > before { // else it ended before anything was sent
			event.Duration = time.Since(k.started)
		}
		if e != nil {
			event.Err, event.StatusCode = e, e.StatusCode
		}
		onEvent(ctx, event)
		return e
	}
}
