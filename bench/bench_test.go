package main

import (
	"encoding/xml"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/bench/report"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

// TestAccBench runs a small workload through the whole benchmark with the real
// programs, so that the benchmark keeps working.
func TestAccBench(t *testing.T) {
	t.Parallel()
	product := acctest.RequireCLI(t)
	b, err := newBench(t.Context(), product.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	w := workload{
		name: "small", title: "Two jobs of 20 ms",
		subjects: []subject{
			delayed(2, 20*time.Millisecond), nothing(2), jobs(1, 0, "mock_return = 1").refreshed(),
			{label: "a job on a moon", provider: provider, needs: "runpodserverless_moon"},
		},
		claims: []claim{{"the floor", timesFloor(1000, 0)}, longPollLag},
	}
	result, err := b.measure(t.Context(), []workload{w}, settings{rounds: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Facts) != 3 {
		t.Errorf("facts: %+v", result.Facts)
	}
	measured := result.Workloads[0]
	job, plain, refreshed, moon := measured.Results[0], measured.Results[1], measured.Results[2], measured.Results[3]
	if job.Wall() < 20*time.Millisecond || job.RequestsPerJob() != 2 || job.CPU() <= 0 || runtime.GOOS == "linux" && job.Peak() <= 0 || job.Connections() < 1 {
		t.Errorf("the jobs: %+v", job)
	}
	if middle, most := job.Lag(); middle <= 0 || most > 10*time.Second {
		t.Errorf("lags: %s, %s", middle, most)
	}
	if plain.Wall() <= 0 || plain.CPU() <= 0 || plain.Requests() != 0 {
		t.Errorf("the floor: %+v", plain)
	}
	if refreshed.Wall() <= 0 || refreshed.Requests() != 0 {
		t.Errorf("the refresh: %+v", refreshed)
	}
	if moon.Skipped == "" || len(moon.Samples) != 0 {
		t.Errorf("what the provider does not have: %+v", moon)
	}
	if len(measured.Claims) != 3 || !measured.Claims[0].Kept || !measured.Claims[2].Kept {
		t.Errorf("claims: %+v", measured.Claims)
	}

	folder := t.TempDir()
	if err := write(result, folder); err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(folder, "results.md"))
	if err != nil || !strings.Contains(string(table), "Two jobs of 20 ms") {
		t.Errorf("table: %v\n%s", err, table)
	}
	chart, err := os.Open(filepath.Join(folder, "chart.svg"))
	if err != nil {
		t.Fatal(err)
	}
	defer chart.Close()
	if err := wellFormed(chart); err != nil {
		t.Errorf("chart: %v", err)
	}
}

func wellFormed(r io.Reader) error {
	d := xml.NewDecoder(r)
	for {
		if _, err := d.Token(); err != nil {
			if err == io.EOF { //nolint:errorlint // the decoder returns it unwrapped
				return nil
			}
			return err
		}
	}
}

func TestSelected(t *testing.T) {
	t.Parallel()
	for only, want := range map[string]int{"": len(workloads()), "one": 1, "one,set": 2, "two": -1} {
		selected, err := settings{only: only}.selected()
		if got := len(selected); (want < 0) != (err != nil) || want >= 0 && got != want {
			t.Errorf("%q: %d workloads, %v", only, got, err)
		}
	}
	all := names()
	slices.Sort(all)
	if len(slices.Compact(all)) != len(workloads()) {
		t.Errorf("a name is used twice: %v", all)
	}
}

// TestConfigurations requires that whatever a quick run skips is last, because claims
// refer to subjects by index.
func TestConfigurations(t *testing.T) {
	t.Parallel()
	for _, w := range workloads() {
		slow := false
		for _, s := range w.subjects {
			if slow && !s.slow {
				t.Errorf("%s: %s comes after a subject that a quick run skips", w.name, s.label)
			}
			slow = slow || s.slow
			if strings.Count(s.configuration(), "{") != strings.Count(s.configuration(), "}") {
				t.Errorf("%s: %s: braces do not match in\n%s", w.name, s.label, s.configuration())
			}
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	zero := time.Now()
	at := func(ms int) time.Time { return zero.Add(time.Duration(ms) * time.Millisecond) }
	const runs = 100 * time.Millisecond
	var s report.Sample
	count(&s, []exchange{
		{Time: at(0), Held: 10 * time.Millisecond, Op: "run", JobID: "a", Status: 200, Accepted: true, Remote: "1"},
		{Time: at(5), Op: "run", Status: http.StatusTooManyRequests, Remote: "2"},
		{Time: at(20), Held: 5 * time.Millisecond, Op: "run", JobID: "b", Status: 200, Accepted: true, Remote: "2"},
		{Time: at(30), Op: "status", JobID: "a", Status: 200, Remote: "1"},
		{Time: at(117), Held: 3 * time.Millisecond, Op: "status", JobID: "a", Status: 200, Remote: "1"},
		{Time: at(26), Held: 101 * time.Millisecond, Op: "status-sync", JobID: "b", Status: 200, Remote: "2"},
	}, runs)
	want := []time.Duration{2 * time.Millisecond, 10 * time.Millisecond}
	if s.Requests != 6 || s.Refused != 1 || s.Connections != 2 || !slices.Equal(s.Lags, want) {
		t.Errorf("got %+v", s)
	}
}

func TestRequestLines(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSuffix(string(requestLines(3, 200)), "\n"), "\n")
	if len(lines) != 3 || len(lines[0]) != 200 || lines[0] == lines[1] {
		t.Errorf("%d lines, the first of %d bytes", len(lines), len(lines[0]))
	}
}
