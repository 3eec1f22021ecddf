package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/bench/report"
)

// Names of the measured providers.
const (
	provider = "runpodserverless"
	floor    = "floor"
)

const module = "github.com/runpodserverless/terraform-provider-runpodserverless"

// bench is a folder with the programs, and the running simulators.
type bench struct {
	cli        string
	dir        string
	simulators map[string]*simulator // by flags
}

// newBench builds the programs.
func newBench(ctx context.Context, cli string) (*bench, error) {
	dir, err := os.MkdirTemp("", "runpodserverless-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{cli: cli, dir: dir, simulators: make(map[string]*simulator)}
	if err := errors.Join(b.build(ctx), b.configureCLI()); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) close() {
	for _, s := range b.simulators {
		s.stop()
	}
	_ = os.RemoveAll(b.dir) // a temporary folder
}

// program returns the path of a provider's program.
func (b *bench) program(name string) string {
	return filepath.Join(b.dir, "bin", "programs", "terraform-provider-"+name)
}

// build builds the programs like a release. Where the CLI looks for a provider it finds
// the launcher.
func (b *bench) build(ctx context.Context) error {
	bin := filepath.Join(b.dir, "bin")
	for _, one := range []struct{ target, of string }{
		{b.program(provider), module},
		{b.program(floor), module + "/bench/floor"},
		{filepath.Join(bin, "terraform-provider-"+provider), module + "/bench/launcher"},
		{filepath.Join(bin, "terraform-provider-"+floor), module + "/bench/launcher"},
		{filepath.Join(b.dir, "simulator"), module + "/internal/simulator/cmd/runpod-simulator"},
	} {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", one.target, one.of) //nolint:gosec // its arguments are constants
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", one.of, err, out)
		}
	}
	return nil
}

func (b *bench) configureCLI() error {
	var rc strings.Builder
	rc.WriteString("provider_installation {\n  dev_overrides {\n")
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		for _, name := range []string{provider, floor} {
			fmt.Fprintf(&rc, "    %q = %q\n", host+"/runpodserverless/"+name, filepath.Join(b.dir, "bin"))
		}
	}
	rc.WriteString("  }\n}\n")
	return os.WriteFile(b.rc(), []byte(rc.String()), 0o600)
}

func (b *bench) rc() string { return filepath.Join(b.dir, "cli.rc") }

// environment returns the environment of the CLI: the user's, without variables that
// would change the results.
func (b *bench) environment(more ...string) []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_") && !strings.HasPrefix(variable, "RUNPOD_") && !strings.HasPrefix(variable, "HOME=") {
			env = append(env, variable)
		}
	}
	return append(env, append([]string{
		"HOME=" + b.dir, "TF_CLI_CONFIG_FILE=" + b.rc(), "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1",
	}, more...)...)
}

// startUp returns the median time from the start of a provider's program to the line in
// which it reports its address to the CLI.
func startUp(ctx context.Context, program string, times int) (time.Duration, error) {
	var samples []report.Sample
	for range times {
		took, err := startOnce(ctx, program)
		if err != nil {
			return 0, err
		}
		samples = append(samples, report.Sample{Wall: took})
	}
	return report.Result{Samples: samples}.Wall(), nil
}

func startOnce(ctx context.Context, program string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, program) //nolint:gosec // built by the benchmark itself
	cmd.Env = append(os.Environ(),
		// A CLI identifies itself with this variable; other callers only get an error
		// message.
		"TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		"PLUGIN_PROTOCOL_VERSIONS=6")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	started := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	took := time.Since(started)
	_ = cmd.Process.Kill() // it is waiting for a client
	_ = cmd.Wait()         // "killed"
	if err != nil || strings.Count(line, "|") < 4 {
		return 0, fmt.Errorf("it printed %q instead of its address: %w", line, err)
	}
	return took, nil
}
