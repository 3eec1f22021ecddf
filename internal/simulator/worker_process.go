package simulator

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// WorkerEnvironment returns the environment, as NAME=VALUE pairs, with which a worker
// built with the public SDK connects to an external endpoint. base is the base URL of
// clients. The values contain $ID and $RUNPOD_POD_ID literally; the SDK replaces them.
func WorkerEnvironment(base, endpointID, apiKey, workerID string) []string {
	url := func(rest string) string { return strings.TrimSuffix(base, "/") + "/" + endpointID + "/" + rest }
	return []string{
		"RUNPOD_WEBHOOK_GET_JOB=" + url("job-take/$ID?gpu=SIM"),
		"RUNPOD_WEBHOOK_POST_OUTPUT=" + url("job-done/$RUNPOD_POD_ID/$ID?gpu=SIM"),
		"RUNPOD_WEBHOOK_POST_STREAM=" + url("job-stream/$RUNPOD_POD_ID/$ID?gpu=SIM"),
		"RUNPOD_WEBHOOK_PING=" + url("ping/$RUNPOD_POD_ID"),
		"RUNPOD_PING_INTERVAL=" + strconv.FormatInt(PingInterval.Milliseconds(), 10),
		"RUNPOD_POD_ID=" + workerID,
		"RUNPOD_ENDPOINT_ID=" + endpointID,
		"RUNPOD_AI_API_KEY=" + apiKey,
		"RUNPOD_SKIP_AUTO_SYSTEM_CHECKS=true",
		"RUNPOD_SKIP_GPU_CHECK=true",
	}
}

// WorkerProcess is a worker of an external endpoint that runs as a local process. It is
// listed, and has a log, even before it connects.
type WorkerProcess struct {
	fleet  *externalFleet
	worker *externalWorker
}

// AddWorkerProcess adds a worker to an external endpoint. It returns an error if the
// endpoint does not exist or is not external.
func (s *Server) AddWorkerProcess(endpointID, workerID string) (*WorkerProcess, error) {
	e := s.endpoint(endpointID)
	if e == nil {
		return nil, fmt.Errorf("there is no endpoint %q", endpointID)
	}
	fleet, ok := e.fleet.(*externalFleet)
	if !ok {
		return nil, fmt.Errorf("the workers of endpoint %q are not external", endpointID)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	w := &externalWorker{worker: *e.newWorker(workerID, workerInitializing), process: true}
	fleet.workers[workerID] = w
	delete(fleet.removed, workerID)
	return &WorkerProcess{fleet, w}, nil
}

func (p *WorkerProcess) locked(f func(e *endpoint, w *externalWorker)) {
	p.fleet.e.mu.Lock()
	defer p.fleet.e.mu.Unlock()
	f(p.fleet.e, p.worker)
}

// Started records that the process has started, on the endpoint's current version.
func (p *WorkerProcess) Started(command string) {
	p.locked(func(e *endpoint, w *externalWorker) {
		w.version, w.image, w.startedAt = e.config.Version, e.config.Image, e.server.clock.now()
		e.log(&w.worker, logSystem, "start "+command)
	})
}

// Print adds a line of the process's output to the worker's log.
func (p *WorkerProcess) Print(line string) {
	p.locked(func(e *endpoint, w *externalWorker) { e.log(&w.worker, logContainer, line) })
}

// Exited records how the process exited, and that it will be restarted after again. Its
// jobs are dispatched once more. Exited reports whether the worker asked to be replaced
// when it reported its last result.
func (p *WorkerProcess) Exited(how string, again time.Duration, crashLoop bool) (refresh bool) {
	p.locked(func(e *endpoint, w *externalWorker) {
		refresh, w.refresh = w.refresh, false
		e.log(&w.worker, logSystem, how+"; it is started again in "+again.String())
		p.fleet.leave(w)
		w.crashing = crashLoop && !refresh
		if w.crashing {
			w.phase = workerThrottled
			e.log(&w.worker, logSystem, "crash loop: the worker does not stay up")
		}
		p.fleet.loseJobs(w)
	})
	return refresh
}

// Remove removes the worker from the endpoint.
func (p *WorkerProcess) Remove() {
	p.locked(func(_ *endpoint, w *externalWorker) {
		w.process = false
		p.fleet.removed[w.id] = true
		if p.fleet.workers[w.id] == w {
			p.fleet.die(w, "it was stopped")
		}
	})
}
