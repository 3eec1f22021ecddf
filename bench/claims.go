package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/bench/report"
)

// claim is something that must hold about a workload.
type claim struct {
	text  string
	check check
}

// check returns what was measured and whether it is within bounds; "" when what
// it needs was not measured.
type check func(subjects []subject, results []report.Result) (measured string, kept bool)

// holds checks a workload's claims, and for every subject that uses the API
// that it opened at most twice as many connections as it had requests at once (a
// burst dials one for each request that finds none idle, and takes whichever comes
// first), and was never told to slow down.
func (w workload) holds(subjects []subject, results []report.Result) []report.Hold {
	var all []report.Hold
	for _, c := range append(append([]claim{}, w.claims...), claim{"at most two connections for each request at once, never 429", frugal}) {
		if measured, kept := c.check(subjects, results); measured != "" {
			all = append(all, report.Hold{Claim: c.text, Measured: measured, Kept: kept})
		}
	}
	return all
}

// reference returns the first result of the floor.
func reference(subjects []subject, results []report.Result) (report.Result, bool) {
	for i, s := range subjects {
		if s.provider == floor && results[i].Wall() > 0 {
			return results[i], true
		}
	}
	return report.Result{}, false
}

// has reports whether the results at these places were measured.
func has(results []report.Result, places ...int) bool {
	for _, i := range places {
		if i >= len(results) || results[i].Wall() == 0 {
			return false
		}
	}
	return true
}

// overFloor allows the floor, the job's run time and some more.
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

// timesFloor allows a multiple of the floor and the work.
func timesFloor(times float64, work time.Duration) check {
	return func(subjects []subject, results []report.Result) (string, bool) {
		floor, ok := reference(subjects, results)
		if !ok || !has(results, 0) {
			return "", false
		}
		return ratio(results[0].Wall(), floor.Wall()+work, times)
	}
}

// timesSubject allows a multiple of another subject's time.
func timesSubject(other int, times float64) check { return versus(0, other, times) }

// versus allows one subject a multiple of another one's time. A limit of 0 is none.
func versus(one, other int, times float64) check {
	return func(_ []subject, results []report.Result) (string, bool) {
		if !has(results, one, other) {
			return "", false
		}
		return ratio(results[one].Wall(), results[other].Wall(), times)
	}
}

// withinIdeal allows a multiple of what no provider could better.
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

// within bounds the time of the subject.
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

// heldLag: where requests are held, the end of a job is noticed at once. It is
// the median that counts: the simulator, the CLI and the provider share the
// processor.
var heldLag = claim{"noticed within 20 ms with status-sync, at the median", lag(
	func(s subject) bool { return s.provider == provider && len(s.simulator) == 0 },
	func(_ subject, middle, _ time.Duration) bool { return middle <= 20*time.Millisecond },
)}

// polledLag: where requests are not held, within a share of the run time.
var polledLag = claim{"noticed within 5 % of the run time without status-sync, always", lag(
	func(s subject) bool { return s.provider == provider && strings.Join(s.simulator, " ") == polled[0] },
	func(s subject, _, most time.Duration) bool { return most <= s.runs/20 },
)}

// lag holds the lags of each subject that is meant to a bound.
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

// copies compares the peak memory of a subject with that of its idle form, in
// multiples of 1 MiB. A limit of 0 is none.
func copies(busy, idle int, limit float64) check {
	return func(_ []subject, results []report.Result) (string, bool) {
		if !has(results, busy, idle) || results[busy].Peak() == 0 {
			return "", false
		}
		n := float64(results[busy].Peak()-results[idle].Peak()) / mib
		return fmt.Sprintf("%.1f MiB above %.1f MB", n, float64(results[idle].Peak())/1e6), limit == 0 || n <= limit
	}
}

// small bounds the peak memory, in bytes, where much work goes through it.
func small(limit float64) check {
	return func(_ []subject, results []report.Result) (string, bool) {
		if !has(results, 0) || results[0].Peak() == 0 {
			return "", false
		}
		peak := float64(results[0].Peak())
		return fmt.Sprintf("%.1f MB", peak/1e6), peak <= limit
	}
}

// smallState bounds the size of the state file, in bytes.
func smallState(limit float64) check {
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

// identical requires that the files hold what the workers made, to the byte.
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

// frugal compares the connections with the requests that may be under way.
func frugal(subjects []subject, results []report.Result) (string, bool) {
	var parts []string
	kept := true
	for i, s := range subjects {
		if s.provider != provider || s.refresh || !has(results, i) || s.jobs == 0 {
			continue
		}
		opened := results[i].Most(func(s report.Sample) int { return s.Connections })
		refused := results[i].Most(func(s report.Sample) int { return s.Refused })
		part := fmt.Sprintf("%d for %d", opened, s.atOnce())
		if refused > 0 {
			part += fmt.Sprintf(", %d times 429", refused)
		}
		parts = append(parts, part)
		kept = kept && opened <= 2*s.atOnce() && refused == 0
	}
	return strings.Join(parts, "; "), kept
}
