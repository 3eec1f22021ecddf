package runpod_test

import (
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// TestErrors_noRequestSecrets makes a server repeat the secrets of a submission:
// whole, encoded as JSON, and cut off by the maximum length of an error.
func TestErrors_noRequestSecrets(t *testing.T) {
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

// TestNotFound: only the API's own message says that a job or a batch is unknown.
func TestNotFound(t *testing.T) {
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

// TestFromAPI: a JSON error is the API's own if it has one of the API's forms.
// Others come from gateways, which cannot decide about a key or a job.
func TestFromAPI(t *testing.T) {
	t.Parallel()
	for body, own := range map[string]bool{
		`{"status":401,"title":"Unauthorized","detail":"invalid api key"}`:                                         true,
		`{"status":401,"title":"Unauthorized"}`:                                                                    true,
		`{"title":"Forbidden","status":403,"detail":"access denied","errors":[]}`:                                  true,
		`{"detail":"job not found"}`:                                                                               true,
		`{"detail":[{"loc":["body"],"msg":"field required"}]}`:                                                     true, // a worker's own server
		`{"error":"not allowed for QB API"}`:                                                                       true,
		`{"message":"Forbidden"}`:                                                                                  false,
		`{"message":"no Route matched with those values"}`:                                                         false,
		`{"statusCode":401,"message":"Access denied due to missing subscription key."}`:                            false,
		`{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}`:      false,
		`{"fault":{"faultstring":"Invalid ApiKey","detail":{"errorcode":"oauth.v2.InvalidApiKey"}}}`:               false,
		`{"cloudflare_error":true,"title":"Error 1020: Access denied","status":403,"detail":"The site owner ..."}`: false,
		`{"title":"Blocked"}`:            false,
		`{"code":1020}`:                  false,
		`{"error":""}`:                   false,
		`{"error":{}}`:                   false,
		`{"detail":null,"error":false}`:  false,
		`{"Detail":"job not found"}`:     false,
		`["job not found"]`:              false,
		`"job not found"`:                false,
		`null`:                           false,
		`{"detail":"","message":"nope"}`: false,
	} {
		for _, code := range []int{400, 401, 403, 404, 409} {
			zero := 0
			client := newClient(t, &script{answers: []answer{{status: code, body: body}}}, func(o *runpod.Options) { o.MaxRetries = &zero })
			_, err := client.Run(t.Context(), "ep", aRequest)
			if runpod.IsNotFromAPI(err) == own || runpod.OutcomeUnknown(err) {
				t.Errorf("HTTP %d %s: %v", code, body, err)
			}
			if runpod.IsUnauthorized(err) != (own && (code == 401 || code == 403)) {
				t.Errorf("HTTP %d %s: the key is refused: %v", code, body, err)
			}
			_, err = client.Status(t.Context(), "ep", "job-1")
			if !own && (runpod.IsJobNotFound(err) || !runpod.IsTransient(err)) {
				t.Errorf("HTTP %d %s says something about the job: %v", code, body, err)
			}
		}
	}
}

// TestStatus_otherID: a reply with another id is about the requested job all the same.
func TestStatus_otherID(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"id":"job-2","status":"COMPLETED"}`, `{"status":"COMPLETED"}`, `{"id":"../x","status":"COMPLETED"}`} {
		job, err := newClient(t, &script{answers: []answer{{status: 200, body: body}}}).Status(t.Context(), "ep", "job-1")
		if err != nil || job.ID != "job-1" {
			t.Errorf("%s: got %+v, %v", body, job, err)
		}
	}
}

// TestErrorWithHTTP200: an error with HTTP 200 means for a submission that nothing was
// queued; for a read it says nothing about the job, so the read is repeated.
func TestErrorWithHTTP200(t *testing.T) {
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
