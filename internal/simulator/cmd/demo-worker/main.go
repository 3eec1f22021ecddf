// Command demo-worker serves jobs of an external endpoint of the simulator with
// the handler demoworker.Demo. It takes everything from the environment.
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
		os.Exit(1) //nolint:gocritic // nothing is left to be stopped
	}
}
