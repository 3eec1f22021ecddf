package job_test

import (
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

func bigFloat(s string) *big.Float {
	f, _, err := big.ParseFloat(s, 10, 512, big.ToNearestEven)
	if err != nil {
		panic(err)
	}
	return f
}

const jobType = "runpodserverless_job"

// TestJobResource_refusedAtPlan: bad input is refused before anything is sent,
// at the attribute that is wrong. It needs no command-line interface.
func TestJobResource_refusedAtPlan(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	p := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": "demo"})
	t.Cleanup(func() {
		if n := len(sim.Journal()); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
	good := acctest.Values{"mock_return": "x"}
	for name, tc := range map[string]struct {
		config acctest.Values
		path   string
		error  string
	}{
		"no input":              {acctest.Values{}, "input", "needs an input"},
		"empty input":           {acctest.Values{"input": acctest.Values{}}, "input", "empty object"},
		"a list":                {acctest.Values{"input": []any{1}}, "input", "must be an object"},
		"a JSON string":         {acctest.Values{"input": `{"a":1}`}, "input", "without jsonencode"},
		"too large":             {acctest.Values{"input": acctest.Values{"a": strings.Repeat("x", 10<<20)}}, "input", "at most 10 MiB"},
		"too large for runsync": {acctest.Values{"mode": "sync", "input": acctest.Values{"a": strings.Repeat("x", 20_000_000)}}, "input", "at most 20 MB"},
		"sync_wait too long":    {acctest.Values{"input": good, "mode": "sync", "sync_wait": "6m"}, "sync_wait", "1s to 5m"},
		"sync_wait too short":   {acctest.Values{"input": good, "mode": "sync", "sync_wait": "900ms"}, "sync_wait", "1s to 5m"},
		"no duration":           {acctest.Values{"input": good, "mode": "sync", "sync_wait": "soon"}, "sync_wait", ""},
		"ttl too short":         {acctest.Values{"input": good, "policy": acctest.Values{"ttl": "9s"}}, "ttl", "10s to 168h"},
		"ttl too long":          {acctest.Values{"input": good, "policy": acctest.Values{"ttl": "169h"}}, "ttl", "10s to 168h"},
		"no time at all":        {acctest.Values{"input": good, "timeouts": acctest.Values{"create": "0s"}}, "create", "greater than zero"},
		"a negative time":       {acctest.Values{"input": good, "timeouts": acctest.Values{"delete": "-5m"}}, "delete", "greater than zero"},
		"execution too short":   {acctest.Values{"input": good, "policy": acctest.Values{"execution_timeout": "4s"}}, "execution_timeout", "5s to 168h"},
		"an id with a slash":    {acctest.Values{"input": good, "endpoint_id": "a/b"}, "endpoint_id", "letters, digits"},
		"an id with dots":       {acctest.Values{"input": good, "endpoint_id": ".."}, "endpoint_id", "letters, digits"},
		"an empty id":           {acctest.Values{"input": good, "endpoint_id": ""}, "endpoint_id", "empty"},
		"no JMESPath":           {acctest.Values{"input": good, "output_select": acctest.Values{"a": "b[", "c": "d"}}, "output_select", "Invalid JMESPath"},
		"no such function":      {acctest.Values{"input": good, "output_select": acctest.Values{"a": "first(b)"}}, "output_select", "no function first()"},
		"no parts":              {acctest.Values{"input": good, "output_select": acctest.Values{}}, "output_select", ""},
		"no time":               {acctest.Values{"input": good, "timeouts": acctest.Values{"create": "0s"}}, "create", "greater than zero"},
		"less than no time":     {acctest.Values{"input": good, "timeouts": acctest.Values{"delete": "-5s"}}, "delete", "greater than zero"},
		"a mode":                {acctest.Values{"input": good, "mode": "later"}, "mode", ""},
		"a webhook":             {acctest.Values{"input": good, "webhook": "secret-host/x"}, "webhook", "not shown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diags := p.ValidateResourceConfig(t.Context(), jobType, tc.config)
			if !diags.HasError() {
				diags = p.PlanResource(t.Context(), jobType, nil, tc.config).Diagnostics
			}
			found := false
			for _, d := range diags {
				if d.Attribute != nil && strings.Contains(d.Attribute.String(), tc.path) && strings.Contains(d.Summary+d.Detail, tc.error) {
					found = true
				}
				if strings.Contains(d.Detail, "secret-host") {
					t.Error("the webhook is in the error")
				}
			}
			if !found {
				t.Errorf("no error at %s with %q: %s", tc.path, tc.error, diags)
			}
		})
	}
}

func TestJobResource_missingEndpoint(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	p := acctest.NewProtocolServer(t, sim)
	diags := p.PlanResource(t.Context(), jobType, nil, acctest.Values{"input": acctest.Values{"a": 1}}).Diagnostics
	if !strings.Contains(diags.String(), "RUNPOD_ENDPOINT_ID") {
		t.Error(diags)
	}
}

// TestJobResource_submissionErrors: each way in which the API can refuse or
// garble a submission gives one clear diagnostic without the key, and one
// request to /run where sending again could do the work twice.
func TestJobResource_submissionErrors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault    simulator.Fault
		endpoint string
		key      string
		error    string
		sent     int
	}{
		"401":             {key: "rpa_wrong_key_value", error: "check the API key", sent: 1},
		"404":             {endpoint: "unknown", error: "check endpoint_id", sent: 1},
		"400":             {fault: simulator.Fault{Kind: simulator.StatusReply, Status: 400, Body: `{"error":"no such thing"}`}, error: "no such thing", sent: 1},
		"429":             {fault: simulator.Fault{Kind: simulator.TooManyRequests}, error: "limits are exceeded", sent: 3},
		"502 HTML":        {fault: simulator.Fault{Kind: simulator.BadGatewayHTML}, error: "outcome is unknown", sent: 1},
		"cut before":      {fault: simulator.Fault{Kind: simulator.CutBefore}, error: "outcome is unknown", sent: 1},
		"cut after":       {fault: simulator.Fault{Kind: simulator.CutAfter}, error: "outcome is unknown", sent: 1},
		"cut JSON":        {fault: simulator.Fault{Kind: simulator.CutBody}, error: "outcome is unknown", sent: 1},
		"200 without id":  {fault: simulator.Fault{Kind: simulator.NoID}, error: "outcome is unknown", sent: 1},
		"empty":           {fault: simulator.Fault{Kind: simulator.EmptyBody}, error: "outcome is unknown", sent: 1},
		"200, not queued": {fault: simulator.Fault{Kind: simulator.NotQueued}, error: "could not queue job", sent: 1},
		"redirect":        {fault: simulator.Fault{Kind: simulator.Redirect}, error: "base_url", sent: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			if tc.fault.Kind != "" {
				tc.fault.Op = "run"
				sim.Inject(tc.fault)
			}
			provider := acctest.Values{"endpoint_id": "demo", "max_retries": 2, "retry_min_wait": "10ms", "retry_max_wait": "20ms"}
			if tc.endpoint != "" {
				provider["endpoint_id"] = tc.endpoint
			}
			if tc.key != "" {
				provider["api_key"] = tc.key
			}
			p := acctest.NewProtocolServer(t, sim, provider)
			state, diags := p.CreateResource(t.Context(), jobType, acctest.Values{"input": acctest.Values{"mock_return": 1}})
			if len(diags.Errors()) != 1 || !strings.Contains(diags.String(), tc.error) {
				t.Errorf("want one error with %q, got %s", tc.error, diags)
			}
			if text := diags.String(); strings.Contains(text, sim.APIKey) || (tc.key != "" && strings.Contains(text, tc.key)) {
				t.Error("the key is in the error")
			}
			if state != nil && state.Values != nil {
				t.Errorf("there is a state: %v", state.Values)
			}
			requests(t, sim, "run", tc.sent)
			if tc.error == "outcome is unknown" && !regexp.MustCompile(`(?s)Nothing was sent again.*console`).MatchString(diags.String()) {
				t.Errorf("the advice is missing: %s", diags)
			}
		})
	}
}
