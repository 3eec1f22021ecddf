package runpod

import "context"

// Recorder is told about each attempt at a submission, so that a job is on record even
// if the process dies.
type Recorder interface {
	// Sending is called immediately before the request is sent.
	Sending()
	// NotAccepted is called when an attempt has certainly created no job.
	NotAccepted()
}

type recorderKey struct{}

// WithRecorder returns a context whose submissions r records.
func WithRecorder(ctx context.Context, r Recorder) context.Context {
	return context.WithValue(ctx, recorderKey{}, r)
}

// withRecorder calls the recorder of the context at each attempt. It is inside the
// handlers that wait for a slot or between attempts, because that may take minutes.
func withRecorder(next handler) handler {
	return func(ctx context.Context, k *call) *Error {
		r, ok := ctx.Value(recorderKey{}).(Recorder)
		if !ok || policies[k.op].repeat != repeatIfRefused {
			return next(ctx, k)
		}
		r.Sending()
		e := next(ctx, k)
		if e != nil && !e.Unknown {
			r.NotAccepted()
		}
		return e
	}
}
