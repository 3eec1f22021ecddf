package job_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// faults are the ways in which an exchange can go wrong. Each is injected into each
// phase of a job's life, and job_fault_table_test.go has the expected outcome.
var faults = map[string]simulator.Fault{
	"cut before acceptance": {Kind: simulator.CutBefore},
	"cut after acceptance":  {Kind: simulator.CutAfter},
	"cut body":              {Kind: simulator.CutBody},
	"cut JSON":              {Kind: simulator.Truncated},
	"slow answer":           {Kind: simulator.SlowAfter, Delay: time.Hour},
	"429":                   {Kind: simulator.TooManyRequests},
	"429, in 7 s":           {Kind: simulator.TooManyRequests, RetryAfter: "7"},
	"429, in an hour":       {Kind: simulator.TooManyRequests, RetryAfter: "3600"},
	"500":                   {Kind: simulator.InternalError},
	"503":                   {Kind: simulator.Unavailable},
	"502 HTML":              {Kind: simulator.BadGatewayHTML},
	"empty 200":             {Kind: simulator.EmptyBody},
	"200 without id":        {Kind: simulator.NoID},
	"could not queue job":   {Kind: simulator.NotQueued},
	"404":                   {Kind: simulator.NotVisible},
	"404 of a gateway":      {Kind: simulator.StatusReply, Status: 404, Body: "<html><head><title>404</title></head></html>"},
	"page of a gateway":     {Kind: simulator.StatusReply, Status: 403, Body: "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"},
	"odd field":             {Kind: simulator.OddFields},
	"401":                   {Kind: simulator.StatusReply, Status: 401, Body: `{"status":401,"title":"Unauthorized","detail":"invalid api key"}`},
	"unknown state":         {Kind: simulator.UnknownState},
	"huge body":             {Kind: simulator.HugeBody},
	"redirect":              {Kind: simulator.Redirect},
}

// ending is the expected outcome of a fault.
type ending struct {
	title  string // of the only diagnostic, after its severity; "" for none
	status string // in the state; "" when there is no state
	sent   int    // requests of the operation; any number when it is negative
}

// phase is a part of a job's life.
type phase struct {
	op      string // what the fault hits: an operation, or GET for all that read
	times   int    // how often it hits; 0 for good
	options simulator.Options
	config  acctest.Values // of the job
	begin   func(w *workspace)
	act     func(w *workspace) run
	want    map[string]ending
}

// applied is the action of most phases.
func applied(w *workspace) run { return w.apply(w.t.Context()) }

// jobLasting is a configuration of a job that takes so long.
func jobLasting(d time.Duration, more ...acctest.Values) acctest.Values {
	config := acctest.Values{
		"input":  acctest.Values{"mock_return": "done", "sim_delay_ms": d.Milliseconds()},
		"policy": acctest.Values{"execution_timeout": "12h"},
	}
	for _, m := range more {
		for name, value := range m {
			config[name] = value
		}
	}
	return config
}

// detached submits a job whose wait ends after a second, and continues ten minutes
// later.
func detached(w *workspace) {
	w.config["on_timeout"] = "detach"
	w.config["timeouts"] = acctest.Values{"create": "1s"}
	if r := w.apply(w.t.Context()); r.action != actionCreate || r.diags.HasError() {
		w.t.Fatalf("%s: %s", r.action, r.diags)
	}
	time.Sleep(10 * time.Minute)
}

// TestJobResource_faults tries the whole table; with the race detector each phase
// with every sixth fault, another one in each phase.
func TestJobResource_faults(t *testing.T) {
	t.Parallel()
	stride := acctest.Sized(1, 6)
	for i, name := range slices.Sorted(maps.Keys(phases)) {
		p := phases[name]
		for j, fault := range slices.Sorted(maps.Keys(faults)) {
			inject := faults[fault]
			want, ok := p.want[fault]
			if !ok {
				t.Errorf("%s: the table says nothing of %q", name, fault)
			}
			if (i+j)%stride != 0 {
				continue
			}
			inject.Op, inject.Times = p.op, p.times
			t.Run(name+"/"+fault, func(t *testing.T) {
				t.Parallel()
				config := acctest.Values{}
				for name, value := range p.config {
					config[name] = value
				}
				inWorkspace(t, p.options, acctest.Values{"max_retries": 2}, config, func(w *workspace) {
					if p.begin != nil {
						p.begin(w)
					}
					before := len(w.Journal())
					remove := w.Inject(inject)
					r := p.act(w)
					remove()
					w.check(r, inject, w.Journal()[before:], want)
				})
			})
		}
		for fault := range p.want {
			if _, ok := faults[fault]; !ok {
				t.Errorf("%s: there is no fault %q", name, fault)
			}
		}
	}
}

// check compares the outcome of a phase with the table, and with what holds for every
// fault.
func (w *workspace) check(r run, fault simulator.Fault, journal simulator.Journal, want ending) {
	w.t.Helper()
	var reported []string
	for _, d := range r.diags {
		if !strings.HasPrefix(d.Summary, "Resumes waiting") {
			reported = append(reported, strings.ToLower(d.Severity.String())+": "+d.Summary)
		}
		if !strings.Contains(d.Detail, "Endpoint: demo\n") {
			w.t.Errorf("the endpoint is not named: %s", d.Detail)
		}
		if jobs := w.Jobs("demo"); w.state != nil && len(jobs) > 0 && !strings.Contains(d.Detail, "Job: "+jobs[0].ID+"\n") {
			w.t.Errorf("the job is not named: %s", d.Detail)
		}
		if strings.Contains(d.Detail, simulator.DefaultAPIKey) || strings.Contains(d.Detail, "<html") || len(d.Detail) > 2500 {
			w.t.Errorf("the detail holds what it must not: %s", d.Detail)
		}
		if strings.HasPrefix(d.Summary, "Outcome of the submission") && !strings.Contains(d.Detail, "Health of the endpoint now: workers: ") {
			w.t.Errorf("the endpoint's health is not told: %s", d.Detail)
		}
		if d.Severity == tfprotov6.DiagnosticSeverityInvalid {
			w.t.Error("a diagnostic without a severity")
		}
	}
	if got := strings.Join(reported, "; "); got != want.title {
		w.t.Errorf("diagnostics: got %q, want %q\n%s", got, want.title, r.diags)
	}
	if got := w.text("status"); got != want.status {
		w.t.Errorf("status in the state: got %q, want %q", got, want.status)
	}
	sent := journal.Count(fault.Op)
	if fault.Op == "GET" {
		sent = journal.Count("status") + journal.Count("status-sync")
	}
	if want.sent >= 0 && sent != want.sent {
		w.t.Errorf("%d requests of %s, want %d", sent, fault.Op, want.sent)
	}
	w.checkPromises()
}

// checkPromises: no job is lost and none is run twice.
func (w *workspace) checkPromises() {
	w.t.Helper()
	if got := len(w.Journal().Op("run").Accepted()) + len(w.Journal().Op("runsync").Accepted()); got > w.planned {
		w.t.Errorf("%d submissions were accepted for %d planned creations", got, w.planned)
	}
	for _, x := range append(w.Journal().Op("run"), w.Journal().Op("runsync")...) {
		if x.Status == 200 && x.Fault == "" && x.Accepted && w.state != nil && w.planned == 1 && w.text("id") != x.JobID {
			w.t.Errorf("job %s was learnt of, and the state has %q", x.JobID, w.text("id"))
		}
	}
}
