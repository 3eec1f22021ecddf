// Command runpod-simulator serves the simulator of Runpod's queue-based
// endpoints, for the provider's demo and for configurations that are tried
// without a key or a bill.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

func main() {
	s := &settings{}
	s.define(flag.CommandLine)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.serve(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "runpod-simulator:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to be stopped
	}
}

// serve listens until the context ends.
func (s *settings) serve(ctx context.Context) error {
	if !s.allowRemote && !isLoopback(s.listen) {
		return fmt.Errorf("%s is not a loopback address; -allow-remote serves it all the same, to whoever reaches it", s.listen)
	}
	s.options.APIKeys = strings.Split(s.keys, ",")
	if s.restricted != "" {
		s.options.RestrictedKeys = strings.Split(s.restricted, ",")
	}
	s.options.Endpoints = make(map[string]simulator.Endpoint)
	for _, id := range strings.Split(s.endpoints, ",") {
		s.options.Endpoints[id] = s.endpoint
	}
	sim := simulator.New(s.options)
	for _, f := range s.faults {
		sim.Inject(f)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return err
	}
	host := "http://" + listener.Addr().String()
	base := host + "/v2"
	s.announce(base, host+simulator.ManagementPath)
	if s.readyFile != "" {
		if err := os.WriteFile(s.readyFile, []byte(base+"\n"), 0o600); err != nil {
			return err
		}
	}
	server := &http.Server{Handler: sim, ConnState: sim.ConnState, ReadHeaderTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	sim.Close() // ends held requests, so that Shutdown need not wait for them
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return s.writeJournal(sim)
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func (s *settings) announce(base, management string) {
	if s.quiet {
		return
	}
	key, _, _ := strings.Cut(s.keys, ",")
	endpoint, _, _ := strings.Cut(s.endpoints, ",")
	fmt.Printf(`Simulator of Runpod's queue-based endpoints at %[1]s (Ctrl-C ends it)

In a configuration:

  terraform {
    required_providers {
      runpodserverless = { source = "runpodserverless/runpodserverless" }
    }
  }

  provider "runpodserverless" {
    base_url            = %[1]q
    management_base_url = %[4]q
    api_key             = %[2]q
    endpoint_id         = %[3]q
  }

Or in the environment:

  export RUNPOD_ENDPOINT_BASE_URL=%[1]s
  export RUNPOD_MANAGEMENT_BASE_URL=%[4]s
  export RUNPOD_API_KEY=%[2]s
  export RUNPOD_ENDPOINT_ID=%[3]s
`, base, key, endpoint, management)
}

func (s *settings) writeJournal(sim *simulator.Server) error {
	if s.journal == "" {
		return nil
	}
	file, err := os.Create(s.journal)
	if err != nil {
		return err
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
