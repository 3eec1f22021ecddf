package wait

import (
	"context"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// StreamAPI is the part of the API that reading a stream also needs; *runpod.Client
// implements it.
type StreamAPI interface {
	Status(ctx context.Context, endpointID, jobID string) (runpod.Job, error)
	Stream(ctx context.Context, endpointID, jobID string, wait time.Duration) (runpod.StreamPage, error)
	Health(ctx context.Context, endpointID string) (runpod.Health, error)
}

var _ StreamAPI = (*runpod.Client)(nil)

// Stream reads a job's chunks with GET /stream until the job is final and no chunks
// are left, and returns its final status. onPage is called with each reply, in order.
// The errors are those of [Waiter.Job]. Besides, a reply that was cut off ends the
// stream, because its chunks are lost and continuing would hide the gap, and so does a
// 404 of an API that knows the job but does not serve its stream.
func Stream(ctx context.Context, api StreamAPI, endpointID, jobID string, o Options, onPage func(runpod.StreamPage)) (runpod.Status, error) {
	started := time.Now()
	waiting, cancel := context.WithTimeoutCause(ctx, o.Timeout, errTimeout)
	defer cancel()
	s := &stream{api: api, endpointID: endpointID, jobID: jobID, options: o, loop: loop{started: started, since: o.SubmittedAt}, onPage: onPage}
	err := s.end(ctx, waiting, s.run(waiting), func() error {
		timeout := &TimeoutError{EndpointID: endpointID, JobID: jobID, Last: s.last, Waited: time.Since(started), Err: s.failure}
		timeout.Health = BriefHealth(ctx, api, endpointID)
		return timeout
	})
	return s.last, err
}

type stream struct {
	loop
	api               StreamAPI
	endpointID, jobID string
	options           Options
	onPage            func(runpod.StreamPage)
	last              runpod.Status
	known             int // times that /status knew the job and /stream did not
}

func (s *stream) run(ctx context.Context) error {
	afterEnd := 0
	for {
		asked := time.Now()
		page, err := s.ask(ctx)
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx) // a request that the end of the wait cut off is not a failure
		}
		s.failure = err
		next := interval(asked.Sub(s.started))
		switch {
		case err == nil:
			s.succeeded()
			if page.Status != "" {
				s.last = page.Status
			}
			s.onPage(page)
			if page.Status.Final() {
				if len(page.Chunks) == 0 {
					return nil
				}
				if afterEnd++; afterEnd == 1 {
					continue // more is buffered: read it at once
				}
				// The rest must be long, or the server returns the same chunks again
				// and again: not a reason to poll without a pause.
			}
			if len(page.Chunks) > 0 {
				next = minInterval
			}
		case mayBeUnserved(err) && s.unserved(ctx):
			return err
		case runpod.IsNotFromAPI(err): // it had nothing of the stream
			var end error
			if next, end = s.readJob(ctx, err, next); end != nil {
				return end
			}
		case !runpod.IsNotFound(err) || runpod.IsEndpointNotFound(err):
			return err
		case !s.mayBeInvisible():
			if s.missing++; s.missing > 1 {
				return &ExpiredError{EndpointID: s.endpointID, JobID: s.jobID, Last: s.last}
			}
			next = max(next, secondRead)
		}
		if end := s.pause(ctx, asked, next, err); end != nil {
			return end
		}
	}
}

// mayBeUnserved reports whether an error may mean that the API does not serve the
// job's stream: a 404, 405 or 501, from any server.
func mayBeUnserved(err error) bool {
	return notServed(err) && !runpod.IsEndpointNotFound(err)
}

// readJob reads the job after a gateway answered for its stream. It returns the pause
// before the next request for the stream, or an error that ends the wait: that of the
// stream, blocked, if the job has ended.
func (s *stream) readJob(ctx context.Context, blocked error, next time.Duration) (time.Duration, error) {
	job, err := s.api.Status(ctx, s.endpointID, s.jobID)
	if err != nil {
		next, end := s.failed(ctx, err, next)
		if runpod.IsJobNotFound(end) {
			end = &ExpiredError{EndpointID: s.endpointID, JobID: s.jobID, Last: s.last}
		}
		s.failure = blocked
		return next, end
	}
	s.seen, s.missing, s.last = true, 0, job.Status
	if job.Status.Final() {
		return 0, blocked
	}
	if s.options.OnJob != nil {
		s.options.OnJob(job)
	}
	return next, nil
}

// unserved reports whether the API knows the job but does not serve its stream. A job
// that becomes visible between the two requests looks the same, once.
func (s *stream) unserved(ctx context.Context) bool {
	if _, err := s.api.Status(ctx, s.endpointID, s.jobID); err != nil {
		return false
	}
	s.known++
	return s.known > 1
}

// ask reads one page. If the reply is a bare array, which has no status, an empty one
// is followed by reading the job, and the end of the job by one more page: chunks may
// have been added in between.
func (s *stream) ask(ctx context.Context) (runpod.StreamPage, error) {
	page, err := s.api.Stream(ctx, s.endpointID, s.jobID, s.options.hold(ctx, time.Since(s.started)))
	if err != nil || page.Status != "" || len(page.Chunks) > 0 {
		return page, err
	}
	job, err := s.api.Status(ctx, s.endpointID, s.jobID)
	if err == nil && job.Status.Final() {
		page, err = s.api.Stream(ctx, s.endpointID, s.jobID, runpod.MinSyncWait)
	}
	page.Status = job.Status
	return page, err
}
