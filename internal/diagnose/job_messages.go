package diagnose

import "github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"

// JobMessages are the advice of a type for each end of a job. The facts before it are
// the same for all types.
type JobMessages struct {
	TimedOut        string // the wait ran out: how to wait longer, or why the job may not end
	Running         string // what that means for a job that keeps running
	RunningFail     bool   // and that is an error
	Cancelled       string // the user's interrupt cancelled the job
	Interrupted     string // the user's interrupt left the job running
	InterruptedFail bool   // and that is an error
	Lost            string // the job may still be running although it was to be cancelled
	Expired         string // the API no longer knows the job, and that is an error
	ExpiredKept     string // the same, as a warning
	Unread          string // the job has ended, and its result could not be read
	UnreadFail      bool   // and that is an error
	Broken          string // the job cannot be read
	Failed          string // the job did not complete
	EndedCancelled  string // the same, of a CANCELLED job, which cannot be retried; "" for Failed
	CancelFailed    string // cancelling a job that is not needed any more failed
	Again           string // completes "look at the requests in the console before …"
}

const expiredText = "The API no longer knows the job, and its end was not seen: its result expired between two readings (30 minutes after the end of a /run job, 1 minute after that of a /runsync job), its ttl ran out, or the queue was purged. "

// unreadText is for types that cannot read the result later.
const unreadText = "When the job was to be cancelled, the API said that it had ended already, and the result could not be read. Read it with the data source runpodserverless_job, as long as the API keeps it."

// JobResource reports an error only for what should run again or cannot be resumed: an
// error taints a resource that is being created, and a tainted job is paid for again.
var JobResource = JobMessages{
	TimedOut:       "To fix this: raise timeouts.create, or set on_timeout = \"detach\" to leave such a job running. IN_QUEUE for long means that no worker is free or that workers crash at start: look at the health above and at the workers' logs.",
	Running:        "The wait ran out, and on_timeout = \"detach\" leaves the job running. The next apply resumes the wait; it submits nothing. What depends on the output sees null until then.",
	Cancelled:      "The next apply runs a new job.",
	Interrupted:    "The job is in the state. The next apply resumes the wait; it submits nothing. Destroy the resource to cancel the job.",
	Lost:           "The job may still run, and cost. To fix this: cancel it in the console, or destroy this resource.",
	Expired:        expiredText + "The resource is kept with expired = true.\n\nTo fix this: apply again, which runs a new job. Set on_expired = \"warn\" to keep an expired job instead.",
	ExpiredKept:    expiredText + "The resource is kept with expired = true, and no new job is planned. To run it again, change a value in triggers, or use -replace.",
	Unread:         "When the job was to be cancelled, the API said that it had ended already, and the result could not be read. The job is in the state as unfinished. The next apply reads its result, as long as the API keeps it (30 minutes after the end of a /run job); it submits nothing.",
	Broken:         "The job was submitted and its id is in the state; it may still run. Fix the cause and apply again: the next apply waits for this job and submits nothing. When this happens during creation, the plan shows a replacement, which takes the job over.",
	Failed:         "To fix this: fix the cause and apply again, which runs a new job; set on_failure = \"warn\" to keep a failed job, or retry to repeat it.",
	EndedCancelled: "To fix this: apply again, which runs a new job; set on_failure = \"warn\" to keep a cancelled job.",
	CancelFailed:   "To fix this: fix the cause and destroy again. To remove the resource without cancelling the job, use terraform state rm.",
	Again:          "you apply again, because the next apply submits a new job",
}

// JobAction is for a job that an action submitted or cancels. It stores nothing.
var JobAction = JobMessages{
	TimedOut:        "To fix this: raise timeouts.invoke, or set on_timeout = \"detach\" to leave such a job running. IN_QUEUE for long means that no worker is free or that workers crash at start: look at the health above and at the workers' logs.",
	Running:         "The wait ran out, and the job keeps running. Read it with the data source runpodserverless_job, or stop it with the action runpodserverless_job_cancel.",
	Cancelled:       "Invoking the action again submits a new job.",
	Interrupted:     "The job keeps running. Read it with the data source runpodserverless_job, or stop it with the action runpodserverless_job_cancel.",
	InterruptedFail: true,
	Lost:            "The job may still run, and cost. To fix this: cancel it with the action runpodserverless_job_cancel, or in the console.",
	Expired:         expiredText + "Invoking the action again submits a new job.",
	ExpiredKept:     expiredText + "Invoking the action again submits a new job.",
	Unread:          unreadText,
	UnreadFail:      true,
	Broken:          "The job may still run. Read it with the data source runpodserverless_job, or stop it with the action runpodserverless_job_cancel.",
	Failed:          "To fix this: fix the cause and invoke the action again; set on_failure = \"warn\" to continue anyway, or retry to retry the job.",
	EndedCancelled:  "To fix this: invoke the action again, which submits a new job; set on_failure = \"warn\" to continue anyway.",
	CancelFailed:    "The job may still run, and cost.",
	Again:           "you invoke the action again, because that submits a new job",
}

