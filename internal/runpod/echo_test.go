package runpod_test

import (
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// TestNoSecretOfARequestInErrors lets a server say the secrets of a submission
// back: whole, spelled as JSON, and cut by the length of an error.
func TestNoSecretOfARequestInErrors(t *testing.T) {
	t.Parallel()
	const (
		webhook = "https://hook.example.com/?token=<webhook>&secret"
		access  = "s3-access-secret"
		input   = "input \"secret\" value"
	)
	request := aRequest
	request.Webhook, request.Secrets = webhook, []string{input}
	request.S3Config = &runpod.S3Config{AccessSecret: access}
	body, err := request.Body()
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]answer{
		"the whole body":     {status: 400, body: string(body)},
		"text":               {status: 400, body: strings.Join([]string{webhook, access, input}, " ")},
		"JSON in JSON":       {status: 400, body: `{"error":"bad request: s3-\u0061ccess-secret"}`},
		"cut in the middle":  {status: 400, body: strings.Repeat("x", 492) + access},
		"under HTTP 200":     {status: 200, body: `{"error":"` + access + `"}`},
		"not JSON":           {status: 200, body: access},
		"a gateway's page":   {status: 502, body: "<html><title>" + access + "</title></html>"},
		"another's API key":  {status: 401, body: `{"status":401,"detail":"` + testKey + ` is no key"}`},
		"beyond what counts": {status: 400, body: strings.Repeat("y", 1<<16) + access},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newClient(t, &script{answers: []answer{a}}).Run(t.Context(), "ep", request)
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range []string{"<webhook>", "token=", "s3-acc", `secret" value`, `secret\" value`, testKey} {
				if strings.Contains(err.Error(), part) {
					t.Errorf("%q is in %q", part, err)
				}
			}
		})
	}
}

// TestWhatA404Means: only the API's own message says that a job or a batch is unknown.
func TestWhatA404Means(t *testing.T) {
	t.Parallel()
	for body, unknown := range map[string]bool{
		`{"status":404,"title":"Not Found","detail":"job not found"}`:      true,
		`{"detail":"job not found"}`:                                       true,
		`{"error":"redis err: nil"}`:                                       true,
		`{"status":404,"title":"Not Found","detail":"endpoint not found"}`: false,
		`{"status":404,"title":"Not Found","detail":"page not found"}`:     false,
		`{"message":"Not Found"}`:                                          false, // a host that is not this API's
		`{"detail":"Not Found"}`:                                           false, // a worker's own server
		"<html><head><title>404 Not Found</title></head></html>":           false,
		"404 page not found\n":                                             false,
		"":                                                                 false,
	} {
		client := newClient(t, &script{answers: []answer{{status: 404, body: body}}})
		_, err := client.Status(t.Context(), "ep", "job-1")
		if runpod.IsNotFound(err) == runpod.IsNotFromAPI(err) || runpod.IsJobNotFound(err) != unknown {
			t.Errorf("%q: job unknown %v, want %v (%v)", body, runpod.IsJobNotFound(err), unknown, err)
		}
		if _, err = client.Batch(t.Context(), "ep", "batch-1"); runpod.IsBatchNotFound(err) != unknown {
			t.Errorf("%q: batch unknown %v, want %v (%v)", body, runpod.IsBatchNotFound(err), unknown, err)
		}
	}
}

// TestTheIDIsTheOneThatWasAskedFor: a reply cannot turn a job into another one.
func TestTheIDIsTheOneThatWasAskedFor(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"id":"job-2","status":"COMPLETED"}`, `{"status":"COMPLETED"}`, `{"id":"../x","status":"COMPLETED"}`} {
		job, err := newClient(t, &script{answers: []answer{{status: 200, body: body}}}).Status(t.Context(), "ep", "job-1")
		if err != nil || job.ID != "job-1" {
			t.Errorf("%s: got %+v, %v", body, job, err)
		}
	}
}

// TestAnErrorUnderHTTP200: for a submission it says that nothing was queued; to
// a read it says nothing about the job, so the read is repeated.
func TestAnErrorUnderHTTP200(t *testing.T) {
	t.Parallel()
	const body = `{"error":"redis is down"}`
	zero := 0
	client := newClient(t, &script{answers: []answer{{status: 200, body: body}}}, func(o *runpod.Options) { o.MaxRetries = &zero })
	_, err := client.Run(t.Context(), "ep", aRequest)
	if runpod.OutcomeUnknown(err) || runpod.IsTransient(err) || !strings.Contains(err.Error(), "queued nothing: redis is down") {
		t.Errorf("run: %v", err)
	}
	_, err = client.Status(t.Context(), "ep", "job-1")
	if !runpod.IsTransient(err) || !strings.Contains(err.Error(), "redis is down") || strings.Contains(err.Error(), "queued") {
		t.Errorf("status: %v", err)
	}
	if _, err = client.Status(t.Context(), "ep", ".."); !strings.Contains(err.Error(), "not sent") {
		t.Errorf("a malformed id: %v", err)
	}
}
