// Package supervisor runs the workers of an external endpoint of the simulator as local
// processes: it starts them, restarts them when they exit, and stops them.
package supervisor

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// Options configure a [Supervisor].
type Options struct {
	Simulator  *simulator.Server
	EndpointID string // the id of an external endpoint
	BaseURL    string // the base URL of the simulator for clients
	APIKey     string
	Command    string    // a shell command
	Count      int       // number of workers; default 1
	Output     io.Writer // gets the output of the workers, each line with the prefix [worker-n]
}

// When a worker is restarted, and when it is in a crash loop.
const (
	firstPause = 250 * time.Millisecond // doubles with each exit
	longPause  = 15 * time.Second
	steadyFor  = 10 * time.Second // after a run of this length, the count of exits starts again
	crashExits = 3                // within steadyFor
	stopWithin = 5 * time.Second  // then a worker that does not stop is killed
)

// Supervisor runs workers until it is stopped.
type Supervisor struct {
	options Options
	output  sync.Mutex
	stop    chan struct{}
	once    sync.Once
	running sync.WaitGroup
}

// Start starts the workers. It returns an error if the endpoint does not exist or is
// not external.
func Start(o Options) (*Supervisor, error) {
	s := &Supervisor{options: o, stop: make(chan struct{})}
	for n := range max(o.Count, 1) {
		id := fmt.Sprintf("worker-%d", n+1)
		process, err := o.Simulator.AddWorkerProcess(o.EndpointID, id)
		if err != nil {
			s.Stop()
			return nil, err
		}
		s.running.Go(func() {
			defer process.Remove()
			s.supervise(id, process)
		})
	}
	return s, nil
}

// Stop stops the workers and returns when all have exited.
func (s *Supervisor) Stop() {
	s.once.Do(func() { close(s.stop) })
	s.running.Wait()
}

// supervise keeps one worker running.
func (s *Supervisor) supervise(id string, process *simulator.WorkerProcess) {
	var restarts restarts
	for {
		started := time.Now()
		process.Started(s.options.Command)
		how, stopped := s.run(id, process)
		if stopped {
			return
		}
		pause, crashLoop := restarts.next(started, time.Now())
		if process.Exited(how, pause, crashLoop) {
			restarts, pause = nil, 0 // the worker asked to be restarted
		}
		s.print(id, fmt.Sprintf("%s; it is started again in %s", how, pause))
		select {
		case <-time.After(pause):
		case <-s.stop:
			return
		}
	}
}

// restarts are the times of a worker's exits since its last steady run.
type restarts []time.Time

// next returns the pause before restarting a worker that ran from started to now, and
// whether it is in a crash loop.
func (r *restarts) next(started, now time.Time) (pause time.Duration, crashLoop bool) {
	if now.Sub(started) >= steadyFor {
		*r = nil
	}
	*r = append(*r, now)
	n := len(*r)
	pause = min(firstPause<<min(n-1, 10), longPause)
	for i := crashExits - 1; i < n; i++ { // a crash loop lasts until a steady run
		crashLoop = crashLoop || (*r)[i].Sub((*r)[i-crashExits+1]) <= steadyFor
	}
	return pause, crashLoop
}

// run runs the command once. It returns how it ended, and whether it was stopped.
func (s *Supervisor) run(id string, process *simulator.WorkerProcess) (how string, stopped bool) {
	select {
	case <-s.stop:
		return "", true
	default:
	}
	o := &s.options
	lines := &lineWriter{write: func(line string) {
		process.Print(line)
		s.print(id, line)
	}}
	defer lines.flush()
	cmd, release, err := start(o.Command, func(cmd *exec.Cmd) {
		cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1") // do not buffer lines
		cmd.Env = append(cmd.Env, simulator.WorkerEnvironment(o.BaseURL, o.EndpointID, o.APIKey, id)...)
		cmd.Stdout, cmd.Stderr = lines, lines
		cmd.WaitDelay = time.Second // its child processes may keep its output open
	})
	if err != nil {
		return "worker did not start: " + err.Error(), false
	}
	defer release()
	var exit error
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		exit = cmd.Wait()
	}()
	select {
	case <-exited:
		kill(cmd) // its remaining child processes
		return describe(exit), false
	case <-s.stop:
	}
	terminate(cmd)
	select {
	case <-exited:
		kill(cmd)
	case <-time.After(stopWithin):
		kill(cmd)
		<-exited
	}
	return "", true
}

func describe(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "worker exited with code 0"
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return fmt.Sprintf("worker exited with code %d", exit.ExitCode())
	default:
		return "worker ended: " + err.Error()
	}
}

func (s *Supervisor) print(id, line string) {
	s.output.Lock()
	defer s.output.Unlock()
	if s.options.Output != nil {
		_, _ = fmt.Fprintf(s.options.Output, "[%s] %s\n", id, line)
	}
}

// lineWriter calls write for each line.
type lineWriter struct {
	mu    sync.Mutex
	part  []byte
	write func(line string)
}

// longLine is the maximum length of a line; longer ones are split.
const longLine = 64 << 10

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.part = append(w.part, p...)
	for {
		end := slices.Index(w.part, '\n')
		switch {
		case end >= 0:
			w.write(strings.TrimSuffix(string(w.part[:end]), "\r"))
			w.part = w.part[end+1:]
		case len(w.part) >= longLine:
			w.write(string(w.part))
			w.part = nil
		default:
			return len(p), nil
		}
	}
}

// flush writes a last line without a newline.
func (w *lineWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.part) > 0 {
		w.write(string(w.part))
		w.part = nil
	}
}
