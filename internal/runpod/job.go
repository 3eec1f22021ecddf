package runpod

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Status is the status of a job.
type Status string

// The statuses of a job. The API may answer with others; they count as not final.
const (
	StatusInQueue    Status = "IN_QUEUE"
	StatusInProgress Status = "IN_PROGRESS"
	StatusCompleted  Status = "COMPLETED"
	StatusFailed     Status = "FAILED"
	StatusCancelled  Status = "CANCELLED"
	StatusTimedOut   Status = "TIMED_OUT"
)

// Final reports whether the status of a job does not change any more by itself.
func (s Status) Final() bool {
	switch s {
	case StatusCompleted, StatusFailed, StatusCancelled, StatusTimedOut:
		return true
	default:
		return false
	}
}

// Limits of a submission.
const (
	MaxRunBody     = 10 * mib     // bytes of a POST /run body
	MaxRunSyncBody = 20 * 1000000 // bytes of a POST /runsync body
	MinSyncWait    = time.Second
	MaxSyncWait    = 5 * time.Minute
)

// JobRequest is the body of POST /run and POST /runsync.
type JobRequest struct {
	Input    json.RawMessage `json:"input"` // a JSON object, not empty
	Webhook  string          `json:"webhook,omitempty"`
	Policy   *Policy         `json:"policy,omitempty"`
	S3Config *S3Config       `json:"s3Config,omitempty"`
	// Secrets are values in the request that must not appear in an error if the API's
	// message repeats them. Webhook and the S3 secret always are.
	Secrets []string `json:"-"`
}

// Policy bounds the life of a job.
type Policy struct {
	ExecutionTimeout int64 `json:"executionTimeout,omitempty"` // ms
	TTL              int64 `json:"ttl,omitempty"`              // ms
	LowPriority      *bool `json:"lowPriority,omitempty"`
}

// S3Config tells a worker where to put its results.
type S3Config struct {
	AccessID     string `json:"accessId,omitempty"`
	AccessSecret string `json:"accessSecret,omitempty"`
	BucketName   string `json:"bucketName,omitempty"`
	EndpointURL  string `json:"endpointUrl,omitempty"`
	ObjectPath   string `json:"objectPath,omitempty"`
}

// Body returns the body of the request. The API limits its size.
func (r JobRequest) Body() ([]byte, error) {
	input, err := compact(r.Input)
	if err != nil {
		return nil, fmt.Errorf("the input is not JSON: %w", err)
	}
	r.Input = input
	return json.Marshal(r)
}

func (r JobRequest) secrets() []string {
	all := append(slices.Clone(r.Secrets), webhookSecrets(r.Webhook)...)
	if r.S3Config != nil {
		all = append(all, r.S3Config.AccessSecret)
	}
	return all
}

// Job is a job as the API reports it. Fields that the API omits are nil, and so are
// fields of an unexpected type or with an impossible value.
type Job struct {
	ID            string
	Status        Status
	DelayTime     *int64 // ms in the queue; starts again when the platform dispatches the job a second time
	ExecutionTime *int64 // ms on a worker
	WorkerID      string
	Retries       *int64          // dispatches after the first, made by the platform
	Output        json.RawMessage // any JSON; nil when there is none. May be set on a job that is not COMPLETED
	// OutputDefect says why Output is nil although the job has an output: the part of
	// it that cannot be read, such as "NaN at .scores[3]". It is "" otherwise.
	OutputDefect string
	Error        *JobError
	Dropped      *DroppedOutput // set instead of Output by [WithMaxOutput]
	// Unread is set when the job has ended and the reply is not of a kind that
	// includes the result: only reading the job shows what it returned.
	Unread bool
	Taken  any // set instead of Output by [WithOutputTaker]
}

// decodeJob reads an HTTP 200 reply that should be a job: the job knownID or, with "",
// a new one, whose id the reply must have. Only the id of a new job and the status of
// a known one are required.
func decodeJob(body []byte, knownID string, f *fields) (Job, error) {
	reply, err := parseReply(body)
	switch {
	case err != nil:
		return Job{}, err
	case !reply.isObject():
		return Job{}, reply.notA("a job")
	}
	m := reply.members("id", "status", "error", "delayTime", "executionTime", "workerId", "retries", "output")
	id, failure := m[0].id(), parseJobError(m[2])
	status, ok := m[1].text()
	if knownID != "" {
		id = knownID // whatever the reply says
	} else if id != "" && status == "" {
		status = string(StatusInQueue) // an id without a status: accepted, nothing known yet
	}
	switch {
	case status == "" && !ok && !m[1].missing():
		// A problem document under HTTP 200: its status is a number.
		return Job{}, &refusal{messageOf(body)}
	case m[0].id() == "" && status == "" && failure != nil:
		return Job{}, &refusal{failure.Message}
	case id == "":
		return Job{}, errors.New("it has no job id")
	case status == "":
		return Job{}, errors.New("it has no job status")
	}
	f.odd("id", m[0], m[0].id() != "")
	f.odd("status", m[1], ok)
	job := Job{
		ID:            id,
		Status:        Status(printableName(status)),
		DelayTime:     f.number("delayTime", m[3]),
		ExecutionTime: f.number("executionTime", m[4]),
		WorkerID:      f.text("workerId", m[5], maxName),
		Retries:       f.number("retries", m[6]),
		Error:         failure,
	}
	job.Output, job.OutputDefect = m[7].output()
	return job, nil
}

