// Command demo-worker runs the jobs of an external endpoint of the simulator with the
// handler demoworker.Demo. Its configuration comes from the environment.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/demoworker"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	w := demoworker.Worker{Getenv: os.Getenv, Handler: demoworker.Demo, Log: func(text string) { fmt.Println(text) }}
	if err := w.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "demo-worker:", err)
		os.Exit(1) //nolint:gocritic // no deferred call matters here
	}
}
