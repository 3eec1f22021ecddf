// Command bench measures the provider: the duration of real applies against a simulator
// on loopback, in turn with references that do the same. It prints a table of medians
// and ratios and writes it, with a chart, to a folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/runpodserverless/terraform-provider-runpodserverless/bench/report"
)

// settings are the command's flags.
type settings struct {
	cli        string
	out        string
	rounds     int
	slowRounds int
	only       string
	quick      bool
}

func main() {
	var s settings
	flag.StringVar(&s.cli, "cli", os.Getenv("TF_ACC_TERRAFORM_PATH"), "terraform or tofu; by default the first of them on PATH")
	flag.StringVar(&s.out, "out", filepath.Join("bench", "out"), "folder for results.md and chart.svg")
	flag.IntVar(&s.rounds, "rounds", 5, "runs of each subject; their median is reported")
	flag.IntVar(&s.slowRounds, "slow-rounds", 1, "runs of those that take a minute and more")
	flag.StringVar(&s.only, "only", "", "names of the workloads to run, separated by commas: "+strings.Join(names(), ", "))
	flag.BoolVar(&s.quick, "quick", false, "leave out those that take a minute and more")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // no deferred call matters here
	}
}

func (s settings) run(ctx context.Context) error {
	cli, err := findCLI(s.cli)
	if err != nil {
		return err
	}
	selected, err := s.selected()
	if err != nil {
		return err
	}
	b, err := newBench(ctx, cli)
	if err != nil {
		return err
	}
	defer b.close()
	result, err := b.measure(ctx, selected, s)
	if err != nil {
		return err
	}
	return write(result, s.out)
}

// selected returns the workloads that the flags select.
func (s settings) selected() ([]workload, error) {
	wanted := strings.FieldsFunc(s.only, func(r rune) bool { return r == ',' })
	for _, name := range wanted {
		if !slices.Contains(names(), name) {
			return nil, fmt.Errorf("there is no workload %q; there are: %s", name, strings.Join(names(), ", "))
		}
	}
	var selected []workload
	for _, w := range workloads() {
		if len(wanted) == 0 || slices.Contains(wanted, w.name) {
			selected = append(selected, w)
		}
	}
	return selected, nil
}

// measure runs the workloads one after the other.
func (b *bench) measure(ctx context.Context, selected []workload, s settings) (report.Report, error) {
	result := report.Report{}
	facts, err := b.facts(ctx, s.rounds)
	if err != nil {
		return result, err
	}
	result.Facts = facts
	for _, w := range selected {
		fmt.Fprintf(os.Stderr, "%s ", w.title)
		measured, err := b.workload(ctx, w, s)
		fmt.Fprintln(os.Stderr)
		if err != nil {
			return result, fmt.Errorf("%s: %w", w.title, err)
		}
		if len(measured.Results) > 0 {
			result.Workloads = append(result.Workloads, measured)
		}
	}
	return result, nil
}

// write prints the report and writes it to a folder.
func write(r report.Report, folder string) error {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	table := r.Markdown()
	fmt.Print(table)
	return errors.Join(
		os.WriteFile(filepath.Join(folder, "results.md"), []byte(table), 0o600),
		os.WriteFile(filepath.Join(folder, "chart.svg"), []byte(r.Chart()), 0o600),
	)
}

func findCLI(wanted string) (string, error) {
	candidates := []string{"terraform", "tofu"}
	if wanted != "" {
		candidates = []string{wanted}
	}
	for _, name := range candidates {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", fmt.Errorf("there is no %s; -cli names one", strings.Join(candidates, " or "))
}

// facts returns the lines above the tables: the machine, and the program itself.
func (b *bench) facts(ctx context.Context, rounds int) ([]report.Fact, error) {
	version, err := exec.CommandContext(ctx, b.cli, "version").Output() //nolint:gosec // the user's own choice of program
	if err != nil {
		return nil, fmt.Errorf("%s version: %w", b.cli, err)
	}
	product, _, _ := strings.Cut(string(version), "\n")
	facts := []report.Fact{
		{Name: "Machine", Value: fmt.Sprintf("%d cores, %s/%s, %s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), product)},
	}
	for _, name := range []string{provider, floor} {
		program := b.program(name)
		info, err := os.Stat(program)
		if err != nil {
			return nil, err
		}
		took, err := startUp(ctx, program, 3*rounds)
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", name, err)
		}
		label := "Provider"
		if name == floor {
			label = "Minimal plugin, for comparison"
		}
		facts = append(facts, report.Fact{Name: label, Value: fmt.Sprintf("%.1f MB as released, ready %.1f ms after its start", float64(info.Size())/1e6, took.Seconds()*1000)})
	}
	return facts, nil
}