// Run submits a job with POST /run and returns at once with its id.
func (c *Client) Run(ctx context.Context, endpointID string, r JobRequest) (Job, error) {
	return c.submit(ctx, &call{op: OpRun, endpoint: endpointID, path: []string{"run"}}, r)
}

// RunSync submits a job with POST /runsync and waits up to wait, between
// MinSyncWait and MaxSyncWait, for its end. The job that it returns may be
// unfinished. Its id is known only from the reply: a connection that breaks
// during the wait loses it.
func (c *Client) RunSync(ctx context.Context, endpointID string, r JobRequest, wait time.Duration) (Job, error) {
	return c.submit(ctx, &call{
		op: OpRunSync, endpoint: endpointID, path: []string{"runsync"},
		query: waitQuery(wait), hold: wait,
	}, r)
}

func (c *Client) submit(ctx context.Context, k *call, r JobRequest) (Job, error) {
	body, err := r.Body()
	if err != nil {
		return Job{}, &Error{Operation: k.op, EndpointID: k.endpoint, Reason: ReasonRefused, Message: err.Error(), Err: err}
	}
	k.body = body
	k.secrets = c.secrets.remember(r.secrets())
	return c.job(ctx, k)
}

// job makes a call whose reply is a job.
func (c *Client) job(ctx context.Context, k *call) (Job, error) {
	var job Job
	k.decode = func(body []byte) (err error) {
		job, err = decodeJob(body, k.jobID, k.fields())
		job = c.takeOutput(ctx, job)
		if refused := new(refusal); k.op == OpRunSync && errors.As(err, &refused) && !notQueued(refused.message) {
			return fmt.Errorf("an error instead of a job, which may have run: %s", refused.message)
		}
		return err
	}
	err := c.do(ctx, k)
	switch k.op {
	case OpRun, OpCancel, OpRetry: // whose replies carry no result
		job.Unread = job.Status.Final() && job.Status != StatusCancelled && job.Output == nil && job.OutputDefect == "" && job.Dropped == nil && job.Taken == nil && job.Error == nil
	}
	return job, err
}

// notQueued reports whether an error message says that no job was created. An error of
// POST /runsync can also be that of the job, whose id is lost then.
func notQueued(message string) bool {
	return strings.Contains(strings.ToLower(message), "could not queue")
}

// Status reads a job with GET /status/{id}.
func (c *Client) Status(ctx context.Context, endpointID, jobID string) (Job, error) {
	return c.job(ctx, jobCall(OpStatus, endpointID, jobID))
}

// StatusSync reads a job with GET /status-sync/{id}?wait=, a request that the server
// holds until the job ends, or for wait: MinSyncWait to MaxSyncWait, and at most
// MinSyncWait if MaxConcurrent is 1.
func (c *Client) StatusSync(ctx context.Context, endpointID, jobID string, wait time.Duration) (Job, error) {
	k := jobCall(OpStatusSync, endpointID, jobID)
	wait = min(wait, c.maxHold)
	k.query, k.hold = waitQuery(wait), wait
	return c.job(ctx, k)
}

// Cancel stops a job with POST /cancel/{id}. A worker that runs it may learn
// of that some seconds later.
func (c *Client) Cancel(ctx context.Context, endpointID, jobID string) (Job, error) {
	return c.job(ctx, jobCall(OpCancel, endpointID, jobID))
}

// Retry puts a FAILED or TIMED_OUT job back into the queue with POST
// /retry/{id}, under the same id and with the same input.
func (c *Client) Retry(ctx context.Context, endpointID, jobID string) (Job, error) {
	return c.job(ctx, jobCall(OpRetry, endpointID, jobID))
}

func jobCall(op Operation, endpointID, jobID string) *call {
	return &call{op: op, endpoint: endpointID, jobID: jobID, path: []string{string(op), jobID}}
}

func waitQuery(wait time.Duration) url.Values {
	return url.Values{"wait": {strconv.FormatInt(wait.Milliseconds(), 10)}}
}
