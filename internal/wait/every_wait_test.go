package wait_test

import (
	"context"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// waitsAPI is what the four waits use.
type waitsAPI interface {
	wait.API
	wait.StreamAPI
	wait.BatchAPI
}

// everyWait returns the four waits by name, each with this timeout.
func everyWait(timeout time.Duration) map[string]func(context.Context, waitsAPI) error {
	return map[string]func(context.Context, waitsAPI) error{
		"job": func(ctx context.Context, api waitsAPI) error {
			_, err := wait.New(api).Job(ctx, "ep", "job-1", wait.Options{Timeout: timeout})
			return err
		},
		"batch": func(ctx context.Context, api waitsAPI) error {
			_, err := wait.Batch(ctx, api, "ep", "batch-1", wait.BatchOptions{Timeout: timeout})
			return err
		},
		"stream": func(ctx context.Context, api waitsAPI) error {
			_, err := wait.Stream(ctx, api, "ep", "job-1", wait.Options{Timeout: timeout}, func(runpod.StreamPage) {})
			return err
		},
		"health": func(ctx context.Context, api waitsAPI) error {
			_, err := wait.New(api).Health(ctx, "ep", timeout, func(runpod.Health) []string { return []string{"ready"} })
			return err
		},
	}
}
