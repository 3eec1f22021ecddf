package job_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// submit submits a job as another client would, and returns its id.
func submit(t *testing.T, sim *simtest.Sim, input string) string {
	t.Helper()
	client, err := runpod.New(runpod.Options{BaseURL: sim.URL, APIKey: sim.APIKey})
	if err != nil {
		t.Fatal(err)
	}
	job, err := client.Run(t.Context(), simulator.DefaultEndpointID, runpod.JobRequest{Input: json.RawMessage(input)})
	if err != nil {
		t.Fatal(err)
	}
	return job.ID
}

func TestAccJobDataSource(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	id := submit(t, sim, `{"sim_delay_ms":300,"mock_return":{"big":9007199254740993,"list":[1,null]}}`)
	const read = "data.runpodserverless_job.test"
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: acctest.ProviderConfig(sim) + `data "runpodserverless_job" "test" {
			endpoint_id         = "demo"
			id                  = "` + id + `"
			wait_for_completion = true
		}`,
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(read, tfjsonpath.New("status"), knownvalue.StringExact("COMPLETED")),
			statecheck.ExpectKnownValue(read, tfjsonpath.New("output").AtMapKey("big"), knownvalue.NumberExact(bigFloat("9007199254740993"))),
			statecheck.ExpectKnownValue(read, tfjsonpath.New("expired"), knownvalue.Bool(false)),
			statecheck.ExpectKnownValue(read, tfjsonpath.New("error"), knownvalue.Null()),
		},
	}}})
	requests(t, sim, "run", 1)
	requests(t, sim, "cancel", 0)
}

func TestJobDataSource(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		input   string
		config  acctest.Values
		status  string
		errors  string // part of the one error, "" for none
		warning string
	}{
		"live, not waiting":   {`{"sim_delay_ms":60000}`, acctest.Values{}, "IN_PROGRESS", "", ""},
		"waiting":             {`{"sim_delay_ms":200}`, acctest.Values{"wait_for_completion": true}, "COMPLETED", "", ""},
		"waiting for long":    {`{"sim_delay_ms":60000}`, acctest.Values{"wait_for_completion": true, "timeouts": acctest.Values{"read": "300ms"}}, "", "raise timeouts.read", ""},
		"failed":              {`{"sim_raise":"kaboom"}`, acctest.Values{"wait_for_completion": true}, "", "kaboom", ""},
		"failed and accepted": {`{"sim_raise":"kaboom"}`, acctest.Values{"wait_for_completion": true, "on_failure": "warn"}, "FAILED", "", "kaboom"},
		"too large":           {`{"sim_output_bytes":500}`, acctest.Values{"wait_for_completion": true, "max_output_bytes": 10}, "COMPLETED", "", "larger than max_output_bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
			id := submit(t, sim, tc.input)
			tc.config["id"] = id
			values, diags := eventually(t, func() (acctest.Values, acctest.Diagnostics) {
				return server.ReadDataSource(t.Context(), jobType, tc.config)
			}, func(v acctest.Values) bool { return tc.status != "IN_PROGRESS" || v["status"] == "IN_PROGRESS" })
			contains(t, "error", diags.Errors(), tc.errors, id)
			contains(t, "warning", diags.Warnings(), tc.warning, id)
			if tc.errors == "" && values["status"] != tc.status {
				t.Errorf("status %v, want %s", values["status"], tc.status)
			}
			requests(t, sim, "run", 1)
			requests(t, sim, "cancel", 0)
		})
	}
}

func TestJobDataSource_unknownJob(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	_, diags := server.ReadDataSource(t.Context(), jobType, acctest.Values{"id": "nobody-knows"})
	contains(t, "error", diags.Errors(), "does not know the job", "nobody-knows")
}

// TestJobDataSource_interrupted: an interrupted read is an error.
func TestJobDataSource_interrupted(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	id := submit(t, sim, `{"mock_delay":3600}`)
	_, diags := server.ReadDataSource(whenWaiting(t, sim), jobType, acctest.Values{"id": id, "wait_for_completion": true})
	contains(t, "error", diags.Errors(), "the job keeps running", id, simulator.DefaultEndpointID)
	requests(t, sim, "cancel", 0)
}

// TestJobDataSource_everything: all that the API reports about a job.
func TestJobDataSource_everything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := simtest.NewInBubble(t, simulator.Options{}).Server
		server := acctest.NewBubbleServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
		read := func(input acctest.Values, config acctest.Values) (acctest.Values, string) {
			t.Helper()
			state, diags := server.CreateResource(t.Context(), jobType, acctest.Values{"input": input, "wait_for_completion": false})
			diags.RequireNone(t)
			config["id"], config["wait_for_completion"], config["on_failure"] = state.Values["id"], true, "warn"
			values, diags := server.ReadDataSource(t.Context(), jobType, config)
			diags.RequireNoError(t)
			return values, time.Now().UTC().Format(time.RFC3339)
		}
		got, at := read(acctest.Values{"mock_delay": 500, "mock_return": acctest.Values{"text": "done"}}, acctest.Values{})
		for name, want := range map[string]any{
			"endpoint_id": "demo", "status": "COMPLETED", "output": acctest.Values{"text": "done"}, "sensitive_output": nil,
			"output_bytes": int64(len(`{"text":"done"}`)), "error": nil, "delay_time_ms": int64(0), "execution_time_ms": int64(500000),
			"attempts": nil, "submitted_at": nil, "completed_at": at, "expired": false,
		} {
			if !equal(got[name], want) {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		for _, name := range []string{"worker_id", "output_sha256"} {
			if got[name] == nil {
				t.Errorf("no %s", name)
			}
		}
		got, _ = read(acctest.Values{"mock_return": "s3cr3t"}, acctest.Values{"output_sensitive": true})
		if got["output"] != nil || got["sensitive_output"] != "s3cr3t" {
			t.Errorf("got %v and %v", got["output"], got["sensitive_output"])
		}
		got, _ = read(acctest.Values{"sim_error": "plain words", "sim_output_on_failure": acctest.Values{"step": 3}}, acctest.Values{})
		want := acctest.Values{"type": nil, "message": "plain words", "traceback": nil, "raw": "plain words"}
		if !equal(got["error"], want) || !equal(got["output"], acctest.Values{"step": int64(3)}) || got["status"] != "FAILED" {
			t.Errorf("got %v", got)
		}
		time.Sleep(time.Minute) // the client's windows end with it
	})
}

// eventually repeats a reading until it is as wanted, for at most ten seconds.
func eventually[T any](t *testing.T, read func() (T, acctest.Diagnostics), wanted func(T) bool) (T, acctest.Diagnostics) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		value, diags := read()
		if diags.HasError() || wanted(value) || time.Now().After(deadline) {
			return value, diags
		}
	}
}

// contains asserts that there is exactly one text, with all parts, or none if the
// first part is "".
func contains(t *testing.T, what string, texts []string, parts ...string) {
	t.Helper()
	if parts[0] == "" {
		if len(texts) > 0 {
			t.Errorf("unexpected %s: %s", what, strings.Join(texts, "\n"))
		}
		return
	}
	if len(texts) != 1 {
		t.Errorf("%d texts for %s, want one with %q: %s", len(texts), what, parts, strings.Join(texts, "\n"))
		return
	}
	for _, part := range parts {
		if !strings.Contains(texts[0], part) {
			t.Errorf("%s lacks %q: %s", what, part, texts[0])
		}
	}
}
