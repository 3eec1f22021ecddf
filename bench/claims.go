package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/bench/report"
)

// claim is an upper bound, or another condition, that a workload must satisfy.
type claim struct {
	text  string
	check check
}

// check returns the measured value and whether the claim is satisfied; "" if a value
// that it needs was not measured.
type check func(subjects []subject, results []report.Result) (measured string, kept bool)

// checkClaims checks the claims of a workload. In addition, for every subject that uses
// the API it checks that no request got a 429, and that the subject opened at most
// twice as many connections as it had concurrent requests: net/http dials one for each
// request that finds no idle connection, and uses whichever comes first.
func (w workload) checkClaims(subjects []subject, results []report.Result) []report.Claim {
	var all []report.Claim
	for _, c := range append(append([]claim{}, w.claims...), claim{"at most two connections for each request at once, never 429", fewConnections}) {
		if measured, kept := c.check(subjects, results); measured != "" {
			all = append(all, report.Claim{Text: c.text, Measured: measured, Kept: kept})
		}
	}
	return all
}

// reference returns the result of the floor, the first one that was measured.
func reference(subjects []subject, results []report.Result) (report.Result, bool) {
	for i, s := range subjects {
		if s.provider == floor && results[i].Wall() > 0 {
			return results[i], true
		}
	}
	return report.Result{}, false
}

// has reports whether the results with these indexes were measured.
func has(results []report.Result, places ...int) bool {
	for _, i := range places {
		if i >= len(results) || results[i].Wall() == 0 {
			return false
		}
	}
	return true
}

// overFloor limits the time to that of the floor, plus the job's run time, plus some
// more.
func overFloor(runs, more time.Duration) check {
	return func(subjects []subject, results []report.Result) (string, bool) {
		floor, ok := reference(subjects, results)
		if !ok || !has(results, 0) {
			return "", false
		}
		over := results[0].Wall() - floor.Wall() - runs
		return fmt.Sprintf("%.0f ms more than the floor and the job", over.Seconds()*1000), over <= more
	}
}

// timesFloor limits the time to a multiple of the floor, plus the work.
func timesFloor(times float64, work time.Duration) check {
	return func(subjects []subject, results []report.Result) (string, bool) {
		floor, ok := reference(subjects, results)
		if !ok || !has(results, 0) {
			return "", false
		}
		return ratio(results[0].Wall(), floor.Wall()+work, times)
	}
}

// timesSubject limits the time to a multiple of another subject's time.
func timesSubject(other int, times float64) check { return versus(0, other, times) }

// versus limits a subject's time to a multiple of another subject's time; 0 is no
// limit.
func versus(one, other int, times float64) check {
	return func(_ []subject, results []report.Result) (string, bool) {
		if !has(results, one, other) {
			return "", false
		}
		return ratio(results[one].Wall(), results[other].Wall(), times)
	}
}

// withinIdeal limits the time to a multiple of the time of an ideal provider.
func withinIdeal(times float64, ideal time.Duration) check {
	return func(_ []subject, results []report.Result) (string, bool) {
		if !has(results, 0) {
			return "", false
		}
		text, kept := ratio(results[0].Wall(), ideal, times)
		if has(results, 1) {
			text += fmt.Sprintf("; %.1f × faster than %s", float64(results[1].Wall())/float64(results[0].Wall()), results[1].Label)
		}
		return text, kept
	}
}

func ratio(took, of time.Duration, times float64) (string, bool) {
	r := float64(took) / float64(of)
	return fmt.Sprintf("%.2f ×", r), times == 0 || r <= times
}

// within limits the time of the subject.
func within(limit time.Duration) check {
	return func(_ []subject, results []report.Result) (string, bool) {
		if !has(results, 0) {
			return "", false
		}
		return fmt.Sprintf("%.1f s", results[0].Wall().Seconds()), results[0].Wall() <= limit
	}
}

func noRequest(_ []subject, results []report.Result) (string, bool) {
	if !has(results, 0) {
		return "", false
	}
	most := results[0].Most(func(s report.Sample) int { return s.Requests })
	return fmt.Sprintf("%d requests", most), most == 0
}

func fewRequests(place, limit int) check {
	return func(_ []subject, results []report.Result) (string, bool) {
		if !has(results, place) {
			return "", false
		}
		most := results[place].Most(func(s report.Sample) int { return s.Requests })
		return fmt.Sprintf("%d requests", most), most <= limit
	}
}

