package job_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

const streamType = "runpodserverless_job_stream"

func TestAccJobStreamDataSource(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	id := submit(t, sim, `{"sim_stream":["Hel","lo ",{"n":1},"!"],"sim_stream_delay_ms":50}`)
	const read = "data.runpodserverless_job_stream.test"
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: acctest.ProviderConfig(sim) + `data "runpodserverless_job_stream" "test" {
				endpoint_id = "demo"
				id          = "` + id + `"
			}
			output "chunks" { value = data.runpodserverless_job_stream.test.chunks }`,
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(read, tfjsonpath.New("status"), knownvalue.StringExact("COMPLETED")),
			statecheck.ExpectKnownValue(read, tfjsonpath.New("text"), knownvalue.Null()),
		},
		// Reading takes the chunks away, so the plan after the apply finds none.
		ExpectNonEmptyPlan: true,
	}}})
	requests(t, sim, "run", 1)
}

func TestJobStreamDataSource(t *testing.T) {
	t.Parallel()
	exact := json.RawMessage(`"h\u00e9llo <&> \"q\" \n\t\u2028 \ud83d\ude00"`)
	for name, tc := range map[string]struct {
		input   string
		text    any
		chunks  []any
		metrics any
		status  string
		warning string
	}{
		"strings":  {`{"sim_stream":["Hel","lo"],"sim_stream_delay_ms":20}`, "Hello", []any{"Hel", "lo"}, nil, "COMPLETED", ""},
		"objects":  {`{"sim_stream":[{"n":1},2,"x",null]}`, nil, []any{acctest.Values{"n": int64(1)}, int64(2), "x", nil}, nil, "COMPLETED", ""},
		"numbers":  {`{"sim_stream":[9007199254740993,0.1]}`, nil, []any{int64(9007199254740993), json.Number("0.1")}, nil, "COMPLETED", ""},
		"to a dot": {`{"sim_stream":[` + string(exact) + `," ",""]}`, "h\u00e9llo <&> \"q\" \n\t\u2028 \U0001F600 ", []any{"h\u00e9llo <&> \"q\" \n\t\u2028 \U0001F600", " ", ""}, nil, "COMPLETED", ""},
		"metrics": {
			`{"sim_stream":["a","b"],"sim_stream_metrics":{"stream_index":2}}`, "ab", []any{"a", "b"},
			[]any{acctest.Values{"stream_index": int64(2)}, acctest.Values{"stream_index": int64(2)}}, "COMPLETED", "",
		},
		"none":  {`{"mock_return":"x"}`, nil, []any{}, nil, "COMPLETED", ""},
		"fails": {`{"sim_stream":["a"],"sim_stream_error":"kaboom"}`, "a", []any{"a"}, nil, "FAILED", "kaboom"},
	} {
		for form, choices := range map[string]simulator.Choices{"object": {}, "bare array": {StreamBareArray: true}} {
			t.Run(name+", "+form, func(t *testing.T) {
				t.Parallel()
				sim := simtest.Start(t, simulator.Options{Choices: choices})
				server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
				id := submit(t, sim, tc.input)
				values, diags := server.ReadDataSource(t.Context(), streamType, acctest.Values{"id": id})
				diags.RequireNoError(t)
				contains(t, "warning", diags.Warnings(), tc.warning, id, simulator.DefaultEndpointID)
				if values["text"] != tc.text || values["status"] != tc.status || !equal(values["chunks"], tc.chunks) || !equal(values["metrics"], tc.metrics) {
					t.Errorf("got %v", values)
				}
				if n := sim.Journal().Count("stream"); n > 8 {
					t.Errorf("%d requests to /stream", n)
				}
			})
		}
	}
}

// TestJobStreamDataSource_errors: every error names the endpoint and the job.
func TestJobStreamDataSource_errors(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim)
	live := submit(t, sim, `{"mock_delay":3600}`)
	for name, tc := range map[string]struct {
		config acctest.Values
		error  string
	}{
		"unknown job":      {acctest.Values{"endpoint_id": "demo", "id": "nobody-knows"}, "does not know job"},
		"unknown endpoint": {acctest.Values{"endpoint_id": "elsewhere", "id": live}, "check endpoint_id"},
		"timeout":          {acctest.Values{"endpoint_id": "demo", "id": live, "timeouts": acctest.Values{"read": "100ms"}}, "did not end within"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diags := server.ReadDataSource(t.Context(), streamType, tc.config)
			contains(t, "error", diags.Errors(), tc.error, fmt.Sprintf("Endpoint: %s", tc.config["endpoint_id"]), fmt.Sprintf("Job: %s", tc.config["id"]))
		})
	}
}

// TestJobStreamDataSource_cut: chunks in a reply that was cut are gone, which
// must not pass for a short stream.
func TestJobStreamDataSource_cut(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	sim.Inject(simulator.Fault{Op: "stream", Kind: simulator.CutBody, Times: 1})
	id := submit(t, sim, `{"sim_stream":["a","b"]}`)
	_, diags := server.ReadDataSource(t.Context(), streamType, acctest.Values{"id": id})
	contains(t, "error", diags.Errors(), "hands each chunk out once", id)
	requests(t, sim, "stream", 1)
}
