package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/bench/report"
)

// killDelay is how long an abandoned run may take to exit after an interrupt.
const killDelay = 20 * time.Second

// workload runs the subjects in turn, round after round, so that changes of the
// machine's load affect all of them.
func (b *bench) workload(ctx context.Context, w workload, s settings) (report.Workload, error) {
	measured := report.Workload{Title: w.title}
	var subjects []subject
	for _, one := range w.subjects {
		if one.slow && s.quick {
			continue // the whole workload, or its last subjects: the indexes of the others stay the same
		}
		subjects = append(subjects, one)
		measured.Results = append(measured.Results, report.Result{Label: one.label, Runs: one.runs, Skipped: one.missing(ctx)})
	}
	for i, one := range subjects {
		if measured.Results[i].Skipped != "" {
			continue
		}
		if err := b.prepare(ctx, one, fmt.Sprint(w.name, i)); err != nil {
			return measured, fmt.Errorf("%s: %w", one.label, err)
		}
	}
	for round := range max(s.rounds, s.slowRounds) {
		for i, one := range subjects {
			rounds := s.rounds
			if one.slow {
				rounds = s.slowRounds
			}
			if measured.Results[i].Skipped != "" || round >= rounds {
				continue
			}
			sample, err := b.once(ctx, one, fmt.Sprint(w.name, i), round)
			if err != nil {
				return measured, fmt.Errorf("%s: %w", one.label, err)
			}
			fmt.Fprint(os.Stderr, ".")
			measured.Results[i].Samples = append(measured.Results[i].Samples, sample)
		}
	}
	measured.Claims = w.checkClaims(subjects, measured.Results)
	return measured, nil
}

// prepare writes the configuration to a folder. If the subject measures a refresh or a
// later step, it creates the resources. Otherwise it applies once as well, to warm the
// machine's caches, unless that takes long.
func (b *bench) prepare(ctx context.Context, one subject, folder string) error {
	dir := filepath.Join(b.dir, folder)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(one.configuration()), 0o600); err != nil {
		return err
	}
	for name, content := range one.files {
		if err := os.WriteFile(filepath.Join(dir, name), content(), 0o600); err != nil {
			return err
		}
	}
	if one.slow && one.step == applyAll {
		return nil
	}
	sim, err := b.simulator(ctx, one.simulator)
	if err != nil {
		return err
	}
	_, err = b.command(ctx, sim, folder, apply...)
	return err
}

// once measures one sample.
func (b *bench) once(ctx context.Context, one subject, folder string, round int) (report.Sample, error) {
	sample := report.Sample{Jobs: one.jobs}
	sim, err := b.simulator(ctx, one.simulator)
	if err != nil {
		return sample, err
	}
	if err := b.before(ctx, sim, one, folder, round); err != nil {
		return sample, err
	}
	usage := filepath.Join(b.dir, "usage")
	if err := errors.Join(os.RemoveAll(usage), sim.reset(ctx)); err != nil {
		return sample, err
	}
	if sample.Wall, err = b.command(ctx, sim, folder, one.command()...); err != nil {
		return sample, err
	}
	if sample.CPU, sample.Peak, err = readUsage(usage); err != nil {
		return sample, err
	}
	if err := b.inspect(ctx, sim, one, folder, &sample); err != nil {
		return sample, err
	}
	journal, err := sim.journal(ctx)
	if err != nil {
		return sample, err
	}
	count(&sample, journal, one.runs)
	return sample, nil
}

// before prepares a folder for the measured step.
func (b *bench) before(ctx context.Context, sim *simulator, one subject, folder string, round int) error {
	switch {
	case one.refresh || one.step == planNothing:
		return nil
	case one.step == applyChange:
		name, content := one.changed(round)
		return os.WriteFile(filepath.Join(b.dir, folder, name), content, 0o600)
	case one.step == destroyAll:
		if round == 0 {
			return nil // prepare has already applied it
		}
		_, err := b.command(ctx, sim, folder, apply...)
		return err
	default:
		return b.forget(folder)
	}
}

// forget removes the state of an earlier apply.
func (b *bench) forget(folder string) error {
	states, err := filepath.Glob(filepath.Join(b.dir, folder, "terraform.tfstate*"))
	if err != nil {
		return err
	}
	for _, state := range states {
		if err := os.Remove(state); err != nil {
			return err
		}
	}
	return nil
}

// command runs the CLI and returns how long it took.
func (b *bench) command(ctx context.Context, sim *simulator, folder string, args ...string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, b.cli, args...) //nolint:gosec // the user's own choice of program
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = killDelay
	cmd.Dir = filepath.Join(b.dir, folder)
	cmd.Env = b.environment(
		"BENCH_USAGE="+filepath.Join(b.dir, "usage"),
		"RUNPOD_ENDPOINT_BASE_URL="+sim.url, "RUNPOD_API_KEY="+apiKey, "RUNPOD_ENDPOINT_ID="+endpoint)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	started := time.Now()
	err := cmd.Run()
	took := time.Since(started)
	if err != nil {
		return took, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out.String())
	}
	return took, nil
}

// readUsage sums up what the launcher has recorded about the provider's processes.
// Without a process of the provider there is no file.
func readUsage(path string) (cpu time.Duration, peak int64, err error) {
	content, err := os.ReadFile(path) //nolint:gosec // the benchmark's own file
	if errors.Is(err, os.ErrNotExist) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	for line := range bytes.Lines(content) {
		var one struct {
			CPU  time.Duration `json:"cpu_ns"`
			Peak int64         `json:"peak_bytes"`
		}
		if err := json.Unmarshal(line, &one); err != nil {
			return 0, 0, err
		}
		cpu += one.CPU
		peak = max(peak, one.Peak)
	}
	return cpu, peak, nil
}

// count evaluates the journal of a run. A job begins when its submission is answered,
// because a worker is free, and ends after its run time.
func count(s *report.Sample, journal []exchange, runs time.Duration) {
	s.Requests = len(journal)
	remotes := make(map[string]bool)
	ends := make(map[string]time.Time)
	told := make(map[string]time.Time)
	for _, x := range journal {
		remotes[x.Remote] = true
		switch {
		case x.Status == http.StatusTooManyRequests:
			s.Refused++
		case x.Op == "run" && x.Accepted:
			ends[x.JobID] = x.end().Add(runs)
		case x.JobID != "" && x.end().After(told[x.JobID]):
			told[x.JobID] = x.end()
		}
	}
	s.Connections = len(remotes)
	if runs == 0 {
		return
	}
	for id, end := range ends {
		if at, ok := told[id]; ok {
			s.Lags = append(s.Lags, max(0, at.Sub(end)))
		}
	}
	slices.Sort(s.Lags)
}