// longPollLag: with long polls, the end of a job is noticed immediately. The claim is
// about the median, because the simulator, the CLI and the provider share the CPU.
var longPollLag = claim{"noticed within 20 ms with status-sync, at the median", lag(
	func(s subject) bool { return s.provider == provider && len(s.simulator) == 0 },
	func(_ subject, middle, _ time.Duration) bool { return middle <= 20*time.Millisecond },
)}

// polledLag: without long polls, the lag is at most a fraction of the run time.
var polledLag = claim{"noticed within 5 % of the run time without status-sync, always", lag(
	func(s subject) bool { return s.provider == provider && strings.Join(s.simulator, " ") == polled[0] },
	func(s subject, _, most time.Duration) bool { return most <= s.runs/20 },
)}

// lag limits the lags of the subjects for which meant is true.
func lag(meant func(subject) bool, within func(s subject, middle, most time.Duration) bool) check {
	return func(subjects []subject, results []report.Result) (string, bool) {
		var parts []string
		kept := true
		for i, s := range subjects {
			middle, most := results[i].Lag()
			if !meant(s) || most == 0 {
				continue
			}
			part := fmt.Sprintf("%.1f ms, at most %.1f ms", middle.Seconds()*1000, most.Seconds()*1000)
			if s.runs >= time.Second {
				part += fmt.Sprintf(" (%.1f %%)", 100*float64(most)/float64(s.runs))
			}
			parts = append(parts, part)
			kept = kept && within(s, middle, most)
		}
		return strings.Join(parts, "; "), kept
	}
}

// copies limits the difference between the peak memory of a subject and of its idle
// variant, in multiples of 1 MiB; 0 is no limit.
func copies(busy, idle int, limit float64) check {
	return func(_ []subject, results []report.Result) (string, bool) {
		if !has(results, busy, idle) || results[busy].Peak() == 0 {
			return "", false
		}
		n := float64(results[busy].Peak()-results[idle].Peak()) / mib
		return fmt.Sprintf("%.1f MiB above %.1f MB", n, float64(results[idle].Peak())/1e6), limit == 0 || n <= limit
	}
}

// peakBelow limits the peak memory, in bytes.
func peakBelow(limit float64) check {
	return func(_ []subject, results []report.Result) (string, bool) {
		if !has(results, 0) || results[0].Peak() == 0 {
			return "", false
		}
		peak := float64(results[0].Peak())
		return fmt.Sprintf("%.1f MB", peak/1e6), peak <= limit
	}
}

// stateBelow limits the size of the state file, in bytes.
func stateBelow(limit float64) check {
	return func(_ []subject, results []report.Result) (string, bool) {
		if !has(results, 0) || results[0].State() == 0 {
			return "", false
		}
		var parts []string
		for _, r := range results {
			parts = append(parts, fmt.Sprintf("%.1f MB", float64(r.State())/1e6))
		}
		return strings.Join(parts, "; "), float64(results[0].State()) <= limit
	}
}

// identical requires that the files equal the workers' outputs, byte by byte.
func identical(subjects []subject, results []report.Result) (string, bool) {
	if !has(results, 0) {
		return "", false
	}
	kept := true
	for _, s := range results[0].Samples {
		kept = kept && s.Files == subjects[0].jobs && s.Wrong == 0
	}
	wrong := results[0].Most(func(s report.Sample) int { return s.Wrong })
	return fmt.Sprintf("%d files, %d other than sent", results[0].Most(func(s report.Sample) int { return s.Files }), wrong), kept
}

// fewConnections compares the number of connections with the number of concurrent
// requests.
func fewConnections(subjects []subject, results []report.Result) (string, bool) {
	var parts []string
	kept := true
	for i, s := range subjects {
		if s.provider != provider || s.refresh || !has(results, i) || s.jobs == 0 {
			continue
		}
		opened := results[i].Most(func(s report.Sample) int { return s.Connections })
		refused := results[i].Most(func(s report.Sample) int { return s.Refused })
		part := fmt.Sprintf("%d for %d", opened, s.concurrency())
		if refused > 0 {
			part += fmt.Sprintf(", %d times 429", refused)
		}
		parts = append(parts, part)
		kept = kept && opened <= 2*s.concurrency() && refused == 0
	}
	return strings.Join(parts, "; "), kept
}
