package runpod

import "context"

// Recorder is called about each attempt of a submission, so that a job is
// remembered whatever becomes of the process.
type Recorder interface {
	// Sending is called when the next thing that happens is the request.
	Sending()
	// NotAccepted is called when an attempt has certainly made no job.
	NotAccepted()
}

type recorderKey struct{}

// WithRecorder returns a context whose submissions r records.
func WithRecorder(ctx context.Context, r Recorder) context.Context {
	return context.WithValue(ctx, recorderKey{}, r)
}

// withRecorder calls the recorder of the context about each attempt. It comes
// after every wait for a place or a pause, which may take minutes.
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
