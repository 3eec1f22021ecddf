package simulator_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

const workersPath = simulator.ManagementPath + "/serverless/demo/workers"

// workersReply returns the response of the list of workers.
func (a *api) workersReply() map[string]any {
	a.t.Helper()
	code, reply, err := a.ask("GET", workersPath, "")
	if err != nil || code != 200 {
		a.t.Fatalf("HTTP %d %v %v", code, reply, err)
	}
	return reply
}

func (a *api) workers() []map[string]any {
	a.t.Helper()
	list, _ := a.workersReply()["workers"].([]any)
	workers := []map[string]any{}
	for _, one := range list {
		w, _ := one.(map[string]any)
		workers = append(workers, w)
	}
	return workers
}

func (a *api) stale() int {
	a.t.Helper()
	n := 0
	for _, w := range a.workers() {
		if w["isStale"] == true {
			n++
		}
	}
	return n
}

type line struct{ ID, Time, Source, Line string }

// logs reads a worker's log until it has been silent for a while, or at most this many
// lines.
func (a *api) logs(worker, query, lastEventID string, most int) []line {
	a.t.Helper()
	ctx, cancel := context.WithCancel(a.t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", "http://sim"+workersPath+"/"+worker+"/logs"+query, http.NoBody)
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Authorization", a.key)
	if lastEventID != "" {
		req.Header.Set("Last-Event-ID", lastEventID)
	}
	resp, err := simtest.RoundTripper(a.Server).RoundTrip(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		body, _ := io.ReadAll(resp.Body)
		a.t.Fatalf("%s %s", resp.Status, body)
	}
	quiet := time.AfterFunc(500*time.Millisecond, cancel)
	defer quiet.Stop()
	var lines []line
	var id string
	for scanner := bufio.NewScanner(resp.Body); len(lines) < most && scanner.Scan(); {
		quiet.Reset(500 * time.Millisecond)
		name, value, _ := strings.Cut(scanner.Text(), ": ")
		switch name {
		case "id":
			id = value
		case "data":
			var data struct{ TS, Source, Line string }
			if err := json.Unmarshal([]byte(value), &data); err != nil {
				a.t.Fatal(err)
			}
			if _, err := time.Parse(time.RFC3339, data.TS); err != nil {
				a.t.Error(err)
			}
			lines = append(lines, line{id, data.TS, data.Source, data.Line})
		}
	}
	return lines
}

func TestWorkers(t *testing.T) {
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 2, Version: 3, Image: "my-org/worker:1.4"}}}, func(a *api) {
		id := a.run(`{"mock_delay":5}`)
		time.Sleep(2 * time.Second)
		reply := a.workersReply()
		if got, want := fmt.Sprint(reply["summary"]), "map[idle:1 initializing:0 running:1 throttled:0 total:2 unhealthy:0]"; got != want || reply["endpointVersion"] != 3.0 {
			t.Errorf("%s, want %s; %v", got, want, reply)
		}
		var running string
		for _, w := range a.workers() {
			if w["isStale"] != false || w["version"] != 3.0 || w["image"] != "my-org/worker:1.4" || w["uptimeSeconds"] != 2.0 || w["gpuCount"] != 1.0 {
				t.Error(w)
			}
			if w["status"] == "RUNNING" {
				running = fmt.Sprint(w["id"])
			}
		}
		if got := a.status(id)["workerId"]; got != running {
			t.Errorf("the job is on %v, the running worker is %s", got, running)
		}
	})
}

