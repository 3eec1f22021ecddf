package acctest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// killDelay is how long an abandoned run may take to end after an interrupt.
const killDelay = 10 * time.Second

// Result is how a run ended.
type Result struct {
	Stdout, Stderr string
	ExitCode       int // -1 when the run was killed
}

// Output returns what the run wrote, for messages of failed tests.
func (r Result) Output() string { return r.Stdout + r.Stderr }

// Process is a run that is under way.
type Process struct {
	t              testing.TB
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer // to be read once done is closed
	done           chan struct{}
	err            error // of the run, once done is closed
}

// Run runs the command-line interface to its end.
func (c *CLI) Run(args ...string) Result {
	c.t.Helper()
	return c.Start(args...).Wait()
}

// MustRun runs the command-line interface and fails the test at once unless it
// exits with 0.
func (c *CLI) MustRun(args ...string) Result {
	c.t.Helper()
	r := c.Run(args...)
	if r.ExitCode != 0 {
		c.t.Fatalf("%s %s: exit code %d\n%s", c.Product.Name, strings.Join(args, " "), r.ExitCode, r.Output())
	}
	return r
}

// Start starts the command-line interface. A run that has not ended with the
// test is interrupted, then killed with the processes that it started.
func (c *CLI) Start(args ...string) *Process {
	c.t.Helper()
	cmd := exec.Command(c.Product.Path, args...) //nolint:gosec // The path is the tester's own choice of program.
	cmd.Dir = c.Dir
	cmd.Env = c.environment()
	setGroup(cmd)
	p := &Process{t: c.t, cmd: cmd, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.stdout, &p.stderr
	if err := cmd.Start(); err != nil {
		c.t.Fatalf("start %s: %v", c.Product.Path, err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	c.t.Cleanup(p.end)
	return p
}

// Interrupt sends the signal of one Ctrl-C.
func (p *Process) Interrupt() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatalf("interrupt the run: %v", err)
	}
}

// Terminate asks the run and what it started to end, as systemd and some CI
// runners do. It skips the test where there are no process groups.
func (p *Process) Terminate() {
	p.t.Helper()
	err := terminateGroup(p.cmd)
	if errors.Is(err, errors.ErrUnsupported) {
		p.t.Skip("there are no process groups here")
	}
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatalf("terminate the run: %v", err)
	}
}

// Kill ends the run and what it started at once, as a lost machine would.
func (p *Process) Kill() { killGroup(p.cmd) }

// KillCLI ends the command-line interface alone at once, as a lack of memory
// would. What it started is left to itself.
func (p *Process) KillCLI() {
	_ = p.cmd.Process.Kill() // it may have ended at this very moment
	<-p.done
}

// Ended reports whether the run has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Wait waits for the run's end. It may be called more than once.
func (p *Process) Wait() Result {
	p.t.Helper()
	<-p.done
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) {
		p.t.Fatalf("run %s: %v", p.cmd.Path, p.err)
	}
	return Result{Stdout: p.stdout.String(), Stderr: p.stderr.String(), ExitCode: p.cmd.ProcessState.ExitCode()}
}

// WaitFor waits until the channel is closed, and fails the test at once if the
// run ends before. To interrupt a create, wait for its request rather than for
// "Creating...": that line is written before the provider is called, and a
// provider forgets an interrupt that comes before the call.
func (p *Process) WaitFor(event <-chan struct{}) {
	p.t.Helper()
	select {
	case <-event:
	case <-p.done:
		p.t.Fatalf("the run ended before the expected event:\n%s%s", p.stdout.String(), p.stderr.String())
	}
}

// end ends the run, and what it left behind, which fails the test: a provider ends
// with its run, also with one that was killed.
func (p *Process) end() {
	defer killGroup(p.cmd)
	if p.Ended() {
		if left := untilNone(func() []string { return inGroup(p.cmd.Process.Pid) }); len(left) > 0 {
			p.t.Errorf("the run has ended and leaves processes behind:\n%s", strings.Join(left, "\n"))
		}
		return
	}
	endOrKill(p.cmd.Process, p.done, func() { killGroup(p.cmd) }) // or the run does not end
}

// endOrKill interrupts a process, whose end closes done, and kills it when it has not
// ended after killDelay. It reports whether the process ended by itself.
func endOrKill(process *os.Process, done <-chan struct{}, kill func()) bool {
	_ = process.Signal(os.Interrupt) // It may end at this very moment.
	select {
	case <-done:
		return true
	case <-time.After(killDelay):
		kill()
		<-done
		return false
	}
}

// KillAlone ends the command-line interface at once and leaves what it started,
// as the system does that has run out of memory.
func (p *Process) KillAlone() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatalf("kill the run: %v", err)
	}
}
