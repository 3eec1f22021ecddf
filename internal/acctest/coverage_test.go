package acctest_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// coverageHeader is the beginning of the README's table of the API coverage.
const coverageHeader = "| of the API |"

// coverage verifies a row of the table: a configuration, and what applying and
// destroying it must send.
type coverage struct {
	given  string // input of a job that is submitted before; its id is var.job_id
	config string
	sent   func(t *testing.T, j simulator.Journal)
}

// fullJob sets every member of a request.
const fullJob = `
resource "runpodserverless_job" "full" {
  input   = { prompt = "hello", deep = { big = 9007199254740993 } }
  webhook = "http://127.0.0.1:9/hook?token=t0k3n"

  policy = {
    execution_timeout = "90s"
    ttl               = "2h"
    low_priority      = true
  }

  s3_config = {
    access_id     = "AKIDEXAMPLE"
    access_secret = "not-a-real-secret"
    bucket_name   = "results"
    endpoint_url  = "https://s3.example.com"
    object_path   = "renders/today"
  }
}
`

const jobIDVariable = "variable \"job_id\" {}\n"

var coverages = map[string]coverage{
	"`POST /run`":                 {config: `resource "runpodserverless_job" "x" { input = { a = 1 } }`, sent: once("run", "")},
	"`POST /runsync`":             {config: syncJob, sent: once("runsync", "")},
	"`?wait` of `/runsync`":       {config: syncJob, sent: once("runsync", "wait=7000")},
	"`GET /status`":               {given: `{"a":1}`, config: jobIDVariable + `data "runpodserverless_job" "x" { id = var.job_id }`, sent: some("status", "")},
	"`?ttl` of `/status`":         {config: fullJob + `data "runpodserverless_job" "x" { id = runpodserverless_job.full.id }`, sent: noTTL},
	"`GET /status-sync`, `?wait`": {config: `resource "runpodserverless_job" "x" { input = { sim_delay_ms = 50 } }`, sent: some("status-sync", "wait=60000")},
	"`GET /stream`, `?wait`": {
		given: `{"sim_stream":["a"]}`, config: jobIDVariable + `data "runpodserverless_job_stream" "x" { id = var.job_id }`, sent: some("stream", "wait="),
	},
	"`POST /cancel`": {
		config: `resource "runpodserverless_job" "x" {
			input               = { mock_delay = 3600 }
			wait_for_completion = false
		}`,
		sent: once("cancel", ""),
	},
	"`POST /retry`": {
		config: `resource "runpodserverless_job" "x" {
			input = { sim_fail_times = 1 }
			retry = { max_attempts = 2, min_backoff = "1ms", max_backoff = "1ms" }
		}`,
		sent: once("retry", ""),
	},
	"`POST /purge-queue`": {config: `resource "runpodserverless_queue_purge" "x" {}`, sent: once("purge-queue", "")},
	"`GET /health`":       {config: `data "runpodserverless_endpoint_health" "x" {}`, sent: some("health", "")},

	"`input`":                   {config: fullJob, sent: submitted("input", `{"deep":{"big":9007199254740993},"prompt":"hello"}`)},
	"`webhook`":                 {config: fullJob, sent: submitted("webhook", `"http://127.0.0.1:9/hook?token=t0k3n"`)},
	"`policy.executionTimeout`": {config: fullJob, sent: submitted("policy.executionTimeout", `90000`)},
	"`policy.ttl`":              {config: fullJob, sent: submitted("policy.ttl", `7200000`)},
	"`policy.lowPriority`":      {config: fullJob, sent: submitted("policy.lowPriority", `true`)},
	"`s3Config.accessId`":       {config: fullJob, sent: submitted("s3Config.accessId", `"AKIDEXAMPLE"`)},
	"`s3Config.accessSecret`":   {config: fullJob, sent: submitted("s3Config.accessSecret", `"not-a-real-secret"`)},
	"`s3Config.bucketName`":     {config: fullJob, sent: submitted("s3Config.bucketName", `"results"`)},
	"`s3Config.endpointUrl`":    {config: fullJob, sent: submitted("s3Config.endpointUrl", `"https://s3.example.com"`)},
	"`s3Config.objectPath`":     {config: fullJob, sent: submitted("s3Config.objectPath", `"renders/today"`)},
}

const syncJob = `
resource "runpodserverless_job" "x" {
  mode      = "sync"
  sync_wait = "7s"
  input     = { a = 1 }
}
`

