package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// settings are the values of the flags.
type settings struct {
	options     simulator.Options
	endpoint    simulator.Endpoint // the configuration of each endpoint
	listen      string
	allowRemote bool
	readyFile   string
	journal     string
	quiet       bool
	exitOnEOF   bool
	keys        string
	restricted  string
	endpoints   []endpointFlag
	external    bool // all endpoints are external
	numbered    bool // -workers has a number, not a command
	faults      []simulator.Fault

	workerEnvFile string
	workerCommand string
	workerCount   int
	command       []string // the command to run
}

// endpointFlag is an endpoint that a flag specifies.
type endpointFlag struct {
	id       string
	external bool
}

// define defines the flags.
func (s *settings) define(flags *flag.FlagSet) {
	flags.StringVar(&s.listen, "listen", "127.0.0.1:0", "address to listen on; port 0 uses a free one")
	flags.BoolVar(&s.allowRemote, "allow-remote", false, "allow an address that is not loopback")
	flags.StringVar(&s.keys, "api-key", simulator.DefaultAPIKey, "accepted API keys, separated by commas")
	flags.StringVar(&s.restricted, "restricted-key", "", "API keys that may run jobs but get 403 from the management API, separated by commas")
	flags.Func("endpoint", `ids of the endpoints, separated by commas; "ID=external" for one whose workers connect; may be repeated (default "demo")`, s.addEndpoints)
	flags.Float64Var(&s.options.Speed, "speed", 1, "simulated seconds per real second")
	flags.Func("workers", `jobs that run at once on an endpoint (default 200); 0 for none: jobs wait; "external" for workers that connect`, s.workers)
	flags.StringVar(&s.workerCommand, "worker-command", "", "`command` that runs a worker of the external endpoint; it is started, restarted and stopped")
	flags.IntVar(&s.workerCount, "worker-count", 1, "number of workers that -worker-command runs")
	flags.StringVar(&s.workerEnvFile, "worker-env-file", "", "file to write the environment of a worker to, as NAME=VALUE lines")
	flags.IntVar(&s.endpoint.Throttled, "throttled", 0, "workers that are throttled; jobs wait as long as there is one")
	flags.IntVar(&s.endpoint.Unhealthy, "unhealthy", 0, "workers that are unhealthy; jobs wait as long as there is one")
	flags.DurationVar(&s.endpoint.ColdStart, "cold-start", 0, "time before a worker is ready")
	flags.IntVar(&s.endpoint.Version, "endpoint-version", 1, "version of the endpoints in the management API")
	flags.DurationVar(&s.endpoint.Rollout, "rollout", 0, "time between two replacements when a new version rolls out; 0 replaces all workers at once")
	flags.StringVar(&s.endpoint.Image, "image", "", "image of the workers in the management API (default example/worker:VERSION)")
	flags.StringVar(&s.endpoint.CrashLoop.Line, "crash-loop", "", "`line` that workers print before they crash, over and over, while they start")
	flags.DurationVar(&s.endpoint.LogEvery, "log-every", 0, "interval of a line on each open stream of logs; 0 for none")
	flags.IntVar(&s.endpoint.LogBytes, "log-bytes", 0, "bytes with which each stream of logs begins")
	flags.BoolVar(&s.options.EnforceLimits, "enforce-limits", false, "answer 429 above the documented limits")
	flags.BoolVar(&s.options.NoStatusSync, "no-status-sync", false, "do not serve /status-sync")
	flags.DurationVar(&s.options.Latency, "latency", 0, "delay of each reply")
	flags.StringVar(&s.readyFile, "ready-file", "", "file to write the base URL to when listening")
	flags.StringVar(&s.journal, "journal", "", "file to write the requests to at exit, as JSON lines")
	flags.BoolVar(&s.exitOnEOF, "exit-on-eof", false, "exit when standard input ends: give it a pipe, and the simulator ends with the program that started it")
	flags.BoolVar(&s.quiet, "quiet", false, "print nothing")
	flags.Func("fault", `fault as JSON, such as {"op":"run","kind":"cut-after","every":3}; may be repeated`, func(text string) error {
		f, err := simulator.ParseFault([]byte(text))
		s.faults = append(s.faults, f)
		return err
	})
}

