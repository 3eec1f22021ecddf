package simulator

import (
	"slices"
	"time"
)

// The statuses of a worker, as the management API names them.
const (
	workerRunning      = "RUNNING" // has a job
	workerIdle         = "IDLE"    // ready for a job
	workerInitializing = "INITIALIZING"
	workerThrottled    = "THROTTLED"
	workerUnhealthy    = "UNHEALTHY"
)

// fleet runs the jobs of an endpoint. Its methods are called with the endpoint's lock
// held.
type fleet interface {
	// dispatch gives queued jobs to free workers.
	dispatch()
	// release frees the worker of a job that has ended or is requeued.
	release(j *job)
	// configure adapts the workers to a change of the endpoint's configuration or
	// warmth.
	configure(old Endpoint)
	// list returns the active workers. The caller must not change it.
	list() []*worker
}

// worker is a worker of an endpoint, guarded by the endpoint's lock.
type worker struct {
	id        string
	phase     string // its status when it has no jobs
	version   int    // the endpoint's version that it runs
	image     string
	startedAt time.Time // simulated time
	jobs      []*job
	retire    bool // it will be replaced when it has no jobs
	crashing  bool // in a crash loop
	log       workerLog
}

func (w *worker) status() string {
	if len(w.jobs) > 0 {
		return workerRunning
	}
	return w.phase
}

// newWorker returns a worker on the endpoint's current version.
func (e *endpoint) newWorker(id, phase string) *worker {
	return &worker{id: id, phase: phase, version: e.config.Version, image: e.config.Image, startedAt: e.server.clock.now()}
}

// active returns all active workers, including those that cannot take jobs.
func (e *endpoint) active() []*worker {
	return append(slices.Clip(e.fleet.list()), e.stuck...)
}

// resizeStuck creates or removes throttled and unhealthy workers, as configured.
func (e *endpoint) resizeStuck() {
	for phase, n := range map[string]int{workerThrottled: e.config.Throttled, workerUnhealthy: e.config.Unhealthy} {
		have := 0
		e.stuck = slices.DeleteFunc(e.stuck, func(w *worker) bool {
			if w.phase == phase {
				have++
			}
			return w.phase == phase && have > n
		})
		for ; have < n; have++ {
			e.stuck = append(e.stuck, e.newWorker(workerID(), phase))
		}
	}
}

// begin assigns a job to a worker.
func (e *endpoint) begin(j *job, w *worker) {
	e.running++
	j.state = inProgress
	j.startedAt = e.server.clock.now()
	j.worker, j.on = w.id, w
	w.jobs = append(w.jobs, j)
	j.notify()
}

// next removes the first job from the queue and returns it; nil if the queue is empty.
func (e *endpoint) next() *job {
	for len(e.queue) > 0 {
		j := e.queue[0]
		e.queue = e.queue[1:]
		if j.state == inQueue {
			e.waiting--
			return j
		}
	}
	return nil
}

// executionLimit returns the execution timeout of a job.
func (e *endpoint) executionLimit(j *job) time.Duration {
	if j.Policy.ExecutionTimeout > 0 {
		return time.Duration(j.Policy.ExecutionTimeout) * time.Millisecond
	}
	return e.config.ExecutionTimeout
}

// keepFormer keeps a worker that has left, so that its log can be read.
func (e *endpoint) keepFormer(w *worker) {
	e.log(w, logSystem, "stop container")
	e.left = append(e.left, w)
	if len(e.left) > maxFormer {
		e.left = e.left[1:]
	}
}

// maxFormer is the maximum number of former workers that are kept.
const maxFormer = 100

// worker returns an active or former worker by its id.
func (e *endpoint) worker(id string) *worker {
	for _, w := range e.active() {
		if w.id == id {
			return w
		}
	}
	for i := len(e.left) - 1; i >= 0 && !e.server.options.Choices.ForgetWorkerLogs; i-- {
		if e.left[i].id == id {
			return e.left[i]
		}
	}
	return nil
}

// counts counts the active workers by status.
func (e *endpoint) counts() map[string]int {
	n := make(map[string]int)
	for _, w := range e.active() {
		n[w.status()]++
	}
	return n
}