// TestRollout: a job right after the change runs on a stale worker; a job after the
// rollout runs on the new version.
func TestRollout(t *testing.T) {
	endpoint := simulator.Endpoint{Workers: 2, Version: 3, Rollout: 10 * time.Second}
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": endpoint}}, func(a *api) {
		busy := a.run(`{"mock_delay":60}`)
		endpoint.Version = 4
		a.SetEndpoint("demo", endpoint)
		if a.stale() != 2 {
			t.Fatalf("%d stale workers right after the change, want 2", a.stale())
		}
		version := func(id string) any {
			for _, w := range a.workers() {
				if w["id"] == a.status(id)["workerId"] {
					return w["version"]
				}
			}
			return nil
		}
		if got := version(a.run(`{"a":1}`)); got != 3.0 {
			t.Errorf("without a gate the job ran on version %v", got)
		}
		time.Sleep(11 * time.Second)
		if a.stale() != 1 || len(a.workers()) != 2 {
			t.Errorf("%d of %d are stale after one step", a.stale(), len(a.workers()))
		}
		if got := version(a.run(`{"a":1}`)); got != 4.0 {
			t.Errorf("a new worker was free, and the job ran on version %v", got)
		}
		// The last worker is replaced only when its job has ended.
		time.Sleep(20 * time.Second)
		if a.stale() != 1 || a.status(busy)["status"] != "IN_PROGRESS" {
			t.Errorf("%d stale, %v", a.stale(), a.status(busy))
		}
		time.Sleep(30 * time.Second)
		if a.stale() != 0 || a.status(busy)["status"] != "COMPLETED" {
			t.Errorf("%d stale, %v", a.stale(), a.status(busy))
		}
		endpoint.Version, endpoint.Rollout = 5, 0
		a.SetEndpoint("demo", endpoint)
		if a.stale() != 0 || a.workers()[0]["version"] != 5.0 {
			t.Errorf("without an interval: %v", a.workers())
		}
	})
}

func TestRolloutWithColdStart(t *testing.T) {
	endpoint := simulator.Endpoint{Workers: 1, ColdStart: 5 * time.Second}
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": endpoint}}, func(a *api) {
		if len(a.workers()) != 0 {
			t.Errorf("scaled to zero: %v", a.workers())
		}
		a.run(`{"a":1}`)
		if w := a.workers(); len(w) != 1 || w[0]["status"] != "INITIALIZING" {
			t.Errorf("%v", w)
		}
		time.Sleep(6 * time.Second)
		first := a.workers()[0]["id"]
		endpoint.Version = 2
		a.SetEndpoint("demo", endpoint)
		if w := a.workers()[0]; w["status"] != "INITIALIZING" || w["id"] == first || w["isStale"] != false {
			t.Error(w)
		}
		id := a.run(`{"a":1}`)
		if got := a.status(id)["status"]; got != "IN_QUEUE" {
			t.Error(got)
		}
		time.Sleep(6 * time.Second)
		if job := a.status(id); job["status"] != "COMPLETED" || job["workerId"] == first {
			t.Error(job)
		}
	})
}

// TestCrashLoop: only the logs show a crash loop.
func TestCrashLoop(t *testing.T) {
	crash := simulator.CrashLoop{Line: "Traceback (most recent call last):\nModuleNotFoundError: No module named 'torch'"}
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 2, CrashLoop: crash}}}, func(a *api) {
		id := a.run(`{"a":1}`)
		time.Sleep(100 * time.Second)
		health, _ := a.call(200, "GET", "demo/health", "")["workers"].(map[string]any)
		if a.status(id)["status"] != "IN_QUEUE" || health["unhealthy"] != 0.0 || health["throttled"] != 2.0 || health["idle"] != 0.0 {
			t.Errorf("%v %v", a.status(id), health)
		}
		worker := a.workers()[0]
		if worker["status"] != "THROTTLED" {
			t.Error(worker)
		}
		crashes, last := 0, ""
		for _, l := range a.logs(fmt.Sprint(worker["id"]), "?tail=5000", "", 1e6) {
			if strings.HasPrefix(l.Line, "container exited") && l.Source == "system" {
				crashes++
			}
			if l.Source == "container" {
				last = l.Line
			}
		}
		if crashes != 13 || last != "ModuleNotFoundError: No module named 'torch'" {
			t.Errorf("%d crashes, the last line %q", crashes, last)
		}
		a.SetEndpoint("demo", simulator.Endpoint{Workers: 2})
		if got := a.status(id)["status"]; got != "COMPLETED" {
			t.Errorf("after the crash loop: %v", got)
		}
	})
}

