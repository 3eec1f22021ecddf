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

// lateInterrupt is a context that ends directly after it was asked whether it has.
type lateInterrupt struct {
	context.Context
	interrupt context.CancelFunc
}

func (l lateInterrupt) Err() error {
	defer l.interrupt()
	return l.Context.Err()
}

// refusingAPI refuses the key.
type refusingAPI struct{ fakeAPI }

func (*refusingAPI) Batch(context.Context, string, string) (runpod.Batch, error) {
	return runpod.Batch{}, status(401, "invalid api key")
}

func (*refusingAPI) BatchRequests(context.Context, string, string, int, int) (runpod.BatchPage, error) {
	return runpod.BatchPage{}, status(401, "invalid api key")
}

func (*refusingAPI) Stream(context.Context, string, string, time.Duration) (runpod.StreamPage, error) {
	return runpod.StreamPage{}, status(401, "invalid api key")
}

// TestLateInterrupt: a wait that ends with an error, and whose context ends at the
// same moment, has not timed out: a timeout would cancel the job. This happens when a
// refused key ends all waits of a set.
func TestLateInterrupt(t *testing.T) {
	t.Parallel()
	for name, call := range everyWait(time.Hour) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				err := call(lateInterrupt{ctx, interrupt}, &refusingAPI{fakeAPI{failures: []error{status(401, "invalid api key")}}})
				if err == nil || errors.As(err, new(*wait.TimeoutError)) || errors.As(err, new(*wait.BatchTimeoutError)) || errors.As(err, new(*wait.UnmetError)) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}