func (s *settings) workers(text string) error {
	if text == "external" {
		s.external = true
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return errors.New(`want a number of 0 or more, or "external"`)
	}
	s.endpoint.Workers, s.numbered = n, true
	if n == 0 {
		s.endpoint.Workers = simulator.NoWorkers
	}
	return nil
}

func (s *settings) addEndpoints(text string) error {
	for _, one := range strings.Split(text, ",") {
		id, kind, qualified := strings.Cut(one, "=")
		if !endpointID.MatchString(id) || (qualified && kind != "external") {
			return fmt.Errorf(`%q is neither an id, of letters, digits, hyphens and underscores, nor "ID=external"`, one)
		}
		if slices.ContainsFunc(s.endpoints, func(known endpointFlag) bool { return known.id == id }) {
			return fmt.Errorf("endpoint %q is named twice", id)
		}
		s.endpoints = append(s.endpoints, endpointFlag{id, qualified})
	}
	return nil
}

// What may be part of a path, of a header and of a shell command without quotes.
var (
	endpointID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	apiKey     = regexp.MustCompile(`^[A-Za-z0-9._~+/=-]+$`)
)

// check rejects values that have no effect or a surprising one.
func (s *settings) check() error {
	keys := s.options.APIKeys
	if s.restricted != "" {
		keys = slices.Concat(keys, s.options.RestrictedKeys)
	}
	if i := slices.IndexFunc(keys, func(key string) bool { return !apiKey.MatchString(key) }); i >= 0 {
		return fmt.Errorf("%q is not an API key", keys[i])
	}
	if s.options.Speed <= 0 || s.options.Speed > maxSpeed || math.IsNaN(s.options.Speed) {
		return fmt.Errorf("-speed must be more than 0 and at most %d", maxSpeed)
	}
	if s.options.Latency < 0 {
		return errors.New("-latency must not be negative")
	}
	return s.endpoint.Check()
}

// maxSpeed keeps simulated time from overflowing time.Duration within hours.
const maxSpeed = 100_000

// complete sets the defaults that depend on other flags, and rejects conflicting flags.
func (s *settings) complete(command []string) error {
	s.command = command
	if len(s.endpoints) == 0 {
		s.endpoints = []endpointFlag{{id: simulator.DefaultEndpointID}}
	}
	s.options.APIKeys = strings.Split(s.keys, ",")
	s.options.AnyHost = s.allowRemote
	if s.restricted != "" {
		s.options.RestrictedKeys = strings.Split(s.restricted, ",")
	}
	if err := s.check(); err != nil {
		return err
	}
	if s.workerCount < 1 {
		return errors.New("-worker-count must be 1 or more")
	}
	if s.workerCommand != "" && len(s.externalEndpoints()) == 0 {
		s.external = true
	}
	external := s.externalEndpoints()
	switch {
	case s.numbered && len(external) == len(s.endpoints):
		return errors.New("a number of -workers has no effect on external endpoints; -worker-count is the number that -worker-command runs")
	case s.workerCommand == "" && s.workerCount != 1:
		return errors.New("-worker-count needs -worker-command")
	case s.workerCommand != "" && len(external) != 1:
		return errors.New("-worker-command needs exactly one external endpoint")
	case s.exitOnEOF && len(command) > 0:
		return errors.New("-exit-on-eof has no effect with a command, which gets standard input")
	case s.workerEnvFile != "" && len(external) == 0:
		return errors.New("-worker-env-file needs an external endpoint: -workers external, or -endpoint ID=external")
	}
	s.options.Endpoints = make(map[string]simulator.Endpoint)
	for _, one := range s.endpoints {
		e := s.endpoint
		e.External = s.external || one.external
		s.options.Endpoints[one.id] = e
	}
	return nil
}

// externalEndpoints returns the ids of the external endpoints.
func (s *settings) externalEndpoints() []string {
	var ids []string
	for _, one := range s.endpoints {
		if s.external || one.external {
			ids = append(ids, one.id)
		}
	}
	return ids
}
