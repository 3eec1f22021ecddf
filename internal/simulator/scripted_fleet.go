package simulator

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// scriptedFleet is a fleet of simulated workers, which do with a job what its input
// says.
type scriptedFleet struct {
	e       *endpoint
	workers []*worker // active workers, including those in a crash loop
	idle    []*worker // those without a job, on the current version
	stale   []*worker // those without a job, on an older version
	busy    bool      // dispatch is running
	rollout *timer
	crash   *timer
}

// dispatch implements fleet. It prefers workers on the current version.
func (f *scriptedFleet) dispatch() {
	if f.busy {
		return // called by a job that took no time and ended inside the loop below
	}
	f.busy = true
	defer func() { f.busy = false }()
	for len(f.e.queue) > 0 {
		free := &f.idle
		if len(f.idle) == 0 {
			free = &f.stale
		}
		if len(*free) == 0 {
			return
		}
		j := f.e.next()
		if j == nil {
			return
		}
		w := (*free)[len(*free)-1]
		*free = (*free)[:len(*free)-1]
		f.start(j, w)
	}
}

func (f *scriptedFleet) newWorker(phase string) *worker {
	w := f.e.newWorker(workerID(), phase)
	f.e.log(w, logSystem, "start container for "+w.image)
	return w
}

// start runs a job on a worker.
func (f *scriptedFleet) start(j *job, w *worker) {
	e := f.e
	e.begin(j, w)
	plan := planOf(j.Input, j.runs)
	if plan.lost || (plan.redispatch && j.lost == 0) {
		e.later(j, lostAfter, func() { e.lose(j) })
		return
	}
	j.runs++
	e.logJob(w, j, "Started.")
	for _, line := range plan.logs {
		e.log(w, logContainer, line)
	}
	if plan.state != "" {
		j.state = plan.state
	}
	taken := 0
	take := func(n int) { // timers that are due at the same time fire in any order
		if taken >= n {
			return
		}
		for ; taken < n; taken++ {
			step := plan.steps[taken]
			if step.output != nil {
				j.output = step.output
			}
			if step.chunk != nil {
				j.chunks = append(j.chunks, step.chunk)
			}
		}
		j.notify()
	}
	for i, step := range plan.steps {
		e.later(j, step.at, func() { take(i + 1) })
	}
	if limit := e.executionLimit(j); plan.runs > limit {
		e.later(j, limit+timeoutDelay, func() { e.timeOut(j) })
		return
	}
	finish := func() {
		take(len(plan.steps))
		if plan.crash {
			e.log(w, logSystem, "container exited with code 1")
			e.lose(j)
			return
		}
		if plan.failure != nil {
			e.logJob(w, j, "Captured Handler Exception")
			e.log(w, logContainer, errorText(plan.failure))
		}
		e.logJob(w, j, "Finished.")
		e.end(j, plan.result)
	}
	if plan.runs == 0 && !plan.crash {
		finish()
		return
	}
	e.later(j, plan.runs, finish)
}

func (f *scriptedFleet) release(j *job) {
	w := j.on
	w.jobs = nil
	switch {
	case len(f.workers) > f.wanted():
		f.remove(w)
	case w.retire:
		f.replace(w)
	default:
		f.free(w)
	}
}

func (f *scriptedFleet) free(w *worker) {
	if w.version == f.e.config.Version {
		f.idle = append(f.idle, w)
	} else {
		f.stale = append(f.stale, w)
	}
}

// wanted returns how many workers the fleet should have.
func (f *scriptedFleet) wanted() int {
	c := &f.e.config
	switch {
	case c.Throttled > 0 || c.Unhealthy > 0:
		return 0
	case f.e.warm:
		return c.Workers
	case f.e.warming:
		return min(c.Workers, 1)
	}
	return 0
}

func (f *scriptedFleet) configure(old Endpoint) {
	c := &f.e.config
	switch {
	case c.Version != old.Version:
		free := append(f.stale, f.idle...) //nolint:gocritic // both are rebuilt
		f.stale, f.idle = nil, nil
		for _, w := range free {
			f.free(w)
		}
		for _, w := range slices.Clone(f.workers) {
			if len(w.jobs) == 0 && w.phase != workerIdle {
				f.replace(w) // it has no job
			}
		}
	case c.CrashLoop != old.CrashLoop || c.Image != old.Image:
		for _, w := range slices.Clone(f.workers) {
			f.retire(w)
		}
	}
	f.resize()
	f.roll()
}