// JobRetryAction is for a job that an action put back into the queue. It submits and
// cancels nothing, and has neither on_timeout nor retry.
var JobRetryAction = JobMessages{
	TimedOut:        "To fix this: raise timeouts.invoke. IN_QUEUE for long means that no worker is free or that workers crash at start: look at the health above and at the workers' logs.",
	Running:         JobAction.Running,
	RunningFail:     true,
	Interrupted:     JobAction.Interrupted,
	InterruptedFail: true,
	Expired:         expiredText + "An expired job cannot be retried. " + runsAsNew,
	Broken:          JobAction.Broken,
	Failed:          "To fix this: fix the cause and invoke the action again, which retries the job again while the API keeps it; set on_failure = \"warn\" to continue anyway.",
	EndedCancelled:  "A cancelled job cannot be retried. " + runsAsNew,
}

const runsAsNew = "To run it, submit a new job, with the action runpodserverless_job_run or the resource runpodserverless_job."

// JobEphemeral is for a job of an ephemeral resource, whose wait cannot be resumed.
var JobEphemeral = JobMessages{
	TimedOut:        "To fix this: raise timeouts.open. IN_QUEUE for long means that no worker is free or that workers crash at start: look at the health above and at the workers' logs.",
	Running:         "The wait ran out, and on_timeout = \"detach\" leaves the job running. Nothing about it is stored: note its id.",
	RunningFail:     true,
	Cancelled:       "The next run submits a new job.",
	Interrupted:     "on_interrupt = \"detach\" leaves the job running. Nothing about it is stored: note its id.",
	InterruptedFail: true,
	Lost:            "The job may still run, and cost. To fix this: cancel it in the console.",
	Expired:         expiredText + "The next run submits a new job.",
	ExpiredKept:     expiredText + "All results but the id are null. The next run submits a new job.",
	Unread:          unreadText,
	UnreadFail:      true,
	Broken:          "The job was submitted and may still run. It is cancelled now, if the API takes that.",
	Failed:          "To fix this: fix the cause and run again; set on_failure = \"warn\" to continue with a failed job, or retry to retry it.",
	EndedCancelled:  "To fix this: run again, which submits a new job; set on_failure = \"warn\" to continue with a cancelled job.",
	CancelFailed:    "The job may still run, and cost. To fix this: cancel it in the console.",
	Again:           "you run it again, because that submits a new job",
}

// JobDataSource is for a job that was submitted elsewhere: a data source cancels
// nothing, and stores no partial result.
var JobDataSource = JobMessages{
	TimedOut:        "To fix this: raise timeouts.read, or set wait_for_completion = false. IN_QUEUE for long means that no worker is free or that workers crash at start: look at the health above and at the workers' logs.",
	Running:         "The job keeps running; the next read waits again.",
	RunningFail:     true,
	Interrupted:     "The job keeps running; the next read waits again.",
	InterruptedFail: true,
	Broken:          "The job keeps running; the next read waits again.",
	Expired:         expiredText,
	Failed:          "To fix this: set on_failure = \"warn\" to read a failed job without failing.",
}

// failed returns the advice about a job that ended with a status other than COMPLETED.
func (m *JobMessages) failed(status runpod.Status) string {
	if status == runpod.StatusCancelled && m.EndedCancelled != "" {
		return m.EndedCancelled
	}
	return m.Failed
}

// SubmitFailed is the message about a submission that failed or has an unknown
// outcome. health is the endpoint's health at this moment, or "".
func (m *JobMessages) SubmitFailed(endpoint string, err error, health string) Message {
	if !runpod.OutcomeUnknown(err) {
		return Endpoint(endpoint).facts().explain(err).titled("Unable to submit the job")
	}
	return unknownOutcome{
		endpoint: endpoint, err: err, mayExist: "A job may exist on the endpoint whose id Terraform does not know.",
		toFix: lookFirst(endpoint, m.Again), health: health,
	}.titled("Outcome of the submission unknown")
}

// NotCancelled is the message about a failed attempt to cancel a job that is not
// needed any more.
func (m *JobMessages) NotCancelled(j Job, err error) Message {
	return j.facts().explain(err).paragraph("%s", m.CancelFailed).titled("Unable to cancel the job")
}

// HasExpired is the message about a job that the API no longer knows. reruns says that
// it will run again.
func (m *JobMessages) HasExpired(j Job, lastSeen runpod.Status, reruns bool) Message {
	return m.expired(j.facts().field("State when last seen", string(lastSeen)), reruns)
}

func (m *JobMessages) expired(about *detail, reruns bool) Message {
	advice := m.ExpiredKept
	if reruns {
		advice = m.Expired
	}
	return about.paragraph("%s", advice).titled("Job has expired")
}
