package diagnose

import (
	"fmt"
	"strings"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// Queued returns why a job may still be in the queue of an endpoint with this health;
// "" if the health does not show it.
func Queued(h runpod.Health) string {
	w := h.Workers
	var reasons []string
	if n := runpod.CountOf(w.Unhealthy); n > 0 {
		reasons = append(reasons, workers(n)+" unhealthy: they crash at start or do not answer, so look at their logs")
	}
	if n := runpod.CountOf(w.Throttled); n > 0 {
		reasons = append(reasons, workers(n)+" throttled: no machine is free for them")
	}
	if n := runpod.CountOf(w.Initializing); n > 0 {
		reasons = append(reasons, workers(n)+" starting")
	}
	switch {
	case len(reasons) > 0:
	case runpod.CountOf(w.Ready) > 0 || runpod.CountOf(w.Idle) > 0:
		return "" // a worker is free: the job should be taken at any moment
	case runpod.CountOf(w.Running) > 0:
		reasons = append(reasons, workers(runpod.CountOf(w.Running))+" busy, and none is free")
	case w.Running != nil && (w.Ready != nil || w.Idle != nil):
		reasons = append(reasons, "the endpoint has no workers: its largest number of workers may be 0, or the account's balance used up")
	}
	return strings.Join(reasons, "; ")
}

func workers(n int64) string {
	if n == 1 {
		return "1 worker is"
	}
	return fmt.Sprintf("%d workers are", n)
}
