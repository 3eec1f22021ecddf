package jobset

import (
	"errors"
	"fmt"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
)

const (
	titleQueued  = "No worker took the jobs"
	adviceQueued = "\n\nTo fix this: look at the health above. Throttled workers wait for a free machine, unhealthy ones crash at start (see their logs), and an endpoint without workers needs a higher maximum or a positive balance. Jobs also wait for each other: raise queue_timeout, or lower max_in_flight. The next apply submits the keys that had no turn."
)

// summaryOfStop is the verdict when nothing more was submitted after a limit was reached.
func (w *run) summaryOfStop(why error) summary {
	switch {
	case !errors.Is(why, jobrun.ErrQueueTimeout):
		return summary{"Stopped after too many failed jobs", true, fmt.Sprintf("As many jobs failed as max_failures allows (%d), so nothing more was submitted.\n\nTo fix this: fix the cause and apply again, which submits the keys that had no turn, and runs the failed keys again unless on_failure or min_success_ratio keeps them.", w.MaxFailures.ValueInt64())}
	case w.OnTimeout.ValueString() == string(jobrun.Detach):
		return summary{titleQueued, false, "Nothing more was submitted, and on_timeout = \"detach\" leaves the jobs in the queue." + adviceQueued}
	default:
		return summary{titleQueued, true, "Nothing more was submitted, and the jobs were cancelled." + adviceQueued}
	}
}
