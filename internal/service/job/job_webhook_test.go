package job_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// delivery is what a webhook's receiver got.
type delivery struct {
	at     time.Time
	header http.Header
	query  string
	body   []byte
}

// receive returns a handler that answers the first deliveries with an error.
func receive(failures int, got chan<- delivery) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if failures > 0 {
			failures--
			w.WriteHeader(http.StatusInternalServerError)
		}
		got <- delivery{time.Now(), r.Header, r.URL.RawQuery, body}
	}
}

// TestAccJobResource_webhook: the finished job arrives at the address, at the
// third attempt; the address, which holds a secret, is on no screen and in no log.
func TestAccJobResource_webhook(t *testing.T) {
	t.Parallel()
	acctest.RequireCLI(t)
	const secret = "s3cr3t-of-the-hook"
	got := make(chan delivery, 10)
	receiver := httptest.NewServer(receive(2, got))
	t.Cleanup(receiver.Close)
	sim := simtest.Start(t, simulator.Options{Speed: 100})
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", config(sim, `input = { mock_return = { text = "done" }, n = 9007199254740993 }
		webhook = "`+receiver.URL+`/hook?token=`+secret+`"`))
	cli.Trace()
	out := cli.MustRun("apply", "-auto-approve").Output() + cli.MustRun("plan").Output()
	if strings.Contains(out, secret) {
		t.Errorf("the screen shows the webhook:\n%s", out)
	}
	if log := cli.TraceLog(); strings.Contains(log, secret) || !strings.Contains(log, "runpodserverless_job") {
		t.Error("the log shows the webhook, or is no log")
	}
	var last delivery
	for i := range 3 {
		select {
		case last = <-got:
		case <-time.After(10 * time.Second):
			t.Fatalf("delivery %d of 3 did not come", i+1)
		}
		if last.query != "token="+secret || last.header.Get("Content-Type") != "application/json" {
			t.Errorf("?%s, %v", last.query, last.header)
		}
	}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(last.body, &body); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"id":      `"` + sim.Jobs(simulator.DefaultEndpointID)[0].ID + `"`,
		"status":  `"COMPLETED"`,
		"output":  `{"text":"done"}`,
		"input":   `{"mock_return":{"text":"done"},"n":9007199254740993}`,
		"webhook": `"` + receiver.URL + `/hook?token=` + secret + `"`,
	} {
		if string(body[key]) != want {
			t.Errorf("%s is %s, want %s", key, body[key], want)
		}
	}
	for _, key := range []string{"delayTime", "executionTime"} {
		if body[key] == nil {
			t.Errorf("no %s in %s", key, last.body)
		}
	}
	sim.Advance(time.Hour)
	if len(got) != 0 {
		t.Errorf("%d deliveries after one that succeeded", len(got))
	}
}

// handlerTransport hands requests to a handler, without a network.
type handlerTransport struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (h handlerTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, req)
	return recorder.Result(), nil
}

// TestJobResource_webhookAttempts: a receiver that always fails gets the job three
// times, without an effect on the job; a failed job is delivered, too.
func TestJobResource_webhookAttempts(t *testing.T) {
	t.Parallel()
	for input, status := range map[string]string{"mock_return": "COMPLETED", "sim_raise": "FAILED"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := make(chan delivery, 10)
				sim := simulator.New(simulator.Options{WebhookClient: &http.Client{Transport: handlerTransport{receive(10, got)}}})
				defer sim.Close()
				server := acctest.NewBubbleServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
				started := time.Now()
				state, diags := server.CreateResource(t.Context(), jobType, acctest.Values{
					"input": acctest.Values{input: "x"}, "webhook": "https://hooks.example.com/", "on_failure": "warn",
				})
				diags.RequireNoError(t)
				if state.Values["status"] != status {
					t.Errorf("status %v", state.Values["status"])
				}
				time.Sleep(time.Hour)
				if len(got) != 3 {
					t.Fatalf("%d deliveries, want 3", len(got))
				}
				for _, after := range []time.Duration{0, 5 * time.Second, 20 * time.Second} {
					d := <-got
					if d.at.Sub(started) != after || !strings.Contains(string(d.body), `"status":"`+status+`"`) {
						t.Errorf("a delivery after %s, want %s: %s", d.at.Sub(started), after, d.body)
					}
				}
			})
		})
	}
}
