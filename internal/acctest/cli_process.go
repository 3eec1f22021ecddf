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

// killDelay is how long an abandoned run may take to exit after an interrupt.
const killDelay = 10 * time.Second

// Result is the result of a run.
type Result struct {
	Stdout, Stderr string
	ExitCode       int // -1 if the run was killed
}

// Output returns the output of the run, for messages of failed tests.
func (r Result) Output() string { return r.Stdout + r.Stderr }

// Process is a running CLI.
type Process struct {
	t              testing.TB
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer // valid once done is closed
	done           chan struct{}
	err            error // the error of the run; valid once done is closed
}

// Run runs the CLI and waits until it exits.
func (c *CLI) Run(args ...string) Result {
	c.t.Helper()
	return c.Start(args...).Wait()
}

// MustRun runs the CLI and fails the test immediately unless it exits with 0.
func (c *CLI) MustRun(args ...string) Result {
	c.t.Helper()
	r := c.Run(args...)
	if r.ExitCode != 0 {
		c.t.Fatalf("%s %s: exit code %d\n%s", c.Product.Name, strings.Join(args, " "), r.ExitCode, r.Output())
	}
	return r
}

// Start starts the CLI. If it is still running at the end of the test, it is
// interrupted, then killed with the processes that it has started.
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

// Interrupt sends the signal of a Ctrl-C.
func (p *Process) Interrupt() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatalf("interrupt the run: %v", err)
	}
}

// Terminate sends SIGTERM to the run and to the processes that it has started, like
// systemd and some CI runners. It skips the test where process groups do not exist.
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

// Kill kills the run and the processes that it has started, like the loss of the
// machine.
func (p *Process) Kill() { killGroup(p.cmd) }

// KillCLI kills only the CLI, like the system if it runs out of memory. The processes
// that it has started keep running.
func (p *Process) KillCLI() {
	_ = p.cmd.Process.Kill() // it may have exited just now
	<-p.done
}

// Ended reports whether the run has exited.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Wait waits until the run has exited. It may be called more than once.
func (p *Process) Wait() Result {
	p.t.Helper()
	<-p.done
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) {
		p.t.Fatalf("run %s: %v", p.cmd.Path, p.err)
	}
	return Result{Stdout: p.stdout.String(), Stderr: p.stderr.String(), ExitCode: p.cmd.ProcessState.ExitCode()}
}

// WaitFor waits until the channel is closed, and fails the test immediately if the run
// exits before that. To interrupt a create, wait for its request, not for
// "Creating...": that line is written before the provider is called, and a provider
// does not see an interrupt that precedes the call.
func (p *Process) WaitFor(event <-chan struct{}) {
	p.t.Helper()
	select {
	case <-event:
	case <-p.done:
		p.t.Fatalf("the run ended before the expected event:\n%s%s", p.stdout.String(), p.stderr.String())
	}
}

// end ends the run and the processes that it left running. Such a process fails the
// test: a provider must exit with its run, even if the run was killed.
func (p *Process) end() {
	defer killGroup(p.cmd)
	if p.Ended() {
		if left := untilNone(func() []string { return inGroup(p.cmd.Process.Pid) }); len(left) > 0 {
			p.t.Errorf("the run has ended and leaves processes behind:\n%s", strings.Join(left, "\n"))
		}
		return
	}
	endOrKill(p.cmd.Process, p.done, func() { killGroup(p.cmd) }) // otherwise the run would not exit
}

// endOrKill interrupts a process, whose exit closes done, and kills it if it has not
// exited after killDelay. It reports whether the process exited by itself.
func endOrKill(process *os.Process, done <-chan struct{}, kill func()) bool {
	_ = process.Signal(os.Interrupt) // It may have exited just now.
	select {
	case <-done:
		return true
	case <-time.After(killDelay):
		kill()
		<-done
		return false
	}
}

// KillAlone is like [Process.KillCLI], but does not wait until the CLI has exited.
func (p *Process) KillAlone() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatalf("kill the run: %v", err)
	}
}
