package job_test

import (
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
	for name, tc := range map[string]struct {
		input  string
		text   any
		chunks []any
		status string
	}{
		"strings":    {`{"sim_stream":["Hel","lo"],"sim_stream_delay_ms":20}`, "Hello", []any{"Hel", "lo"}, "COMPLETED"},
		"objects":    {`{"sim_stream":[{"n":1},2,"x",null]}`, nil, []any{acctest.Values{"n": int64(1)}, int64(2), "x", nil}, "COMPLETED"},
		"none":       {`{"mock_return":"x"}`, nil, []any{}, "COMPLETED"},
		"ends badly": {`{"sim_stream":["a"],"sim_stream_error":"kaboom"}`, "a", []any{"a"}, "FAILED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
			values, diags := server.ReadDataSource(t.Context(), streamType, acctest.Values{"id": submit(t, sim, tc.input)})
			diags.RequireNone(t)
			if values["text"] != tc.text || values["status"] != tc.status || !equal(values["chunks"], tc.chunks) {
				t.Errorf("got %v", values)
			}
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
