// Package demoworker is a small worker in Go for the worker protocol of queue-based
// endpoints, which the public worker SDK implements. It is for the simulator's tests
// and demo. It has its own wire types, so that it does not share mistakes with the
// simulator.
package demoworker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Job is a job as sent to a worker.
type Job struct {
	ID    string          `json:"id"`
	Input json.RawMessage `json:"input"`
}

// Reporter sends partial results before the handler returns.
type Reporter interface {
	// Chunk sends a chunk of a streamed output.
	Chunk(value any) error
	// Progress sets the output that is shown while the job runs.
	Progress(value any) error
}

// Handler runs a job. The context ends when the job is stopped. An error fails the job,
// and so does an output that is an object with a member "error".
type Handler func(ctx context.Context, job Job, r Reporter) (output any, err error)

// Lookup returns a function like os.Getenv for NAME=VALUE pairs.
func Lookup(pairs []string) func(name string) string {
	values := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return func(name string) string { return values[name] }
}

// Worker takes jobs from a dispatcher and runs them.
type Worker struct {
	Getenv      func(string) string // the worker's environment, set by the dispatcher
	Handler     Handler
	Concurrency int               // maximum number of concurrent jobs; default 1
	Transport   http.RoundTripper // default http.DefaultTransport
	Log         func(text string) // nil logs nothing

	client  *http.Client
	id, key string
	mu      sync.Mutex
	running map[string]context.CancelFunc
	free    chan struct{} // one token per job that may be taken
	refresh bool
}

// pollTimeout is the timeout of a long poll.
const pollTimeout = 90 * time.Second

// retryPause is the pause between two attempts of a request.
const retryPause = 100 * time.Millisecond

// errRefresh stops a worker whose handler asked for it.
var errRefresh = errors.New("the handler asked for a new worker")

// Run takes and runs jobs until the context ends, without reporting unfinished jobs, or
// until a handler asks for a new worker.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.setUp(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var loops sync.WaitGroup
	loops.Go(func() { w.pingLoop(ctx) })
	loops.Go(func() { w.stopLoop(ctx) })
	loops.Go(func() { w.takeLoop(ctx, cancel) })
	loops.Wait()
	if errors.Is(context.Cause(ctx), errRefresh) {
		return nil
	}
	return ctx.Err()
}

func (w *Worker) setUp() error {
	w.id, w.key = w.Getenv("RUNPOD_POD_ID"), w.Getenv("RUNPOD_AI_API_KEY")
	for _, name := range []string{"RUNPOD_POD_ID", "RUNPOD_AI_API_KEY", "RUNPOD_WEBHOOK_GET_JOB", "RUNPOD_WEBHOOK_POST_OUTPUT"} {
		if w.Getenv(name) == "" {
			return fmt.Errorf("%s is not set", name)
		}
	}
	w.client = &http.Client{Transport: w.Transport, Timeout: pollTimeout}
	w.running = make(map[string]context.CancelFunc)
	w.free = make(chan struct{}, max(w.Concurrency, 1))
	for range cap(w.free) {
		w.free <- struct{}{}
	}
	if w.Log == nil {
		w.Log = func(string) {}
	}
	return nil
}

// url expands a URL template and adds what the environment omits.
func (w *Worker) url(name, jobID string) string {
	url := strings.ReplaceAll(w.Getenv(name), "$RUNPOD_POD_ID", w.id)
	if jobID == "" {
		jobID = w.id // in the URL for taking jobs, $ID is the worker's id
	}
	return strings.ReplaceAll(url, "$ID", jobID)
}

func (w *Worker) send(ctx context.Context, method, url, requestID string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", w.key)
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded") // the SDK sends JSON with this content type
		req.Header.Set("X-Request-ID", requestID)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(resp.Body)
	return resp.StatusCode, reply, err
}

