package simulator

import (
	"slices"
	"sync"
	"time"
)

const (
	retentionAsync = 30 * time.Minute
	retentionSync  = time.Minute
	defaultTTL     = 24 * time.Hour
	// lostAfter is when the platform notices that a worker does not report a job.
	lostAfter = time.Minute
	// timeoutDelay is how late the platform enforces executionTimeout.
	timeoutDelay = 3 * time.Second
)

// endpoint is one endpoint and its jobs.
type endpoint struct {
	server *Server
	id     string

	mu      sync.Mutex
	config  Endpoint
	jobs    map[string]*job
	queue   []*job // jobs IN_QUEUE, in order; may include jobs that are no longer queued
	waiting int    // jobs that are IN_QUEUE
	running int
	warm    bool
	warming bool
	fleet   fleet
	stuck   []*worker // throttled and unhealthy workers
	left    []*worker // workers that have left
	batches []*batch  // in the order of their creation
	done    struct{ completed, failed, retried int }
}

func newEndpoint(s *Server, id string, config Endpoint) *endpoint {
	e := &endpoint{server: s, id: id, config: config, jobs: make(map[string]*job), warm: config.ColdStart == 0}
	if config.External {
		e.fleet = newExternalFleet(e)
	} else {
		e.fleet = &scriptedFleet{e: e}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.resizeStuck()
	e.fleet.configure(config)
	return e
}

func (e *endpoint) configure(config Endpoint) {
	e.mu.Lock()
	defer e.mu.Unlock()
	old := e.config
	config.External = old.External
	e.config = config
	e.resizeStuck()
	e.fleet.configure(old)
	e.dispatch()
}

func (e *endpoint) loadBalancer() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.config.LoadBalancer
}

// add accepts a job.
func (e *endpoint) add(sub submission, isSync bool) (id string, view map[string]any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	prefix := ""
	if isSync {
		prefix = "sync-"
	}
	j := &job{submission: sub, id: newID(prefix), sync: isSync, changed: make(chan struct{})}
	e.jobs[j.id] = j
	ttl := defaultTTL
	if sub.Policy.TTL > 0 {
		ttl = time.Duration(sub.Policy.TTL) * time.Millisecond
	}
	j.ttl = e.server.clock.after(ttl, func() { e.expire(j) })
	e.enqueue(j)
	view = map[string]any{"id": j.id, "status": inQueue}
	e.dispatch()
	return j.id, view
}

func (e *endpoint) enqueue(j *job) {
	j.state = inQueue
	j.queuedAt = e.server.clock.now()
	j.startedAt, j.endedAt = time.Time{}, time.Time{}
	e.queue = append(e.queue, j)
	e.waiting++
}

// dispatch gives queued jobs to free workers. It does nothing before the first worker
// is ready.
func (e *endpoint) dispatch() {
	if e.config.Throttled > 0 || e.config.Unhealthy > 0 {
		return
	}
	if !e.warm {
		e.warmUp()
		return
	}
	e.fleet.dispatch()
}

// warmUp starts the first worker when a job is queued.
func (e *endpoint) warmUp() {
	if e.warming || e.waiting == 0 || e.config.Workers == 0 {
		return
	}
	e.warming = true
	e.fleet.configure(e.config)
	e.after(e.config.ColdStart, func() {
		e.warm, e.warming = true, false
		e.fleet.configure(e.config)
		e.dispatch()
	})
}

// timeOut ends a job that has exceeded its execution timeout.
func (e *endpoint) timeOut(j *job) {
	e.end(j, result{state: failed, failure: jsonOf("executionTimeout exceeded")})
}

// later calls f after d, unless the job's current run has ended by then.
func (e *endpoint) later(j *job, d time.Duration, f func()) {
	var t *timer
	t = e.server.clock.after(d, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if slices.Contains(j.timers, t) {
			f()
		}
	})
	j.timers = append(j.timers, t)
}

