package wait_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// silentAPI never answers. The request ends with its context, as the client's does.
type silentAPI struct{}

func cutOff(ctx context.Context) error {
	<-ctx.Done()
	return &runpod.Error{Operation: runpod.OpStatus, EndpointID: "ep", Reason: runpod.ReasonInterrupted, Err: context.Cause(ctx)}
}

func (*silentAPI) Status(ctx context.Context, _, _ string) (runpod.Job, error) {
	return runpod.Job{}, cutOff(ctx)
}

func (*silentAPI) StatusSync(ctx context.Context, _, _ string, _ time.Duration) (runpod.Job, error) {
	return runpod.Job{}, cutOff(ctx)
}

func (*silentAPI) Stream(ctx context.Context, _, _ string, _ time.Duration) (runpod.StreamPage, error) {
	return runpod.StreamPage{}, cutOff(ctx)
}

func (*silentAPI) Batch(ctx context.Context, _, _ string) (runpod.Batch, error) {
	return runpod.Batch{}, cutOff(ctx)
}

func (*silentAPI) BatchRequests(ctx context.Context, _, _ string, _, _ int) (runpod.BatchPage, error) {
	return runpod.BatchPage{}, cutOff(ctx)
}

func (*silentAPI) Health(ctx context.Context, _ string) (runpod.Health, error) {
	return runpod.Health{}, cutOff(ctx)
}

// TestCutOff: a request that the end of the wait cuts off has not failed, and no error
// shows it as the last failure.
func TestCutOff(t *testing.T) {
	t.Parallel()
	for name, call := range everyWait(time.Minute) {
		t.Run(name+", timeout", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				err := call(t.Context(), &silentAPI{})
				var job *wait.TimeoutError
				var batch *wait.BatchTimeoutError
				var gate *wait.UnmetError
				switch {
				case errors.As(err, &job):
					err = job.Err
				case errors.As(err, &batch):
					err = batch.Err
				case errors.As(err, &gate):
					err = gate.Err
				default:
					t.Fatalf("not a timeout: %v", err)
				}
				if err != nil {
					t.Errorf("the last failure is %v", err)
				}
			})
		})
		t.Run(name+", interrupt", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, interrupt := context.WithTimeout(t.Context(), time.Second)
				defer interrupt()
				var interrupted *wait.InterruptedError
				if err := call(ctx, &silentAPI{}); !errors.As(err, &interrupted) || interrupted.Failure != nil {
					t.Errorf("got %#v", err)
				}
			})
		})
	}
}