// TestCrashLoop_newVersion: workers on the old version keep running jobs.
func TestCrashLoop_newVersion(t *testing.T) {
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 2}}}, func(a *api) {
		a.SetEndpoint("demo", simulator.Endpoint{Workers: 2, Version: 2, Rollout: time.Minute, CrashLoop: simulator.CrashLoop{Line: "no", Status: "RUNNING"}})
		time.Sleep(90 * time.Second)
		summary, _ := a.workersReply()["summary"].(map[string]any)
		if a.stale() != 1 || summary["running"] != 1.0 || summary["unhealthy"] != 0.0 {
			t.Errorf("%d stale, %v", a.stale(), summary)
		}
		if got := a.status(a.run(`{"a":1}`))["status"]; got != "COMPLETED" {
			t.Error(got)
		}
		time.Sleep(time.Minute)
		if got := a.status(a.run(`{"a":1}`))["status"]; got != "IN_QUEUE" || a.stale() != 0 {
			t.Errorf("%v, %d stale", got, a.stale())
		}
	})
}

func TestWorkerLogs(t *testing.T) {
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 1}}}, func(a *api) {
		time.Sleep(time.Second)
		a.run(`{"sim_logs":["loading","one\ntwo"],"mock_error":true}`)
		worker := fmt.Sprint(a.workers()[0]["id"])
		all := a.logs(worker, "", "", 1e6)
		text := ""
		for _, l := range all {
			text += l.Source + ": " + l.Line + "\n"
		}
		for _, want := range []string{"system: start container for example/worker:1", "container: one\ncontainer: two\n", `"message": "Started."`, "Mock error"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		if got := a.logs(worker, "?tail=2", "", 1e6); len(got) != 2 || got[1] != all[len(all)-1] {
			t.Errorf("tail: %v", got)
		}
		if got := a.logs(worker, "?tail=0", "", 1e6); len(got) != 0 {
			t.Errorf("tail=0: %v", got)
		}
		for _, l := range a.logs(worker, "?source=system", "", 1e6) {
			if l.Source != "system" {
				t.Error(l)
			}
		}
		if got := a.logs(worker, "?tail=1&since="+all[len(all)-1].Time, "", 1e6); len(got) < 5 || got[0].Source != "container" {
			t.Errorf("since: %v", got)
		}
		if got := a.logs(worker, "", all[2].ID, 1e6); len(got) != len(all)-3 || got[0] != all[3] {
			t.Errorf("resumed: %v", got)
		}
		// Lines that are added while the stream is open are sent at once.
		time.AfterFunc(200*time.Millisecond, func() { a.run(`{"sim_logs":["later"]}`) })
		if got := a.logs(worker, "?tail=0", "", 1e6); len(got) < 2 || got[1].Line != "later" {
			t.Errorf("followed: %v", got)
		}
		for _, query := range []string{"?tail=5001", "?tail=x", "?since=yesterday", "?source=stdout"} {
			if code, reply, _ := a.ask("GET", workersPath+"/"+worker+"/logs"+query, ""); code != 400 {
				t.Errorf("%s: HTTP %d %v", query, code, reply)
			}
		}
		// The log of a worker that has left can still be read.
		a.SetEndpoint("demo", simulator.Endpoint{Workers: simulator.NoWorkers})
		if got := a.logs(worker, "", "", 1e6); len(a.workers()) != 0 || got[len(got)-1].Line != "stop container" {
			t.Errorf("%v", got)
		}
	})
}

func TestWorkerLogs_endless(t *testing.T) {
	endpoint := simulator.Endpoint{Workers: 1, LogEvery: 100 * time.Millisecond, LogBytes: 3 << 20}
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": endpoint}}, func(a *api) {
		lines := a.logs(fmt.Sprint(a.workers()[0]["id"]), "", "", 5000)
		if len(lines) != 5000 || lines[4999].Line == lines[0].Line {
			t.Fatalf("%d lines, the last %q", len(lines), lines[len(lines)-1].Line)
		}
		bytes := 0
		for _, l := range lines {
			bytes += len(l.Line)
		}
		if bytes < 2<<20 {
			t.Errorf("%d bytes", bytes)
		}
	})
}

