package diagnose

import (
	"errors"
	"fmt"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
)

// SetEnding is the end of an apply of a set, as its message shows it. The zero value
// has no message.
type SetEnding struct {
	Title  string
	Fails  bool // it is an error, else a warning
	Advice string
}

// setAgain is what applying again does, like Again of [JobMessages].
const setAgain = "you apply again, because the next apply submits new jobs for these keys"

const (
	setRest     = "The next apply submits the remaining keys and waits for the live ones; it does not run finished ones again."
	setFixCause = "To fix this: fix the cause and apply again."
	setTimedOut = "To fix this: raise timeouts or max_in_flight, or set on_timeout = \"detach\" to leave such jobs running. Jobs that are IN_QUEUE for long mean that no worker is free or that workers crash at start: look at the health above and at the workers' logs."
	expiredKeys = "The API no longer knows these jobs, and their end was not seen: their results expired between two readings (30 minutes after the end), their ttl ran out, or the queue was purged. They are kept with expired = true."
	expiredKept = " Their keys are not run again. To run them again, change their inputs, or a value in triggers for all."
)

// The ends of an apply of a set.
var (
	SetInterruptedUnsubmitted = SetEnding{Title: "Interrupted before any job was submitted", Fails: true}
	SetResultsUnread          = SetEnding{Title: "Results could not be read", Advice: "When the jobs were to be cancelled, the API said that they had ended already, and their results could not be read. The next apply reads them, as long as the API keeps them (30 minutes after the end); it does not submit them again."}
	SetInterrupted            = SetEnding{Title: "Interrupted; the jobs keep running", Advice: setRest}
	SetInterruptedLost        = SetEnding{Title: "Interrupted; not every job could be cancelled", Advice: "To fix this: cancel the jobs named above in the console, or destroy the set. Otherwise the next apply waits for them."}
	SetInterruptedCancelled   = SetEnding{Title: "Interrupted; the jobs were cancelled", Advice: "The next apply runs new jobs for the cancelled keys and submits the remaining keys."}
	SetOutcomeUnknown         = SetEnding{Title: "Outcome of submissions unknown", Fails: true}
	SetRefused                = SetEnding{Title: "Unable to submit every job", Fails: true, Advice: setFixCause}
	SetCancelFailed           = SetEnding{Title: "Unable to cancel every job", Fails: true, Advice: "To fix this: apply again, or set on_destroy = \"keep\" to leave such jobs running."}
	SetUnwritten              = SetEnding{Title: titleUnwritten, Fails: true, Advice: "The jobs completed and are in the state. No file is half written, and a file that was there before is unchanged.\n\nTo fix this: make room or correct output_files, and apply again while the API has the results (30 minutes after the end of a job). The next apply reads them again and writes the files; it submits nothing for these keys."}
	SetWaitFailed             = SetEnding{Title: "Unable to wait for every job", Fails: true, Advice: "The jobs are in the state and may still run. " + setFixCause}
	SetExpired                = SetEnding{Title: "Jobs have expired", Fails: true, Advice: expiredKeys + "\n\nTo fix this: apply again, which runs new jobs for these keys. Set on_expired = \"warn\" or lower min_success_ratio to keep expired jobs instead."}
	SetExpiredKept            = SetEnding{Title: SetExpired.Title, Advice: expiredKeys + expiredKept}
	SetNotFound               = SetEnding{Title: "Jobs to cancel were not found"}
)

// SetBroken is the end of an apply whose jobs could not all be run, because of an
// error that concerns all of them. creating says that the set was being created.
func SetBroken(err error, creating bool) SetEnding {
	advice := adviceFor(err)
	if advice == "" {
		advice = "fix the cause."
	}
	advice = "Nothing more was submitted, because the others would have met the same.\n\nTo fix this: " + advice
	if !creating {
		advice += "\n\n" + setRest
	}
	return SetEnding{Title: "Jobs could not all be run", Fails: true, Advice: advice}
}

// SetTimedOut is the end of an apply that timed out and cancelled its jobs. readErr is
// why the last attempt to read a job failed, or nil.
func SetTimedOut(readErr error) SetEnding {
	advice := setTimedOut
	if first := adviceFor(readErr); first != "" {
		advice = "To fix this: " + first
	}
	return SetEnding{Title: "Jobs timed out and were cancelled", Fails: true, Advice: advice}
}

// SetStillRunning is the end of an apply that timed out and left its jobs running.
func SetStillRunning(readErr error) SetEnding {
	advice := "The wait ran out, and on_timeout = \"detach\" leaves the jobs running. " + setRest
	if first := adviceFor(readErr); first != "" {
		advice = "To fix this: " + first + "\n\n" + advice
	}
	return SetEnding{Title: "Jobs are still running", Advice: advice}
}

// SetStop is an apply that stopped submitting after a limit was reached.
type SetStop struct {
	Why         error // jobrun.ErrQueueTimeout, or another limit
	MaxFailures int64
	Detached    bool // the jobs were left running
}

// Ending returns the end of the apply.
func (s SetStop) Ending() SetEnding {
	const advice = "\n\nTo fix this: look at the health above. Throttled workers wait for a free machine, unhealthy ones crash at start (see their logs), and an endpoint without workers needs a higher maximum or a positive balance. Jobs also wait for each other: raise queue_timeout, or lower max_in_flight. The next apply submits the remaining keys."
	if !errors.Is(s.Why, jobrun.ErrQueueTimeout) {
		return SetEnding{Title: "Stopped after too many failed jobs", Fails: true, Advice: fmt.Sprintf("As many jobs failed as max_failures allows (%d), so nothing more was submitted.\n\nTo fix this: fix the cause and apply again, which submits the remaining keys, and runs the failed keys again unless on_failure or min_success_ratio keeps them.", s.MaxFailures)}
	}
	end := SetEnding{Title: "No worker took the jobs", Fails: true, Advice: "Nothing more was submitted, and the jobs were cancelled." + advice}
	if s.Detached {
		end.Fails, end.Advice = false, "Nothing more was submitted, and on_timeout = \"detach\" leaves the jobs in the queue."+advice
	}
	return end
}

// SetFailures is an apply in which not every job completed.
type SetFailures struct {
	Counts  SetCounts
	TooMany bool // more than min_success_ratio allows
	Fails   bool // and that is an error
	Expired bool // expired keys count as failed
}

// Ending returns the end of the apply.
func (f SetFailures) Ending() SetEnding {
	end := SetEnding{Title: fmt.Sprintf("%d of %d jobs failed", f.Counts.Failed, f.Counts.Total), Fails: f.TooMany && f.Fails}
	switch {
	case !f.TooMany:
		end.Advice = "That is within min_success_ratio; the failed jobs are kept."
	case f.Fails:
		end.Advice = "To fix this: fix the cause and apply again, which runs the failed keys again; set on_failure = \"warn\" or lower min_success_ratio to keep the failed jobs, or retry to repeat them."
		if f.Expired {
			end.Advice += "\n\nThe same holds for the expired keys, which count as failed; set on_expired = \"warn\" to keep them."
		}
	}
	return end
}
