package simulator

import (
	"cmp"
	"slices"
	"time"
)

// Times of the worker protocol. They are real, not simulated, because the workers are.
const (
	// pollHold is how long a long poll is held. The public SDK times out after 90 s.
	pollHold = 30 * time.Second
	// PingInterval is the ping interval that workers are configured with.
	PingInterval = 10 * time.Second
	// missedPings is the number of missed pings after which a worker counts as dead.
	missedPings = 3
	// reconnectWithin is how long a worker whose last long poll broke may take to
	// reconnect.
	reconnectWithin = time.Second
)

// externalFleet is a fleet of real workers, which connect with the protocol of the
// public worker SDK.
type externalFleet struct {
	e       *endpoint
	workers map[string]*externalWorker
	removed map[string]bool // the ids of removed processes
	takes   []*take         // long polls for jobs, the oldest first
}

// externalWorker is a worker that connects.
type externalWorker struct {
	worker
	process  bool // a process of the simulator's program, see WorkerProcess
	refresh  bool // it asked to be replaced
	heard    time.Time
	requests int
	polls    int         // number of open long polls
	pings    bool        // it has pinged, so missed pings mean that it is dead
	watch    *time.Timer // detects that it is dead
	stops    []string    // jobs that it has to stop
	stopped  chan struct{}
}

// take is a long poll of a worker for jobs.
type take struct {
	worker *externalWorker
	most   int
	jobs   []*job
	served chan struct{} // closed when there are jobs
}

func newExternalFleet(e *endpoint) *externalFleet {
	return &externalFleet{e: e, workers: make(map[string]*externalWorker), removed: make(map[string]bool)}
}

// dispatch implements fleet. It prefers workers on the current version.
func (f *externalFleet) dispatch() {
	for len(f.takes) > 0 {
		at := max(0, slices.IndexFunc(f.takes, func(t *take) bool { return t.worker.version == f.e.config.Version }))
		t := f.takes[at]
		for len(t.jobs) < t.most {
			j := f.e.next()
			if j == nil {
				break
			}
			f.start(j, t.worker)
			t.jobs = append(t.jobs, j)
		}
		if len(t.jobs) == 0 {
			return
		}
		f.takes = slices.Delete(f.takes, at, at+1)
		close(t.served)
	}
}

func (f *externalFleet) start(j *job, w *externalWorker) {
	e := f.e
	e.begin(j, &w.worker)
	j.runs++
	w.stops = slices.DeleteFunc(w.stops, func(id string) bool { return id == j.id }) // left from an earlier run of the job
	e.later(j, e.executionLimit(j)+timeoutDelay, func() { e.timeOut(j) })
}

// release implements fleet. It tells the worker to stop a job that the worker has not
// reported itself.
func (f *externalFleet) release(j *job) {
	w := f.workers[j.on.id]
	if w == nil || !w.drop(j) {
		return
	}
	w.stops = append(w.stops, j.id)
	if w.stopped != nil {
		close(w.stopped)
		w.stopped = nil
	}
}

// drop removes a job from a worker. It reports whether the worker had the job.
func (w *worker) drop(j *job) bool {
	at := slices.Index(w.jobs, j)
	if at >= 0 {
		w.jobs = slices.Delete(w.jobs, at, at+1)
	}
	return at >= 0
}

// configure implements fleet. It does nothing, because workers come and go by
// themselves.
func (f *externalFleet) configure(Endpoint) {}

func (f *externalFleet) list() []*worker {
	list := make([]*worker, 0, len(f.workers))
	for _, w := range f.workers {
		list = append(list, &w.worker)
	}
	slices.SortFunc(list, func(a, b *worker) int { return cmp.Or(a.startedAt.Compare(b.startedAt), cmp.Compare(a.id, b.id)) })
	return list
}

// heardFrom records a request of a worker, and adds the worker at its first request. A
// removed process is not added again by a request that is handled late.
func (f *externalFleet) heardFrom(id string) *externalWorker {
	w := f.workers[id]
	if w == nil {
		w = &externalWorker{worker: *f.e.newWorker(id, workerInitializing)}
		if f.removed[id] {
			return w
		}
		f.workers[id] = w
		f.e.log(&w.worker, logSystem, "worker connects")
	}
	w.heard = time.Now()
	w.requests++
	if w.watch == nil {
		w.watch = time.AfterFunc(missedPings*PingInterval, func() { f.check(w) })
	}
	return w
}

// pollEnded records the end of a long poll. For a worker that pings, this is no sign of
// life.
func (w *externalWorker) pollEnded() {
	w.polls--
	if !w.pings {
		w.heard = time.Now()
	}
}

// check removes a worker that has been silent for too long. A worker that never pings
// counts as alive while it has an open long poll.
func (f *externalFleet) check(w *externalWorker) {
	f.e.mu.Lock()
	defer f.e.mu.Unlock()
	if f.workers[w.id] != w || w.watch == nil {
		return
	}
	left := missedPings*PingInterval - time.Since(w.heard)
	if w.polls > 0 && !w.pings {
		left = missedPings * PingInterval
	}
	if left > 0 {
		w.watch.Reset(left)
		return
	}
	f.die(w, "no sign of life for "+(missedPings*PingInterval).String())
}

// connectionLost is called when the connection of a long poll breaks. A worker that has
// no other connection and does not reconnect is dead.
func (f *externalFleet) connectionLost(w *externalWorker) {
	if w.polls > 0 || f.workers[w.id] != w {
		return
	}
	requests := w.requests
	time.AfterFunc(reconnectWithin, func() {
		f.e.mu.Lock()
		defer f.e.mu.Unlock()
		if f.workers[w.id] == w && w.requests == requests {
			f.die(w, "the connection broke")
		}
	})
}

// die removes a dead worker. Its jobs are dispatched once more.
func (f *externalFleet) die(w *externalWorker, why string) {
	f.e.log(&w.worker, logSystem, "worker is gone: "+why)
	f.leave(w)
	f.loseJobs(w)
}

// leave removes a worker from the list, unless it is a process, which is restarted.
func (f *externalFleet) leave(w *externalWorker) {
	if w.watch != nil {
		w.watch.Stop()
		w.watch = nil
	}
	w.stops, w.pings = nil, false
	f.takes = slices.DeleteFunc(f.takes, func(t *take) bool { return t.worker == w })
	if w.process {
		w.phase = workerInitializing
		return
	}
	delete(f.workers, w.id)
	f.e.keepFormer(&w.worker)
}

// loseJobs handles the jobs of a worker that will never report them, see
// [endpoint.lose].
func (f *externalFleet) loseJobs(w *externalWorker) {
	jobs := w.jobs
	w.jobs = nil
	for _, j := range jobs {
		f.e.lose(j)
	}
}

// undeliver requeues the jobs of a response that did not reach the worker.
func (f *externalFleet) undeliver(t *take) {
	for _, j := range slices.Backward(t.jobs) {
		if j.on == &t.worker.worker && t.worker.drop(j) {
			j.runs--
			f.e.requeue(j)
		}
	}
	f.e.dispatch()
}