// resize adds and removes workers until the fleet has the wanted number.
func (f *scriptedFleet) resize() {
	c := &f.e.config
	for _, w := range slices.Clone(f.workers) {
		switch {
		case len(f.workers) > f.wanted() && len(w.jobs) == 0:
			f.remove(w)
		case f.e.warm && w.phase == workerInitializing && !w.crashing && w.startedAt.Add(c.ColdStart).Compare(f.e.server.clock.now()) <= 0:
			f.ready(w)
		}
	}
	for len(f.workers) < f.wanted() {
		if f.e.warming {
			f.workers = append(f.workers, f.newWorker(workerInitializing))
		} else {
			f.add()
		}
	}
}

// add adds a worker that is ready at once.
func (f *scriptedFleet) add() {
	w := f.newWorker(workerIdle)
	f.workers = append(f.workers, w)
	f.ready(w)
}

// ready makes a worker ready, or lets it crash if the endpoint is in a crash loop.
func (f *scriptedFleet) ready(w *worker) {
	if f.e.config.CrashLoop.Line == "" {
		w.phase = workerIdle
		f.e.log(w, logContainer, "--- Starting Serverless Worker ---")
		f.free(w)
		return
	}
	w.phase, w.crashing = f.e.config.CrashLoop.Status, true
	f.logCrash(w)
	if f.crash == nil {
		f.crash = f.e.after(f.e.config.CrashLoop.Every, f.crashAgain)
	}
}

func (f *scriptedFleet) crashAgain() {
	f.crash = nil
	for _, w := range f.workers {
		if w.crashing {
			f.logCrash(w)
			if f.crash == nil {
				f.crash = f.e.after(f.e.config.CrashLoop.Every, f.crashAgain)
			}
		}
	}
}

func (f *scriptedFleet) logCrash(w *worker) {
	for line := range strings.SplitSeq(f.e.config.CrashLoop.Line, "\n") {
		f.e.log(w, logContainer, line)
	}
	f.e.log(w, logSystem, "container exited with code 1; it is started again in "+f.e.config.CrashLoop.Every.String())
}

func (f *scriptedFleet) remove(w *worker) {
	is := func(one *worker) bool { return one == w }
	f.workers = slices.DeleteFunc(f.workers, is)
	f.idle = slices.DeleteFunc(f.idle, is)
	f.stale = slices.DeleteFunc(f.stale, is)
	f.e.keepFormer(w)
}

// replace replaces a worker with a new one on the current version, which is ready after
// the endpoint's cold start.
func (f *scriptedFleet) replace(old *worker) {
	f.remove(old)
	if f.e.config.ColdStart == 0 {
		f.add()
		return
	}
	f.workers = append(f.workers, f.newWorker(workerInitializing))
	f.e.after(f.e.config.ColdStart, func() {
		f.resize()
		f.e.dispatch()
	})
}

// retire replaces a worker as soon as it has no job.
func (f *scriptedFleet) retire(w *worker) {
	if len(w.jobs) == 0 {
		f.replace(w)
	} else {
		w.retire = true
	}
}

// roll replaces the workers on older versions, one per rollout interval.
func (f *scriptedFleet) roll() {
	if f.rollout != nil {
		f.rollout.stop()
		f.rollout = nil
	}
	if f.nextStale() == nil {
		return
	}
	if f.e.config.Rollout == 0 {
		for w := f.nextStale(); w != nil; w = f.nextStale() {
			f.retire(w)
		}
		return
	}
	f.rollout = f.e.after(f.e.config.Rollout, func() {
		if w := f.nextStale(); w != nil {
			f.retire(w)
		}
		f.roll()
		f.e.dispatch()
	})
}

// nextStale returns the worker to replace next: one without a job, if there is one.
func (f *scriptedFleet) nextStale() *worker {
	if len(f.stale) > 0 {
		return f.stale[0]
	}
	for _, w := range f.workers {
		if w.version != f.e.config.Version && !w.retire {
			return w
		}
	}
	return nil
}

func (f *scriptedFleet) list() []*worker { return f.workers }

func workerID() string {
	var b [6]byte
	_, _ = rand.Read(b[:])
	return "sim" + hex.EncodeToString(b[:])
}

// after calls f with the endpoint's lock held after d of simulated time, unless the
// simulator has been closed.
func (e *endpoint) after(d time.Duration, f func()) *timer {
	return e.server.clock.after(d, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		select {
		case <-e.server.closed:
		default:
			f()
		}
	})
}
