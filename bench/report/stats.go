// Package report turns what the benchmark measured into medians, a table and a
// chart.
package report

import (
	"cmp"
	"slices"
	"time"
)

// Sample is what one run of a subject took.
type Sample struct {
	Wall        time.Duration
	Jobs        int
	Requests    int // to the API
	Refused     int // of them with 429
	Lags        []time.Duration
	Connections int           // that carried a request
	CPU         time.Duration // of the provider's processes, together
	Peak        int64         // bytes, of the largest of them; 0 when not known
	State       int64         // bytes of the state file after the run
	Files       int           // files of outputs that were compared
	Wrong       int           // of them, those that are not what a worker made
}

// Result is a subject with its samples: one way to do a workload.
type Result struct {
	Label   string
	Samples []Sample
	Skipped string        // why there are none
	Runs    time.Duration // run time of a job, to which lags are held
}

// Workload is what several subjects do.
type Workload struct {
	Title   string
	Results []Result
	Holds   []Hold
}

// Hold is a promise about a workload and how it came out.
type Hold struct {
	Claim    string
	Measured string
	Kept     bool
}

// Median returns the middle of the values, or the mean of the two in the
// middle; zero when there are none.
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

// median is the median of one figure over the samples.
func median[T int | int64 | time.Duration](samples []Sample, figure func(Sample) T) T {
	values := make([]T, 0, len(samples))
	for _, s := range samples {
		values = append(values, figure(s))
	}
	return Median(values, func(a, b T) T { return (a + b) / 2 })
}

// Wall returns the median wall time.
func (r Result) Wall() time.Duration {
	return median(r.Samples, func(s Sample) time.Duration { return s.Wall })
}

// CPU returns the median processor time.
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

// Most returns the largest of a figure over the samples.
func (r Result) Most(figure func(Sample) int) int {
	most := 0
	for _, s := range r.Samples {
		most = max(most, figure(s))
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

// Lag returns the median and the longest time from a job's end to the reply
// that told of it, over all jobs of all samples.
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
