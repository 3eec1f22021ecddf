// Package report turns the measurements of the benchmark into medians, a table and a
// chart.
package report

import (
	"cmp"
	"slices"
	"time"
)

// Sample is the measurement of one run of a subject.
type Sample struct {
	Wall        time.Duration
	Jobs        int
	Requests    int // requests to the API
	Refused     int // requests that got a 429
	Lags        []time.Duration
	Connections int           // connections with at least one request
	CPU         time.Duration // CPU time of all processes of the provider
	Peak        int64         // peak memory of the largest process, in bytes; 0 if unknown
	State       int64         // size of the state file after the run, in bytes
	Files       int           // number of output files that were compared
	Wrong       int           // number of these that differ from the worker's output
}

// Result has the samples of a subject: one way to do a workload.
type Result struct {
	Label   string
	Samples []Sample
	Skipped string        // why there are no samples
	Runs    time.Duration // run time of a job, for comparison with the lags
}

// Workload has the results of several subjects that do the same.
type Workload struct {
	Title   string
	Results []Result
	Claims  []Claim
}

// Claim is a claim about a workload and whether it was satisfied.
type Claim struct {
	Text     string
	Measured string
	Kept     bool
}

// Median returns the median of the values, with the mean of the middle two if their
// number is even; zero if there are none.
func Median[T cmp.Ordered](values []T, mean func(a, b T) T) T {
	var zero T
	if len(values) == 0 {
		return zero
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return mean(sorted[middle-1], sorted[middle])
}

// median returns the median of a metric over the samples.
func median[T int | int64 | time.Duration](samples []Sample, metric func(Sample) T) T {
	values := make([]T, 0, len(samples))
	for _, s := range samples {
		values = append(values, metric(s))
	}
	return Median(values, func(a, b T) T { return (a + b) / 2 })
}

// Wall returns the median wall time.
func (r Result) Wall() time.Duration {
	return median(r.Samples, func(s Sample) time.Duration { return s.Wall })
}

// CPU returns the median CPU time.
func (r Result) CPU() time.Duration {
	return median(r.Samples, func(s Sample) time.Duration { return s.CPU })
}

// Peak returns the median peak memory in bytes.
func (r Result) Peak() int64 { return median(r.Samples, func(s Sample) int64 { return s.Peak }) }

// State returns the median size of the state file in bytes.
func (r Result) State() int64 { return median(r.Samples, func(s Sample) int64 { return s.State }) }

// Connections returns the median number of connections.
func (r Result) Connections() int {
	return median(r.Samples, func(s Sample) int { return s.Connections })
}

// Requests returns the median number of requests of a run.
func (r Result) Requests() int { return median(r.Samples, func(s Sample) int { return s.Requests }) }

// Most returns the maximum of a metric over the samples.
func (r Result) Most(metric func(Sample) int) int {
	most := 0
	for _, s := range r.Samples {
		most = max(most, metric(s))
	}
	return most
}

// RequestsPerJob returns the median number of requests for one job.
func (r Result) RequestsPerJob() float64 {
	if len(r.Samples) == 0 || r.Samples[0].Jobs == 0 {
		return 0
	}
	return float64(r.Requests()) / float64(r.Samples[0].Jobs)
}

// Lag returns the median and the maximum time from a job's end to the response that
// reported it, over all jobs of all samples.
func (r Result) Lag() (middle, most time.Duration) {
	var all []time.Duration
	for _, s := range r.Samples {
		all = append(all, s.Lags...)
	}
	if len(all) == 0 {
		return 0, 0
	}
	return Median(all, func(a, b time.Duration) time.Duration { return (a + b) / 2 }), slices.Max(all)
}
