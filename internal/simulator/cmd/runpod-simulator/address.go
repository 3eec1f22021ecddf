package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// address is the address of the simulator, with the credentials to use it.
type address struct {
	host     string // http://HOST:PORT
	key      string
	endpoint string // the default endpoint
}

func (a address) base() string       { return a.host + "/v2" }
func (a address) management() string { return a.host + simulator.ManagementPath }

// environment returns the environment variables that configure the provider for the
// simulator.
func (a address) environment() []string {
	return []string{
		"RUNPOD_ENDPOINT_BASE_URL=" + a.base(), "RUNPOD_MANAGEMENT_BASE_URL=" + a.management(),
		"RUNPOD_API_KEY=" + a.key, "RUNPOD_ENDPOINT_ID=" + a.endpoint,
	}
}

// workerEnvironment returns the environment variables of the first worker of an
// endpoint.
func (a address) workerEnvironment(endpointID string) []string {
	return simulator.WorkerEnvironment(a.base(), endpointID, a.key, "worker-1")
}

func (a address) announce(w io.Writer) {
	_, _ = fmt.Fprintf(w, `Simulator of Runpod's queue-based endpoints at %[1]s (Ctrl-C ends it)

In a configuration:

  terraform {
    required_providers {
      runpodserverless = { source = "runpodserverless/runpodserverless" }
    }
  }

  provider "runpodserverless" {
    base_url            = %[1]q
    management_base_url = %[2]q
    api_key             = %[3]q
    endpoint_id         = %[4]q
  }

Or in the environment:

`, a.base(), a.management(), a.key, a.endpoint)
	for _, pair := range a.environment() {
		_, _ = fmt.Fprintf(w, "  export %s\n", pair)
	}
}

// announceWorker prints how to start a worker of an endpoint.
func (a address) announceWorker(w io.Writer, endpointID string) {
	_, _ = fmt.Fprintf(w, "\nStart a worker of endpoint %s; another one needs another RUNPOD_POD_ID:\n\n", endpointID)
	pairs := a.workerEnvironment(endpointID)
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		_, _ = fmt.Fprintf(w, "  export %s='%s'\n", name, value) // the values contain no quotes
	}
	_, _ = fmt.Fprint(w, "  python handler.py\n\nOr in its container:\n\n  docker run --rm --network host \\\n")
	for _, pair := range pairs {
		_, _ = fmt.Fprintf(w, "    -e '%s' \\\n", pair)
	}
	_, _ = fmt.Fprint(w, "    IMAGE\n")
}

// run runs a command with an environment that points to the simulator. It forwards each
// signal once, even if it arrives twice: some senders signal both a process and its
// group, and a second interrupt makes Terraform exit immediately.
func (a address) run(command []string, signals <-chan os.Signal) error {
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec,noctx // the user's own command, which ends by itself
	cmd.Env = append(os.Environ(), a.environment()...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	apart := setApart(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	passed := make(map[os.Signal]bool)
	for {
		select {
		case err := <-ended:
			return err
		case got := <-signals:
			if (apart || got != os.Interrupt) && !passed[got] { // otherwise the terminal sends Ctrl-C to the command, too
				_ = cmd.Process.Signal(got)
			}
			passed[got] = true
		}
	}
}
