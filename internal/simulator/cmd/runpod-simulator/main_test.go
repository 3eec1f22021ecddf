package main

import (
	"flag"
	"io"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// parse returns the settings that flags make.
func parse(args ...string) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("runpod-simulator", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	s.define(flags)
	return s, flags.Parse(args)
}

func TestFlags(t *testing.T) {
	t.Parallel()
	s, err := parse("-workers", "0", "-throttled", "2", "-unhealthy", "1", "-crash-loop", "no", "-fault", `{"op":"run","kind":"429"}`)
	if err != nil {
		t.Fatal(err)
	}
	if e := s.endpoint; e.Workers != simulator.NoWorkers || e.Throttled != 2 || e.Unhealthy != 1 || e.CrashLoop.Line != "no" || len(s.faults) != 1 {
		t.Errorf("%+v", s)
	}
	for _, args := range [][]string{
		{"-workers", "-1"}, {"-workers", "many"}, {"-fault", `{"kind":"nonsense"}`}, {"-fault", "no"}, {"-rollout", "soon"},
	} {
		if _, err := parse(args...); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
