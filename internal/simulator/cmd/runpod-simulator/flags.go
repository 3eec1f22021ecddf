package main

import (
	"errors"
	"flag"
	"strconv"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// settings are what the flags say.
type settings struct {
	options     simulator.Options
	endpoint    simulator.Endpoint // of each endpoint
	listen      string
	allowRemote bool
	readyFile   string
	journal     string
	quiet       bool
	keys        string
	restricted  string
	endpoints   string
	faults      []simulator.Fault
}

// define adds the flags to a set.
func (s *settings) define(flags *flag.FlagSet) {
	flags.StringVar(&s.listen, "listen", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	flags.BoolVar(&s.allowRemote, "allow-remote", false, "allow an address that is not loopback")
	flags.StringVar(&s.keys, "api-key", simulator.DefaultAPIKey, "accepted API keys, separated by commas")
	flags.StringVar(&s.restricted, "restricted-key", "", "API keys that may run jobs but get 403 from the management API, separated by commas")
	flags.StringVar(&s.endpoints, "endpoint", simulator.DefaultEndpointID, "ids of the endpoints, separated by commas")
	flags.Float64Var(&s.options.Speed, "speed", 1, "simulated seconds in a real one")
	flags.Func("workers", "jobs that run at once on an endpoint (default 200); 0 for none: jobs wait", s.workers)
	flags.IntVar(&s.endpoint.Throttled, "throttled", 0, "workers that are throttled; jobs wait as long as there is one")
	flags.IntVar(&s.endpoint.Unhealthy, "unhealthy", 0, "workers that are unhealthy; jobs wait as long as there is one")
	flags.DurationVar(&s.endpoint.ColdStart, "cold-start", 0, "time before a worker is ready")
	flags.IntVar(&s.endpoint.Version, "endpoint-version", 1, "version of the endpoints in the management API")
	flags.DurationVar(&s.endpoint.Rollout, "rollout", 0, "time between two replacements when a new version rolls out; 0 replaces all workers at once")
	flags.StringVar(&s.endpoint.Image, "image", "", "image of the workers in the management API (default example/worker:VERSION)")
	flags.StringVar(&s.endpoint.CrashLoop.Line, "crash-loop", "", "`line` that workers print before they crash, over and over, while they start")
	flags.DurationVar(&s.endpoint.LogEvery, "log-every", 0, "interval of a line on each open stream of logs; 0 for none")
	flags.IntVar(&s.endpoint.LogBytes, "log-bytes", 0, "bytes with which each stream of logs begins")
	flags.BoolVar(&s.options.EnforceLimits, "enforce-limits", false, "answer 429 past the documented limits")
	flags.BoolVar(&s.options.NoStatusSync, "no-status-sync", false, "do not serve /status-sync")
	flags.DurationVar(&s.options.Latency, "latency", 0, "delay of each reply")
	flags.StringVar(&s.readyFile, "ready-file", "", "file to write the base URL to when listening")
	flags.StringVar(&s.journal, "journal", "", "file to write the requests to at exit, as JSON lines")
	flags.BoolVar(&s.quiet, "quiet", false, "print nothing")
	flags.Func("fault", `fault as JSON, such as {"op":"run","kind":"cut-after","every":3}; may be repeated`, func(text string) error {
		f, err := simulator.ParseFault([]byte(text))
		s.faults = append(s.faults, f)
		return err
	})
}

func (s *settings) workers(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return errors.New("want a number of 0 or more")
	}
	s.endpoint.Workers = n
	if n == 0 {
		s.endpoint.Workers = simulator.NoWorkers
	}
	return nil
}