// some asserts that an operation was called, with a query that has this prefix.
func some(op, query string) func(*testing.T, simulator.Journal) {
	return func(t *testing.T, j simulator.Journal) {
		used := j.Op(op)
		if len(used) == 0 {
			t.Fatalf("nothing was sent to /%s", op)
		}
		for _, x := range used {
			if !strings.HasPrefix(x.RawQuery, query) || x.Status != 200 {
				t.Errorf("%s %s?%s: %d", x.Method, x.Path, x.RawQuery, x.Status)
			}
		}
	}
}

// once asserts that, and that it was called once.
func once(op, query string) func(*testing.T, simulator.Journal) {
	return func(t *testing.T, j simulator.Journal) {
		some(op, query)(t, j)
		if got := j.Count(op); got != 1 {
			t.Errorf("%d requests to /%s, want 1", got, op)
		}
	}
}

// submitted asserts the value of a member of a submission.
func submitted(key, want string) func(*testing.T, simulator.Journal) {
	return func(t *testing.T, j simulator.Journal) {
		once("run", "")(t, j)
		value := json.RawMessage(j.Op("run")[0].Body)
		for part := range strings.SplitSeq(key, ".") {
			var object map[string]json.RawMessage
			if err := json.Unmarshal(value, &object); err != nil {
				t.Fatalf("%s: %v", key, err)
			}
			value = object[part]
		}
		if !bytes.Equal(value, []byte(want)) {
			t.Errorf("%s is %s, want %s", key, value, want)
		}
	}
}

// noTTL asserts that no read changes the ttl of a job.
func noTTL(t *testing.T, j simulator.Journal) {
	some("status", "")(t, j)
	for _, x := range j {
		if query, err := url.ParseQuery(x.RawQuery); err != nil || query.Has("ttl") {
			t.Errorf("%s %s?%s", x.Method, x.Path, x.RawQuery)
		}
	}
}

// TestAccCoverage verifies every row of the README's table of the API coverage.
func TestAccCoverage(t *testing.T) {
	t.Parallel()
	rows := coverageRows(t)
	applied := &appliedOnce{all: make(map[string]*sentOnce)}
	for row := range coverages {
		if !rows[row] {
			t.Errorf("the README's table has no row %s", row)
		}
	}
	for row := range rows {
		t.Run(strings.ReplaceAll(row, "`", ""), func(t *testing.T) {
			t.Parallel()
			c, ok := coverages[row]
			if !ok {
				t.Fatalf("no case for the row %s of the README's table", row)
			}
			acctest.RequireWriteOnly(t)
			c.sent(t, applied.of(t, c))
		})
	}
}

// appliedOnce caches the requests of applying and destroying each configuration, which
// several rows of the table need.
type appliedOnce struct {
	mu  sync.Mutex
	all map[string]*sentOnce // by given and config
}

type sentOnce struct {
	once    sync.Once
	journal simulator.Journal // nil if it failed
}

func (a *appliedOnce) of(t *testing.T, c coverage) simulator.Journal {
	t.Helper()
	a.mu.Lock()
	one, ok := a.all[c.given+c.config]
	if !ok {
		one = &sentOnce{}
		a.all[c.given+c.config] = one
	}
	a.mu.Unlock()
	one.once.Do(func() { one.journal = c.apply(t) })
	return one.journal
}

// apply applies and destroys the configuration, and returns the requests.
func (c coverage) apply(t *testing.T) simulator.Journal {
	t.Helper()
	sim := simtest.Start(t, simulator.Options{})
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, endpointLine())+c.config)
	if c.given != "" {
		cli.Setenv("TF_VAR_job_id", submitJob(t, sim, c.given))
	}
	cli.KeepProvider()
	cli.MustRun("apply", "-auto-approve")
	cli.MustRun("destroy", "-auto-approve")
	return sim.Journal()
}

// coverageRows returns the first cell of each row of the table.
func coverageRows(t *testing.T) map[string]bool {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(readme), "\n"+coverageHeader)
	if !ok {
		t.Fatalf("the README has no table that begins with %q", coverageHeader)
	}
	rows := map[string]bool{}
	for i, line := range strings.Split(table, "\n") {
		cells := strings.Split(line, "|")
		if i < 2 {
			continue // the header and the line below it
		}
		if len(cells) < 3 {
			break
		}
		rows[strings.TrimSpace(cells[1])] = true
	}
	return rows
}