func TestManagement_errors(t *testing.T) {
	bubble(t, simulator.Options{RestrictedKeys: []string{"rpa_jobs"}, Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 1}}, Choices: simulator.Choices{BareWorkers: true, ForgetWorkerLogs: true}}, func(a *api) {
		logs := workersPath + "/" + fmt.Sprint(a.workers()[0]["id"]) + "/logs"
		for _, path := range []string{workersPath, logs} {
			for key, want := range map[string]struct {
				code   int
				detail string
			}{"": {401, "no token provided"}, "wrong": {401, "invalid api key"}, "rpa_jobs": {403, "access denied"}} {
				a.key = key
				if code, reply, err := a.ask("GET", path, ""); err != nil || code != want.code || reply["detail"] != want.detail || reply["status"] != float64(want.code) {
					t.Errorf("%s with key %q: HTTP %d %v %v", path, key, code, reply, err)
				}
			}
		}
		a.key = "rpa_jobs"
		a.run(`{"a":1}`) // the key may run jobs
		a.key = simulator.DefaultAPIKey
		for path, detail := range map[string]string{
			simulator.ManagementPath + "/serverless/none/workers": "endpoint not found",
			workersPath + "/none/logs":                            "worker not found",
			simulator.ManagementPath + "/serverless/demo":         "page not found",
		} {
			if code, reply, _ := a.ask("GET", path, ""); code != 404 || reply["detail"] != detail {
				t.Errorf("%s: HTTP %d %v", path, code, reply)
			}
		}
		if w := a.workers()[0]; len(w) != 4 || a.workersReply()["endpointVersion"] != nil {
			t.Errorf("more than required: %v", w)
		}
		a.SetEndpoint("demo", simulator.Endpoint{Workers: simulator.NoWorkers})
		if code, _, _ := a.ask("GET", logs, ""); code != 404 {
			t.Errorf("the log of a worker that left: HTTP %d", code)
		}
		a.Inject(simulator.Fault{Op: "workers", Kind: simulator.StatusReply, Status: 418})
		if code, _, _ := a.ask("GET", workersPath, ""); code != 418 {
			t.Errorf("HTTP %d", code)
		}
		if j := a.Journal(); j.Count("workers") == 0 || j.Op("worker-logs")[0].Worker == "" {
			t.Errorf("the journal lacks them: %v", j)
		}
	})
}

// TestNoWorkers: jobs stay queued, and no worker is shown.
func TestNoWorkers(t *testing.T) {
	for name, endpoint := range map[string]simulator.Endpoint{
		"none": {Workers: simulator.NoWorkers}, "none, cold": {Workers: simulator.NoWorkers, ColdStart: time.Second},
		"throttled": {Throttled: 2}, "unhealthy": {Unhealthy: 2},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": endpoint}}, func(a *api) {
				id := a.run(`{"a":1}`)
				time.Sleep(time.Hour)
				health, _ := a.call(200, "GET", "demo/health", "")["workers"].(map[string]any)
				want := map[string]any{
					"idle": 0.0, "ready": 0.0, "running": 0.0, "initializing": 0.0, "throttled": float64(endpoint.Throttled), "unhealthy": float64(endpoint.Unhealthy),
				}
				if a.status(id)["status"] != "IN_QUEUE" || fmt.Sprint(health) != fmt.Sprint(want) {
					t.Errorf("%v, %v", a.status(id), health)
				}
				if got := len(a.workers()); got != endpoint.Throttled+endpoint.Unhealthy {
					t.Errorf("%d workers are listed", got)
				}
				a.SetEndpoint("demo", simulator.Endpoint{Workers: 1})
				time.Sleep(time.Second)
				if got := a.status(id)["status"]; got != "COMPLETED" {
					t.Error(got)
				}
			})
		})
	}
}