// lose handles a job whose worker never reports it: the job is dispatched once more,
// then it fails.
func (e *endpoint) lose(j *job) {
	j.lost++
	if j.lost > 1 {
		e.end(j, result{state: failed, failure: jsonOf("job timed out after 1 retries")})
		return
	}
	e.release(j)
	e.done.retried++
	queuedAt := j.queuedAt
	e.enqueue(j)
	j.queuedAt = queuedAt
	j.notify()
	e.dispatch()
}

// requeue returns a job to the front of the queue, as if it had never been dispatched.
func (e *endpoint) requeue(j *job) {
	e.release(j)
	j.state, j.startedAt = inQueue, time.Time{}
	e.queue = slices.Insert(e.queue, 0, j)
	e.waiting++
	j.notify()
}

// release removes a job from its worker.
func (e *endpoint) release(j *job) {
	for _, t := range j.timers {
		t.stop()
	}
	j.timers = nil
	if j.on != nil {
		e.running--
		e.fleet.release(j)
		j.on = nil
	}
}

// end ends a job with a result.
func (e *endpoint) end(j *job, r result) {
	if j.state == inQueue && j.on == nil {
		e.waiting--
	}
	e.release(j)
	j.state, j.output, j.failure = r.state, r.output, r.failure
	j.chunks = append(j.chunks, r.chunks...)
	if !j.startedAt.IsZero() {
		j.endedAt = e.server.clock.now()
	}
	switch r.state {
	case completed:
		e.done.completed++
	case failed, timedOut:
		e.done.failed++
	}
	switch {
	case j.final() && j.batch != nil:
		j.batch.drained()
	case j.final():
		j.ttl.stop()
		retention := retentionAsync
		if j.sync {
			retention = retentionSync
		}
		e.expireAfter(j, retention)
		e.server.deliver(j)
	}
	j.notify()
	e.dispatch()
}

func (e *endpoint) expireAfter(j *job, d time.Duration) {
	j.expiry.stop()
	j.expiry = e.server.clock.after(d, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if j.final() {
			e.forget(j)
		}
	})
}

// forget deletes a job: the API answers that it does not exist.
func (e *endpoint) forget(j *job) {
	if j.state == inQueue && j.on == nil {
		e.waiting--
	}
	e.release(j)
	j.ttl.stop()
	j.expiry.stop()
	j.state = "" // ends long polls for the job
	delete(e.jobs, j.id)
	j.notify()
	e.dispatch()
}

// expire handles a job whose ttl has passed.
func (e *endpoint) expire(j *job) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case j.final() || j.state == "":
	case e.server.options.Choices.TTLTimesOut:
		e.end(j, result{state: timedOut})
	default:
		e.forget(j)
	}
}

// cancel cancels a job that is not final.
func (e *endpoint) cancel(j *job) { e.end(j, result{state: cancelled}) }

// purge removes every queued job except requests of batches.
func (e *endpoint) purge() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	removed := 0
	queue := e.queue
	e.queue = nil
	for _, j := range queue {
		if j.batch != nil {
			e.queue = append(e.queue, j)
		}
		if j.state != inQueue || e.jobs[j.id] != j {
			continue
		}
		removed++
		if state := e.server.options.Choices.PurgedState; state != "" {
			e.end(j, result{state: state})
		} else {
			e.forget(j)
		}
	}
	e.dispatch()
	return removed
}

// health returns the response of /health.
func (e *endpoint) health() map[string]any {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.counts()
	workers := map[string]int{
		"idle": n[workerIdle], "initializing": n[workerInitializing], "ready": n[workerIdle], "running": n[workerRunning],
		"throttled": n[workerThrottled], "unhealthy": n[workerUnhealthy],
	}
	for _, name := range e.config.OmitWorkers {
		delete(workers, name)
	}
	return map[string]any{
		"jobs": map[string]int{
			"completed": e.done.completed, "failed": e.done.failed, "inProgress": e.running, "inQueue": e.waiting, "retried": e.done.retried,
		},
		"workers": workers,
	}
}

func (e *endpoint) list() []map[string]any {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []map[string]any
	for _, j := range e.jobs {
		all = append(all, map[string]any{"id": j.id, "status": j.state})
	}
	return all
}