func (w *Worker) pingLoop(ctx context.Context) {
	ms, err := strconv.Atoi(w.Getenv("RUNPOD_PING_INTERVAL"))
	if err != nil || ms <= 0 {
		ms = 10000
	}
	for sleep(ctx, 0); ctx.Err() == nil; sleep(ctx, time.Duration(ms)*time.Millisecond) {
		url := w.url("RUNPOD_WEBHOOK_PING", "") + "?runpod_version=demo"
		if ids := w.jobIDs(); ids != "" {
			url += "&job_id=" + ids
		}
		_, _, _ = w.send(ctx, http.MethodGet, url, "", nil) // a lost ping has no consequence
	}
}

func (w *Worker) jobIDs() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []string
	for id := range w.running {
		ids = append(ids, id)
	}
	return strings.Join(ids, ",")
}

// stopLoop stops the jobs that the dispatcher wants stopped.
func (w *Worker) stopLoop(ctx context.Context) {
	url := strings.Replace(w.url("RUNPOD_WEBHOOK_GET_JOB", ""), "/job-take/", "/job-stop/", 1)
	for ctx.Err() == nil {
		code, body, err := w.send(ctx, http.MethodGet, url, "", nil)
		var stop struct {
			JobsToStop []string `json:"jobsToStop"`
		}
		switch {
		case err == nil && code == http.StatusNoContent:
			continue
		case err != nil || code != http.StatusOK || json.Unmarshal(body, &stop) != nil:
			sleep(ctx, retryPause)
			continue
		}
		w.mu.Lock()
		for _, id := range stop.JobsToStop {
			if cancel := w.running[id]; cancel != nil {
				cancel()
			}
		}
		w.mu.Unlock()
	}
}

// takeLoop takes jobs up to the worker's concurrency, and runs them.
func (w *Worker) takeLoop(ctx context.Context, end context.CancelCauseFunc) {
	var jobs sync.WaitGroup
	defer jobs.Wait()
	for {
		select {
		case <-w.free:
		case <-ctx.Done():
			return
		}
		wanted := 1
		for wanted < cap(w.free) && len(w.free) > 0 {
			<-w.free
			wanted++
		}
		taken := w.take(ctx, wanted)
		for range wanted - len(taken) {
			w.free <- struct{}{}
		}
		for _, job := range taken {
			stoppable, stop := context.WithCancel(ctx)
			w.mu.Lock()
			w.running[job.ID] = stop
			w.mu.Unlock()
			jobs.Go(func() {
				defer stop()
				w.run(stoppable, ctx, job)
				w.mu.Lock()
				delete(w.running, job.ID)
				refresh := w.refresh
				w.mu.Unlock()
				if refresh {
					end(errRefresh)
				}
				w.free <- struct{}{}
			})
		}
	}
}

// take requests jobs. It returns nil if there are none.
func (w *Worker) take(ctx context.Context, wanted int) []Job {
	url := w.url("RUNPOD_WEBHOOK_GET_JOB", "")
	if wanted > 1 {
		url = strings.Replace(url, "/job-take/", "/job-take-batch/", 1) + "&batch_size=" + strconv.Itoa(wanted)
	}
	inProgress := "0"
	if w.jobIDs() != "" {
		inProgress = "1"
	}
	code, body, err := w.send(ctx, http.MethodGet, url+"&job_in_progress="+inProgress, "", nil)
	if err != nil || (code != http.StatusOK && code != http.StatusNoContent) {
		sleep(ctx, retryPause)
		return nil
	}
	if code == http.StatusNoContent {
		return nil
	}
	jobs := []Job{{}}
	if wanted > 1 {
		err = json.Unmarshal(body, &jobs)
	} else {
		err = json.Unmarshal(body, &jobs[0])
	}
	var complete []Job
	for _, job := range jobs {
		if err != nil || job.ID == "" || job.Input == nil {
			w.Log("Job has missing field(s): id or input.")
			sleep(ctx, retryPause)
			continue
		}
		complete = append(complete, job)
	}
	return complete
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
