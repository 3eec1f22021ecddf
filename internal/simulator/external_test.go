package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/demoworker"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

var external = simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {External: true}}}

// environment returns the environment of a worker, as the simulator defines it.
func environment(base, workerID string) func(string) string {
	return demoworker.Lookup(simulator.WorkerEnvironment(base, "demo", simulator.DefaultAPIKey, workerID))
}

// start runs a worker in the bubble until the returned function kills it.
func (a *api) start(id string, handler demoworker.Handler, concurrency int) (kill func()) {
	a.t.Helper()
	ctx, cancel := context.WithCancel(a.t.Context())
	w := demoworker.Worker{Getenv: environment("http://sim/v2", id), Handler: handler, Transport: simtest.RoundTripper(a.Server), Concurrency: concurrency}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.Run(ctx)
	}()
	kill = func() {
		cancel()
		<-done
	}
	a.t.Cleanup(kill)
	synctest.Wait()
	return kill
}

// echo returns its input after the delay that the input specifies.
func echo(ctx context.Context, job demoworker.Job, _ demoworker.Reporter) (any, error) {
	var in struct{ Delay float64 }
	_ = json.Unmarshal(job.Input, &in)
	select {
	case <-time.After(time.Duration(in.Delay * float64(time.Second))):
		return job.Input, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (a *api) health(what string) map[string]any {
	a.t.Helper()
	part, _ := a.call(200, "GET", "demo/health", "")[what].(map[string]any)
	return part
}

// TestJobDoneBodies sends bodies as the public SDK sends them.
func TestJobDoneBodies(t *testing.T) {
	t.Parallel()
	raised := `{\"error_type\": \"<class 'ValueError'>\", \"error_message\": \"kaboom\", \"error_traceback\": \"Traceback\"}`
	for _, tc := range []struct {
		name   string
		bodies []string // a body after a / is a chunk
		want   string   // the job as returned by /status, without times and ids
	}{
		{"a value", []string{`{"output": {"echo": {"a": 1}}}`}, `{"output":{"echo":{"a":1}},"status":"COMPLETED"}`},
		{"a number beyond 2^53", []string{`{"output": 9007199254740993}`}, `{"output":9007199254740993,"status":"COMPLETED"}`},
		{"not ASCII", []string{`{"output": "grün 漢字 🚀"}`}, `{"output":"grün 漢字 🚀","status":"COMPLETED"}`},
		{"false", []string{`{"output": false}`}, `{"output":false,"status":"COMPLETED"}`},
		{"an error and the rest", []string{`{"output": {"extra": 1}, "error": {"x": 1}}`}, `{"error":{"x":1},"output":{"extra":1},"status":"FAILED"}`},
		{"raised", []string{`{"error": "` + raised + `"}`}, `{"error":"` + raised + `","status":"FAILED"}`},
		{"an error that is null", []string{`{"output": 1, "error": null}`}, `{"output":1,"status":"COMPLETED"}`},
		{"nothing", []string{`{}`}, `{"status":"COMPLETED"}`},
		{"an output that is null", []string{`{"output": null}`}, `{"status":"COMPLETED"}`},
		{"progress", []string{`{"status": "IN_PROGRESS", "output": "half way"}`}, `{"output":"half way","status":"IN_PROGRESS"}`},
		{"progress, then the end", []string{`{"status": "IN_PROGRESS", "output": "half way"}`, `{"output": "all"}`}, `{"output":"all","status":"COMPLETED"}`},
		{"progress, then nothing", []string{`{"status": "IN_PROGRESS", "output": "half way"}`, `{}`}, `{"status":"COMPLETED"}`},
		{"progress after the end", []string{`{"output": "all"}`, `{"status": "IN_PROGRESS", "output": "half way"}`}, `{"output":"all","status":"COMPLETED"}`},
		{"progress after the failure", []string{`{"error": "no"}`, `{"status": "IN_PROGRESS", "output": "half way"}`}, `{"error":"no","status":"FAILED"}`},
		{"a generator", []string{`/{"output": "a"}`, `/{"output": "b"}`, `{"output": []}`}, `{"output":[],"status":"COMPLETED"}`},
		{"a generator that returns all", []string{`/{"output": "a"}`, `{"output": ["a"]}`}, `{"output":["a"],"status":"COMPLETED"}`},
		{"a generator that raises", []string{`/{"output": "a"}`, `{"error": "handler: no \ntraceback: T"}`}, `{"error":"handler: no \ntraceback: T","status":"FAILED"}`},
		{"a worker that is to be replaced", []string{`{"output": 1, "stopPod": true}`}, `{"output":1,"status":"COMPLETED"}`},
		{"a second end", []string{`{"output": 1}`, `{"error": "no"}`}, `{"output":1,"status":"COMPLETED"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, external)
			env := environment(sim.URL, "worker-1")
			call := func(method, url, body string) (int, string) {
				req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Authorization", env("RUNPOD_AI_API_KEY"))
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				var reply bytes.Buffer
				_, _ = reply.ReadFrom(resp.Body)
				return resp.StatusCode, reply.String()
			}
			if code, reply := call("POST", sim.URL+"/demo/run", `{"input":{"a":1},"webhook":"http://127.0.0.1:1/hook"}`); code != 200 {
				t.Fatalf("HTTP %d %s", code, reply)
			}
			var job struct {
				ID, Webhook string
				Input       json.RawMessage
			}
			code, reply := call("GET", strings.ReplaceAll(env("RUNPOD_WEBHOOK_GET_JOB"), "$ID", "worker-1")+"&job_in_progress=0", "")
			if err := json.Unmarshal([]byte(reply), &job); code != 200 || err != nil || string(job.Input) != `{"a":1}` || job.Webhook == "" {
				t.Fatalf("HTTP %d %s", code, reply)
			}
			for _, body := range tc.bodies {
				to, body, chunk := env("RUNPOD_WEBHOOK_POST_OUTPUT"), strings.TrimPrefix(body, "/"), strings.HasPrefix(body, "/")
				if chunk {
					to = env("RUNPOD_WEBHOOK_POST_STREAM")
				}
				url := strings.NewReplacer("$RUNPOD_POD_ID", "worker-1", "$ID", job.ID).Replace(to) + "&isStream=false"
				if code, reply := call("POST", url, body); code != 200 {
					t.Errorf("%s: HTTP %d %s", body, code, reply)
				}
			}
			_, reply = call("GET", sim.URL+"/demo/status/"+job.ID, "")
			var got map[string]json.RawMessage
			if err := json.Unmarshal([]byte(reply), &got); err != nil || string(got["workerId"]) != `"worker-1"` {
				t.Fatal(err, reply)
			}
			for _, name := range []string{"id", "delayTime", "executionTime", "workerId"} {
				delete(got, name)
			}
			shown := &bytes.Buffer{}
			encoder := json.NewEncoder(shown)
			encoder.SetEscapeHTML(false)
			_ = encoder.Encode(got)
			if plain := unescapeHTML(shown.String()); plain != tc.want {
				t.Errorf("got  %s\nwant %s", plain, tc.want)
			}
		})
	}
}

// unescapeHTML reverts encoding/json's escaping of < and >.
func unescapeHTML(text string) string {
	return strings.TrimSpace(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(text))
}

// TestExternal runs jobs of all kinds on a worker that connects.
func TestExternal(t *testing.T) {
	bubble(t, external, func(a *api) {
		if w := a.health("workers"); w["ready"] != 0.0 || w["idle"] != 0.0 {
			t.Errorf("before a worker connects: %v", w)
		}
		early := a.run(`{"n":9007199254740993}`)
		time.Sleep(time.Hour)
		if got := a.status(early)["status"]; got != "IN_QUEUE" {
			t.Errorf("without a worker: %v", got)
		}
		a.start("worker-1", echo, 1)
		if job := a.status(early); job["status"] != "COMPLETED" || job["workerId"] != "worker-1" || job["delayTime"] != 3600000.0 {
			t.Error(job)
		}
		if w := a.health("workers"); w["ready"] != 1.0 || w["idle"] != 1.0 || w["running"] != 0.0 {
			t.Error(w)
		}
		slow := a.run(`{"delay":5}`)
		queued := a.run(`{}`)
		synctest.Wait()
		if w, j := a.health("workers"), a.health("jobs"); w["running"] != 1.0 || w["idle"] != 0.0 || j["inProgress"] != 1.0 || j["inQueue"] != 1.0 {
			t.Error(w, j)
		}
		if got := a.workers()[0]; got["id"] != "worker-1" || got["status"] != "RUNNING" || got["isStale"] != false {
			t.Error(got)
		}
		a.call(200, "POST", "demo/purge-queue", "")
		a.call(404, "GET", "demo/status/"+queued, "")
		started := time.Now()
		if job := a.call(200, "GET", "demo/status-sync/"+slow, ""); job["status"] != "COMPLETED" || job["executionTime"] != 5000.0 || time.Since(started) != 5*time.Second {
			t.Errorf("%v after %s", job, time.Since(started))
		}
		time.Sleep(31 * time.Minute)
		a.call(404, "GET", "demo/status/"+slow, "")
		if got := a.workers(); len(got) != 1 {
			t.Errorf("an idle worker that pings is alive: %v", got)
		}
	})
}

// TestExternal_exception: the error of a handler arrives as the SDK sends it.
func TestExternal_exception(t *testing.T) {
	bubble(t, external, func(a *api) {
		var fail atomic.Bool
		a.start("worker-1", func(context.Context, demoworker.Job, demoworker.Reporter) (any, error) {
			if fail.CompareAndSwap(false, true) {
				return nil, errors.New("kaboom")
			}
			return map[string]any{"ok": true}, nil
		}, 1)
		id := a.run(`{"a":1}`)
		synctest.Wait()
		job := a.status(id)
		var info struct {
			Message string `json:"error_message"`
		}
		text, _ := job["error"].(string)
		if err := json.Unmarshal([]byte(text), &info); err != nil || job["status"] != "FAILED" || info.Message != "kaboom" {
			t.Error(job)
		}
		a.call(200, "POST", "demo/retry/"+id, "")
		synctest.Wait()
		if job := a.status(id); job["status"] != "COMPLETED" || a.Jobs("demo")[0].Runs != 2 {
			t.Error(job)
		}
	})
}

func TestExternal_stream(t *testing.T) {
	bubble(t, external, func(a *api) {
		a.start("worker-1", func(ctx context.Context, _ demoworker.Job, r demoworker.Reporter) (any, error) {
			if err := r.Progress("half way"); err != nil {
				return nil, err
			}
			for _, chunk := range []string{"a", "b"} {
				if sleepFor(ctx, time.Second); r.Chunk(chunk) != nil {
					return nil, errors.New("no chunk")
				}
			}
			sleepFor(ctx, time.Second)
			return nil, nil
		}, 1)
		id := a.run(`{"a":1}`)
		synctest.Wait()
		if job := a.status(id); job["status"] != "IN_PROGRESS" || job["output"] != "half way" {
			t.Error(job)
		}
		got := ""
		for range 10 {
			page := a.call(200, "GET", "demo/stream/"+id, "")
			chunks, _ := page["stream"].([]any)
			got += fmt.Sprint(chunks)
			if page["status"] == "COMPLETED" && len(chunks) == 0 {
				break
			}
		}
		if got != "[map[output:a]][map[output:b]][]" {
			t.Error(got)
		}
	})
}

func sleepFor(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// TestExternal_cancel: a handler that can be stopped is stopped, and the late result of
// one that cannot is ignored.
func TestExternal_cancel(t *testing.T) {
	for name, stoppable := range map[string]bool{"stopped": true, "finishes anyway": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, external, func(a *api) {
				var ended atomic.Int32
				a.start("worker-1", func(ctx context.Context, _ demoworker.Job, r demoworker.Reporter) (any, error) {
					defer ended.Add(1)
					if stoppable {
						<-ctx.Done()
						return nil, ctx.Err()
					}
					time.Sleep(10 * time.Second)
					_ = r.Progress("nearly")
					return "finished", nil
				}, 1)
				id := a.run(`{"a":1}`)
				synctest.Wait()
				if job := a.call(200, "POST", "demo/cancel/"+id, ""); job["status"] != "CANCELLED" || job["workerId"] != "worker-1" {
					t.Error(job)
				}
				synctest.Wait()
				if stopped := ended.Load() == 1; stopped != stoppable {
					t.Errorf("stopped at once: %v", stopped)
				}
				time.Sleep(20 * time.Second)
				if job := a.status(id); job["status"] != "CANCELLED" || job["output"] != nil || ended.Load() != 1 {
					t.Error(job)
				}
				// The worker is free for the next job.
				next := a.run(`{"a":2}`)
				time.Sleep(time.Second)
				if got := a.status(next)["status"]; got != "IN_PROGRESS" {
					t.Error(got)
				}
				if got := a.Journal().Count("job-take"); got > 3 {
					t.Errorf("%d takes", got)
				}
			})
		})
	}
}

func TestExternal_timeouts(t *testing.T) {
	bubble(t, external, func(a *api) {
		a.start("worker-1", echo, 1)
		limited, _ := a.call(200, "POST", "demo/run", `{"input":{"delay":60},"policy":{"executionTimeout":5000}}`)["id"].(string)
		outlived, _ := a.call(200, "POST", "demo/run", `{"input":{"delay":60},"policy":{"ttl":20000}}`)["id"].(string)
		time.Sleep(10 * time.Second)
		if job := a.status(limited); job["status"] != "FAILED" || job["error"] != "executionTimeout exceeded" {
			t.Error(job)
		}
		if got := a.status(outlived)["status"]; got != "IN_PROGRESS" {
			t.Errorf("the worker did not stop the first: %v", got)
		}
		time.Sleep(15 * time.Second)
		a.call(404, "GET", "demo/status/"+outlived, "")
		id := a.run(`{"a":1}`)
		synctest.Wait()
		if got := a.status(id)["status"]; got != "COMPLETED" {
			t.Errorf("the worker did not stop the second: %v", got)
		}
	})
}

// TestExternal_killed: a job whose worker dies is dispatched once more, and only once.
func TestExternal_killed(t *testing.T) {
	bubble(t, external, func(a *api) {
		kill := a.start("worker-1", echo, 1)
		id := a.run(`{"delay":3600}`)
		synctest.Wait()
		kill()
		time.Sleep(2 * time.Second)
		if job := a.status(id); job["status"] != "IN_QUEUE" || len(a.workers()) != 0 {
			t.Errorf("%v %v", job, a.workers())
		}
		kill = a.start("worker-2", echo, 1)
		if job := a.status(id); job["status"] != "IN_PROGRESS" || job["retries"] != 1.0 || job["workerId"] != "worker-2" {
			t.Error(job)
		}
		kill()
		time.Sleep(2 * time.Second)
		if job := a.status(id); job["status"] != "FAILED" || job["error"] != "job timed out after 1 retries" || job["retries"] != 1.0 {
			t.Error(job)
		}
		if j := a.health("jobs"); j["failed"] != 1.0 || j["retried"] != 1.0 || j["inProgress"] != 0.0 {
			t.Error(j)
		}
	})
}

// TestExternal_restarted: a worker that reconnects at once with the same id has lost
// its job.
func TestExternal_restarted(t *testing.T) {
	bubble(t, external, func(a *api) {
		kill := a.start("worker-1", echo, 1)
		id := a.run(`{"delay":60}`)
		synctest.Wait()
		kill()
		a.start("worker-1", echo, 1)
		if job := a.status(id); job["status"] != "IN_PROGRESS" || job["retries"] != 1.0 {
			t.Error(job)
		}
		time.Sleep(61 * time.Second)
		if got := a.status(id)["status"]; got != "COMPLETED" {
			t.Error(got)
		}
	})
}

// TestExternal_removed: requests of a worker process that are handled after its removal
// neither list it again nor take a job. The same worker can be added again.
func TestExternal_removed(t *testing.T) {
	bubble(t, external, func(a *api) {
		add := func() *simulator.WorkerProcess {
			process, err := a.AddWorkerProcess("demo", "worker-1")
			if err != nil {
				t.Fatal(err)
			}
			return process
		}
		add().Remove()
		kill := a.start("worker-1", echo, 1)
		id := a.run(`{"delay":1}`)
		time.Sleep(10 * time.Second)
		if job, workers := a.status(id), a.health("workers"); job["status"] != "IN_QUEUE" || workers["idle"] != 0.0 || workers["running"] != 0.0 {
			t.Errorf("after the removal: job %v, workers %v", job, workers)
		}
		kill()
		add()
		a.start("worker-1", echo, 1)
		time.Sleep(2 * time.Second)
		if job := a.status(id); job["status"] != "COMPLETED" {
			t.Errorf("after it was added again: %v", job)
		}
	})
}

// TestExternal_silent: a worker that misses three pings is dead, even if its
// connections are open.
func TestExternal_silent(t *testing.T) {
	bubble(t, external, func(a *api) {
		path := func(op string) string { return "demo/" + op + "/worker-1?gpu=SIM" }
		id := a.run(`{"a":1}`)
		if job := a.call(200, "GET", path("job-take")+"&job_in_progress=0", ""); job["id"] != id {
			t.Fatal(job)
		}
		a.call(200, "GET", "demo/ping/worker-1?runpod_version=1", "")
		go func() { _, _, _ = a.try("GET", path("job-stop"), "") }()
		time.Sleep(29 * time.Second)
		if got := a.status(id)["status"]; got != "IN_PROGRESS" {
			t.Errorf("after 29 s: %v", got)
		}
		time.Sleep(2 * time.Second)
		if job := a.status(id); job["status"] != "IN_QUEUE" {
			t.Errorf("after 31 s: %v", job)
		}
		// A later result is ignored.
		a.call(200, "POST", "demo/job-done/worker-1/"+id+"?gpu=SIM", `{"output":1}`)
		if job := a.status(id); job["status"] != "IN_QUEUE" {
			t.Error(job)
		}
	})
}

// TestExternal_withoutPings: a worker that never pings is alive while it has an open
// long poll.
func TestExternal_withoutPings(t *testing.T) {
	bubble(t, external, func(a *api) {
		for range 4 {
			a.call(204, "GET", "demo/job-take/worker-1?gpu=SIM&job_in_progress=0", "")
			if got := a.workers(); len(got) != 1 || got[0]["status"] != "IDLE" {
				t.Errorf("%v", got)
			}
		}
		time.Sleep(31 * time.Second)
		if got := a.workers(); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
}

// TestExternal_diesTaking: a job that was sent on a broken connection is neither lost
// nor counted as dispatched.
func TestExternal_diesTaking(t *testing.T) {
	for _, kind := range []simulator.FaultKind{simulator.CutAfter, simulator.CutBody} {
		t.Run(string(kind), func(t *testing.T) {
			bubble(t, external, func(a *api) {
				a.Inject(simulator.Fault{Op: "job-take", Kind: kind, Times: 1})
				first, second := a.run(`{"n":1}`), a.run(`{"n":2}`)
				if _, _, err := a.try("GET", "demo/job-take/worker-1?gpu=SIM&job_in_progress=0", ""); err == nil {
					t.Fatal("the reply was not cut")
				}
				synctest.Wait()
				if job := a.status(first); job["status"] != "IN_QUEUE" || a.Jobs("demo")[0].Runs+a.Jobs("demo")[1].Runs != 0 {
					t.Error(job)
				}
				// It is at the front of the queue again.
				if job := a.call(200, "GET", "demo/job-take/worker-2?gpu=SIM&job_in_progress=0", ""); job["id"] != first {
					t.Errorf("got %v, want %s before %s", job, first, second)
				}
				if job := a.status(first); job["retries"] != nil {
					t.Error(job)
				}
			})
		})
	}
	t.Run("before there is a job", func(t *testing.T) {
		bubble(t, external, func(a *api) {
			kill := a.start("worker-1", echo, 1)
			kill()
			id := a.run(`{"a":1}`)
			synctest.Wait()
			if got := a.status(id)["status"]; got != "IN_QUEUE" {
				t.Error(got)
			}
			time.Sleep(2 * time.Second)
			if got := a.workers(); len(got) != 0 {
				t.Errorf("the dead worker is listed: %v", got)
			}
			a.start("worker-2", echo, 1)
			if job := a.status(id); job["status"] != "COMPLETED" || job["retries"] != nil {
				t.Error(job)
			}
		})
	})
}

// TestExternal_disconnects: over a real connection, a job that arrives after the worker
// has disconnected is not sent to it.
func TestExternal_disconnects(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, external)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimSuffix(strings.TrimPrefix(sim.URL, "http://"), "/v2"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintf(conn, "GET /v2/demo/job-take/worker-1?gpu=SIM&job_in_progress=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: %s\r\n\r\n", sim.APIKey)
	for range 600 {
		if sim.Journal().Count("job-take") == 1 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	_ = conn.Close()
	for range 600 {
		if _, open, _ := sim.Connections(); open == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	a := &api{sim.Server, t, sim.APIKey}
	id := a.run(`{"a":1}`)
	if job := a.status(id); job["status"] != "IN_QUEUE" {
		t.Error(job)
	}
	if job := a.call(200, "GET", "demo/job-take/worker-2?gpu=SIM&job_in_progress=0", ""); job["id"] != id {
		t.Error(job)
	}
	if job := a.status(id); job["status"] != "IN_PROGRESS" || job["retries"] != nil {
		t.Error(job)
	}
}

// TestExternal_throttled: jobs stay queued although a worker polls, and health shows
// why.
func TestExternal_throttled(t *testing.T) {
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {External: true, Throttled: 2}}}, func(a *api) {
		a.start("worker-1", echo, 1)
		id := a.run(`{"a":1}`)
		synctest.Wait()
		if w := a.health("workers"); a.status(id)["status"] != "IN_QUEUE" || w["throttled"] != 2.0 {
			t.Errorf("%v %v", a.status(id), w)
		}
		a.SetEndpoint("demo", simulator.Endpoint{})
		synctest.Wait()
		if job := a.status(id); job["status"] != "COMPLETED" || job["workerId"] != "worker-1" {
			t.Error(job)
		}
	})
}

// TestExternal_concurrency: a worker with a concurrency of several jobs gets them in
// one response.
func TestExternal_concurrency(t *testing.T) {
	bubble(t, external, func(a *api) {
		for range 5 {
			a.run(`{"delay":10}`)
		}
		a.start("worker-1", echo, 3)
		time.Sleep(time.Second)
		if j := a.health("jobs"); j["inProgress"] != 3.0 || j["inQueue"] != 2.0 {
			t.Error(j)
		}
		time.Sleep(20 * time.Second)
		if j := a.health("jobs"); j["completed"] != 5.0 {
			t.Error(j)
		}
		for _, job := range a.Jobs("demo") {
			if job.Runs != 1 {
				t.Errorf("%+v", job)
			}
		}
		a.call(400, "GET", "demo/job-take-batch/worker-1?gpu=SIM&batch_size=0", "")
	})
}

// TestExternal_idle: long polls are held, so an idle worker does not spin.
func TestExternal_idle(t *testing.T) {
	bubble(t, external, func(a *api) {
		a.start("worker-1", echo, 1)
		time.Sleep(10*time.Minute + time.Second)
		if j := a.Journal(); j.Count("job-take") != 21 || j.Count("job-stop") != 21 || j.Count("ping") != 61 {
			t.Errorf("in ten minutes %d takes, %d stops, %d pings", j.Count("job-take"), j.Count("job-stop"), j.Count("ping"))
		}
		for _, x := range a.Journal().Op("job-take") {
			if x.Held > 31*time.Second {
				t.Errorf("a poll was held for %s", x.Held)
			}
		}
	})
}

// TestExternal_emptyInput: the platform drops an empty input, and the worker rejects
// the job.
func TestExternal_emptyInput(t *testing.T) {
	bubble(t, external, func(a *api) {
		a.start("worker-1", echo, 1)
		id := a.run(`{}`)
		time.Sleep(time.Second)
		if job := a.status(id); job["status"] != "FAILED" || job["error"] != "job timed out after 1 retries" {
			t.Error(job)
		}
	})
}

func TestExternal_webhookAndBatch(t *testing.T) {
	hooks := make(chan string, 2)
	options := external
	options.WebhookClient = &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		var body struct{ Status string }
		_ = json.NewDecoder(req.Body).Decode(&body)
		hooks <- body.Status
		return httptest.NewRecorder().Result(), nil
	})}
	bubble(t, options, func(a *api) {
		a.start("worker-1", demoworker.Demo, 1)
		a.call(200, "POST", "demo/run", `{"input":{"text":"a"},"webhook":"http://hooks/1"}`)
		time.Sleep(time.Second)
		a.call(200, "POST", "demo/run", `{"input":{"raise":"no"},"webhook":"http://hooks/2"}`)
		time.Sleep(time.Second)
		if got := <-hooks + " " + <-hooks; got != "COMPLETED FAILED" {
			t.Error(got)
		}
		id := a.batch(`{"text":"a"}`, `{"raise":"b"}`)
		a.call(200, "POST", "demo/batch/"+id+"/finalize", "")
		time.Sleep(time.Second)
		if b := a.Batches("demo")[0]; strings.Join(b.States, " ") != "COMPLETED FAILED" {
			t.Errorf("%+v", b)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestExternal_refresh: a worker that asks to be replaced leaves after its job.
func TestExternal_refresh(t *testing.T) {
	bubble(t, external, func(a *api) {
		a.start("worker-1", func(context.Context, demoworker.Job, demoworker.Reporter) (any, error) {
			return map[string]any{"refresh_worker": true, "n": 1}, nil
		}, 1)
		id := a.run(`{"a":1}`)
		time.Sleep(time.Second)
		if job := a.status(id); job["status"] != "COMPLETED" || fmt.Sprint(job["output"]) != "map[n:1]" || len(a.workers()) != 0 {
			t.Errorf("%v %v", job, a.workers())
		}
	})
}

// TestExternal_versions: a worker that connected before the version changed is stale,
// and workers on the new version get jobs first.
func TestExternal_versions(t *testing.T) {
	bubble(t, external, func(a *api) {
		a.start("old", echo, 1)
		a.SetEndpoint("demo", simulator.Endpoint{External: true, Version: 2})
		a.start("new", echo, 1)
		if a.stale() != 1 {
			t.Errorf("%v", a.workers())
		}
		id := a.run(`{"a":1}`)
		synctest.Wait()
		if got := a.status(id)["workerId"]; got != "new" {
			t.Error(got)
		}
	})
}

// TestExternal_besideScripted: endpoints of both kinds do not interfere.
func TestExternal_besideScripted(t *testing.T) {
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {}, "mine": {External: true}}}, func(a *api) {
		id := a.run(`{"mock_return":1}`)
		mine, _ := a.call(200, "POST", "mine/run", `{"input":{"mock_return":1}}`)["id"].(string)
		if job := a.status(id); job["status"] != "COMPLETED" {
			t.Error(job)
		}
		if job := a.call(200, "GET", "mine/status/"+mine, ""); job["status"] != "IN_QUEUE" {
			t.Error(job)
		}
		a.call(404, "GET", "demo/job-take/worker-1?gpu=SIM", "")
		a.key = "wrong"
		a.call(401, "GET", "mine/job-take/worker-1?gpu=SIM", "")
		a.key = "Bearer " + simulator.DefaultAPIKey
		a.call(400, "POST", "mine/job-done/worker-1/"+mine+"?gpu=SIM", "NaN")
		// Faults for clients do not hit workers; only faults that name an operation of
		// workers do.
		a.Inject(simulator.Fault{Op: "GET", Kind: simulator.Unavailable})
		a.Inject(simulator.Fault{Kind: simulator.Unavailable})
		if job := a.call(200, "GET", "mine/job-take/worker-1?gpu=SIM", ""); job["id"] != mine {
			t.Error(job)
		}
		a.Inject(simulator.Fault{Op: "job-take", Kind: simulator.TooManyRequests})
		a.call(429, "GET", "mine/job-take/worker-1?gpu=SIM", "")
	})
}

func TestExternal_coldStart(t *testing.T) {
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {External: true, ColdStart: 10 * time.Second}}}, func(a *api) {
		a.start("worker-1", echo, 1)
		id := a.run(`{"a":1}`)
		time.Sleep(9 * time.Second)
		if got := a.status(id)["status"]; got != "IN_QUEUE" {
			t.Error(got)
		}
		time.Sleep(2 * time.Second)
		if job := a.status(id); job["status"] != "COMPLETED" || job["delayTime"] != 10000.0 {
			t.Error(job)
		}
	})
}

// TestExternal_many: 200 workers and 2,000 jobs over real HTTP. Each job runs once, and
// no worker sends more requests for jobs than it gets jobs, except for its long polls.
func TestExternal_many(t *testing.T) {
	t.Parallel()
	const workers, jobs = 200, 2000
	sim := simtest.Start(t, external)
	transport := &http.Transport{MaxIdleConnsPerHost: 3 * workers}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer func() {
		cancel()
		running.Wait()
		transport.CloseIdleConnections()
	}()
	var mu sync.Mutex
	runs := make(map[string]int)
	handler := func(_ context.Context, job demoworker.Job, _ demoworker.Reporter) (any, error) {
		mu.Lock()
		defer mu.Unlock()
		runs[job.ID]++
		return job.Input, nil
	}
	started := time.Now()
	for n := range workers {
		w := demoworker.Worker{Getenv: environment(sim.URL, fmt.Sprintf("worker-%d", n)), Handler: handler, Transport: transport}
		running.Go(func() { _ = w.Run(ctx) })
	}
	client := &http.Client{Transport: transport}
	call := func(method, path, body string) []byte {
		req, err := http.NewRequestWithContext(ctx, method, sim.URL+"/demo/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", sim.APIKey)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var reply bytes.Buffer
		_, _ = reply.ReadFrom(resp.Body)
		return reply.Bytes()
	}
	ids := make([]string, jobs)
	for n := range jobs {
		var view struct{ ID string }
		if err := json.Unmarshal(call("POST", "run", fmt.Sprintf(`{"input":{"n":%d}}`, n)), &view); err != nil {
			t.Fatal(err)
		}
		ids[n] = view.ID
	}
	for n, id := range ids {
		var view struct {
			Status string
			Output struct{ N int }
		}
		if err := json.Unmarshal(call("GET", "status-sync/"+id+"?wait=60000", ""), &view); err != nil || view.Status != "COMPLETED" || view.Output.N != n {
			t.Fatalf("job %d: %+v %v", n, view, err)
		}
	}
	elapsed := time.Since(started)
	mu.Lock()
	defer mu.Unlock()
	for _, id := range ids {
		if runs[id] != 1 {
			t.Errorf("job %s ran %d times", id, runs[id])
		}
	}
	journal := sim.Journal()
	if most := jobs + workers*(1+int(elapsed/(30*time.Second))); journal.Count("job-take") > most {
		t.Errorf("%d takes in %s, want at most %d", journal.Count("job-take"), elapsed, most)
	}
	if got := journal.Op("job-take").Accepted(); len(got) != jobs {
		t.Errorf("%d takes got a job", len(got))
	}
}
