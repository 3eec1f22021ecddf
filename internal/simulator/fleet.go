package simulator

import (
	"slices"
	"time"
)

// The states of a worker, as the management API names them.
const (
	workerRunning      = "RUNNING" // processes a job
	workerIdle         = "IDLE"    // ready for one
	workerInitializing = "INITIALIZING"
	workerThrottled    = "THROTTLED"
	workerUnhealthy    = "UNHEALTHY"
)

// fleet is what runs the jobs of an endpoint. Its methods are called with the
// endpoint's lock held.
type fleet interface {
	// dispatch gives waiting jobs to free workers.
	dispatch()
	// release frees the worker of a job that ended, or that is put back into the queue.
	release(j *job)
	// configure adapts the workers to a change of the endpoint's configuration or warmth.
	configure(old Endpoint)
	// list returns the active workers. The caller must not change it.
	list() []*worker
}

// worker is a worker of an endpoint, guarded by the endpoint's lock.
type worker struct {
	id        string
	phase     string // its status while it has no jobs
	version   int    // of the endpoint that it serves
	image     string
	startedAt time.Time // simulated
	jobs      []*job
	retire    bool // to be replaced when it is free
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

// active returns all active workers, including those that can take no job.
func (e *endpoint) active() []*worker {
	return append(slices.Clip(e.fleet.list()), e.stuck...)
}

// resizeStuck makes as many workers throttled and unhealthy as the configuration says.
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

// begin puts a job on a worker.
func (e *endpoint) begin(j *job, w *worker) {
	e.running++
	j.state = inProgress
	j.startedAt = e.server.clock.now()
	j.worker, j.on = w.id, w
	w.jobs = append(w.jobs, j)
	j.notify()
}

// next takes the first job from the queue; it returns nil when none waits.
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

// executionLimit is how long a job may run.
func (e *endpoint) executionLimit(j *job) time.Duration {
	if j.Policy.ExecutionTimeout > 0 {
		return time.Duration(j.Policy.ExecutionTimeout) * time.Millisecond
	}
	return e.config.ExecutionTimeout
}

// former keeps a worker that left, so that its log can be read.
func (e *endpoint) former(w *worker) {
	e.log(w, logSystem, "stop container")
	e.left = append(e.left, w)
	if len(e.left) > maxFormer {
		e.left = e.left[1:]
	}
}

// maxFormer bounds how many workers that left are kept.
const maxFormer = 100

// worker returns an active worker by its id, or one that left.
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
