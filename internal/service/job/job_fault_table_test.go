package job_test

import (
	"maps"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// The endings that most faults have.
var (
	unknownOutcome = ending{"error: Outcome of the submission unknown", "", 1}
	notSubmitted   = ending{"error: Unable to submit the job", "", 1}
	completed      = ending{"", "COMPLETED", -1}
	timedOut       = ending{"error: Job timed out and was cancelled", "CANCELLED", -1}
	broken         = ending{"error: Unable to wait for the job", "IN_QUEUE", 1}
	unread         = ending{"warning: Job could not be read", "IN_QUEUE", 3}
	refused        = ending{"error: Unable to read the job", "IN_QUEUE", 1}
	notRetried     = ending{"error: Job ended as FAILED", "FAILED", 1}
	notCancelled   = ending{"error: Unable to cancel the job", "IN_PROGRESS", 3}
	gone           = ending{"", "", -1}
)

// times returns an ending with another number of requests.
func (e ending) times(n int) ending {
	e.sent = n
	return e
}

// as returns an ending with another status in the state.
func (e ending) as(status string) ending {
	e.status = status
	return e
}

// all returns the same ending for every fault, except for the faults in rows.
func all(e ending, rows map[string]ending) map[string]ending {
	want := make(map[string]ending)
	for fault := range faults {
		want[fault] = e
	}
	maps.Copy(want, rows)
	return want
}

// merged returns rows with others merged over them.
func merged(rows, over map[string]ending) map[string]ending {
	all := maps.Clone(rows)
	maps.Copy(all, over)
	return all
}

// ofASubmission: only a 429, which says that nothing was accepted, is followed by
// another attempt.
var ofASubmission = map[string]ending{
	"cut before acceptance": unknownOutcome, // nobody can tell it from the next one
	"cut after acceptance":  unknownOutcome,
	"cut body":              unknownOutcome,
	"cut JSON":              unknownOutcome,
	"slow answer":           unknownOutcome,
	"429":                   notSubmitted.times(3),
	"429, in 7 s":           notSubmitted.times(3),
	"429, in an hour":       notSubmitted,
	"500":                   unknownOutcome,
	"503":                   unknownOutcome,
	"502 HTML":              unknownOutcome,
	"empty 200":             unknownOutcome,
	"200 without id":        unknownOutcome,
	"could not queue job":   notSubmitted,
	"404":                   notSubmitted,
	"404 of a gateway":      notSubmitted,
	"401":                   notSubmitted,
	"page of a gateway":     notSubmitted,
	"odd field":             completed, // the reply has an id, so the job is waited for
	"unknown state":         completed, // the reply has an id, so the job is waited for
	"huge body":             unknownOutcome,
	"redirect":              notSubmitted,
}

// phases are the parts of a job's life: one row for each fault. In all of them
// the job is submitted at most once, and its id never leaves the state.
var phases = map[string]phase{
	"submission by run": {
		op: "run", config: jobLasting(time.Minute), act: applied, want: ofASubmission,
	},
	"submission by runsync": {
		op: "runsync", config: jobLasting(time.Minute, acctest.Values{"mode": "sync"}), act: applied,
		want: merged(ofASubmission, map[string]ending{
			"404": unknownOutcome, // a job that was accepted, and purged while the request was held
		}),
	},
	"wait, once": {
		op: "GET", times: 1, config: jobLasting(10 * time.Minute), act: applied,
		want: all(completed, map[string]ending{
			"401":       broken, // no use in asking again
			"huge body": broken,
		}),
	},
	"wait by polling, once": {
		op: "status", times: 1, config: jobLasting(10 * time.Minute), act: applied, options: simulator.Options{NoStatusSync: true},
		want: all(completed, map[string]ending{"401": broken, "huge body": broken}),
	},
	"wait, for good": {
		op: "GET", config: jobLasting(2 * time.Hour), act: applied,
		want: all(timedOut, map[string]ending{
			"404":       {"error: Job has expired", "IN_QUEUE", -1},
			"401":       broken,
			"huge body": broken,
		}),
	},
	"refresh": {
		op: "status", config: jobLasting(2*time.Hour, acctest.Values{"wait_for_completion": false}),
		begin: submitted,
		act: func(w *workspace) run {
			diags, _ := w.refresh(w.t.Context())
			return run{diags: diags}
		},
		want: all(unread, map[string]ending{
			"429, in an hour":  unread.times(1),
			"200 without id":   {"", "IN_QUEUE", 1}, // what it says of the state is good
			"404":              {"warning: Job has expired", "IN_QUEUE", 2},
			"404 of a gateway": unread.times(1), // no reason to forget a job
			"401":              refused,
			"unknown state":    {"", "ON_HOLD", 1},
			"huge body":        refused,
			"redirect":         unread.times(1), // it would be the same a moment later
			"odd field":        {"", "IN_PROGRESS", 1},
		}),
	},
	"resume": {
		op: "status-sync", config: jobLasting(20 * time.Minute), begin: detached, act: applied,
		want: all(completed, map[string]ending{ // by /status, where /status-sync fails for good, at the latest when the wait runs out
			"401":       broken.as("IN_PROGRESS"),
			"huge body": broken.as("IN_PROGRESS"),
		}),
	},
	"retry": {
		op: "retry", act: applied,
		config: acctest.Values{
			"input": acctest.Values{"sim_fail_times": 1, "sim_delay_ms": 1000},
			"retry": acctest.Values{"max_attempts": 3, "min_backoff": "1s"},
		},
		want: map[string]ending{
			"cut before acceptance": notRetried,
			"cut after acceptance":  completed.times(1), // the job shows that it was accepted
			"cut body":              completed.times(1),
			"cut JSON":              completed.times(1),
			"slow answer":           completed.times(1),
			"429":                   notRetried.times(3),
			"429, in 7 s":           notRetried.times(3),
			"429, in an hour":       notRetried,
			"500":                   notRetried,
			"503":                   notRetried,
			"502 HTML":              notRetried,
			"empty 200":             completed.times(1),
			"200 without id":        completed.times(1),
			"could not queue job":   notRetried,
			"404":                   notRetried,
			"404 of a gateway":      notRetried,
			"401":                   notRetried,
			"page of a gateway":     notRetried,
			"odd field":             completed.times(1),
			"unknown state":         completed.times(1),
			"huge body":             completed.times(1),
			"redirect":              notRetried,
		},
	},
	"destroy, for good": {
		op: "cancel", config: jobLasting(2*time.Hour, acctest.Values{"wait_for_completion": false}), begin: submitted, act: destroyed,
		want: map[string]ending{
			"cut before acceptance": notCancelled,
			"cut after acceptance":  gone.times(3), // the job shows that it was cancelled
			"cut body":              gone.times(3),
			"cut JSON":              gone.times(3),
			"slow answer":           gone.times(3),
			"429":                   notCancelled,
			"429, in 7 s":           notCancelled,
			"429, in an hour":       notCancelled.times(1),
			"500":                   notCancelled,
			"503":                   notCancelled,
			"502 HTML":              notCancelled,
			"empty 200":             gone.times(3),
			"200 without id":        gone.times(1),
			"could not queue job":   notCancelled,
			"404":                   notCancelled.times(1), // its status shows it
			"404 of a gateway":      notCancelled.times(1),
			"401":                   notCancelled.times(1),
			"page of a gateway":     notCancelled,
			"odd field":             gone.times(1),
			"unknown state":         gone.times(1),
			"huge body":             gone.times(1),
			"redirect":              notCancelled.times(1),
		},
	},
	"destroy, once": {
		op: "cancel", times: 1, config: jobLasting(2*time.Hour, acctest.Values{"wait_for_completion": false}), begin: submitted, act: destroyed,
		want: all(gone, map[string]ending{
			"429, in an hour":  notCancelled.times(1),
			"404":              notCancelled.times(1),
			"404 of a gateway": notCancelled.times(1),
			"401":              notCancelled.times(1),
			"redirect":         notCancelled.times(1),
		}),
	},
}

// submitted submits a job without waiting, and continues ten minutes later.
func submitted(w *workspace) {
	if r := w.apply(w.t.Context()); r.action != actionCreate || len(r.diags) > 0 {
		w.t.Fatalf("%s: %s", r.action, r.diags)
	}
	time.Sleep(10 * time.Minute)
}

func destroyed(w *workspace) run { return w.destroy(w.t.Context()) }
