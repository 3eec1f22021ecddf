// Command runpod-simulator serves the simulator of Runpod's queue-based endpoints, for
// the provider's demo, for trying configurations without a key or costs, and for
// testing workers before they are deployed.
//
//	runpod-simulator [flags] [-- command ...]
//
// With a command, it runs the command with an environment that points to the
// simulator, and exits with the command's exit code.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/supervisor"
)

func main() {
	s := &settings{}
	s.define(flag.CommandLine)
	flag.Parse()
	err := s.complete(flag.Args())
	if err == nil {
		err = s.serve()
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		os.Exit(exit.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, "runpod-simulator:", err)
		os.Exit(1)
	}
}

// serve serves until a signal arrives, or the command or standard input ends.
func (s *settings) serve() error {
	if _, _, err := net.SplitHostPort(s.listen); err != nil {
		return fmt.Errorf("-listen needs an address with a port, such as 127.0.0.1:8008, or 127.0.0.1:0 for a free one: %w", err)
	}
	if !s.allowRemote && !isLoopback(s.listen) {
		return fmt.Errorf("%s is not a loopback address; -allow-remote serves it anyway, to everyone who can reach it", s.listen)
	}
	journal, err := s.createJournal()
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	sim := simulator.New(s.options)
	for _, f := range s.faults {
		sim.Inject(f)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", s.listen)
	if err != nil {
		return err
	}
	at := address{host: "http://" + listener.Addr().String(), key: s.options.APIKeys[0], endpoint: s.endpoints[0].id}
	server := &http.Server{Handler: sim, ConnState: sim.ConnState, ReadHeaderTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	err = s.attend(sim, at, signals, failed)
	sim.Close() // ends long polls, so that Shutdown does not wait for them
	deadline, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if down := server.Shutdown(deadline); err == nil && !errors.Is(down, context.DeadlineExceeded) {
		err = down
	}
	return errors.Join(err, writeJournal(journal, sim))
}

// attend prints the address, runs the workers and the command, and returns when the
// simulator should exit.
func (s *settings) attend(sim *simulator.Server, at address, signals <-chan os.Signal, failed <-chan error) error {
	external := s.externalEndpoints()
	if !s.quiet && len(s.command) == 0 {
		at.announce(os.Stdout)
		if s.workerCommand == "" {
			for _, id := range external {
				at.announceWorker(os.Stdout, id)
			}
		}
	}
	if s.workerEnvFile != "" {
		lines := strings.Join(at.workerEnvironment(external[0]), "\n") + "\n"
		if err := os.WriteFile(s.workerEnvFile, []byte(lines), 0o600); err != nil {
			return err
		}
	}
	if s.readyFile != "" {
		if err := os.WriteFile(s.readyFile, []byte(at.base()+"\n"), 0o600); err != nil {
			return err
		}
	}
	if s.workerCommand != "" {
		workers, err := supervisor.Start(supervisor.Options{
			Simulator: sim, EndpointID: external[0], BaseURL: at.base(), APIKey: at.key, Command: s.workerCommand, Count: s.workerCount, Output: os.Stderr,
		})
		if err != nil {
			return err
		}
		defer func() {
			sim.Close() // a worker does not exit before its long polls end
			workers.Stop()
		}()
	}
	if len(s.command) > 0 {
		return at.run(s.command, signals)
	}
	select {
	case err := <-failed:
		return err
	case <-signals:
		return nil
	case <-s.inputEnd():
		return nil
	}
}

// inputEnd returns a channel that is closed at the end of standard input with
// -exit-on-eof.
func (s *settings) inputEnd() <-chan struct{} {
	end := make(chan struct{})
	if s.exitOnEOF {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // an error counts as the end
			close(end)
		}()
	}
	return end
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// createJournal creates the file of the journal; nil if none is wanted. It does so
// before anything runs, so that an error costs nothing.
func (s *settings) createJournal() (*os.File, error) {
	if s.journal == "" {
		return nil, nil
	}
	return os.Create(s.journal)
}

func writeJournal(file *os.File, sim *simulator.Server) error {
	if file == nil {
		return nil
	}
	lines := json.NewEncoder(file)
	for _, x := range sim.Journal() {
		if err := lines.Encode(x); err != nil {
			_ = file.Close()
			return err
		}
	}
	return file.Close()
}
