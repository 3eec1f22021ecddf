package acctest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

const (
	jobType    = "runpodserverless_job"
	streamType = "runpodserverless_job_stream"
	healthType = "runpodserverless_endpoint_health"
	purgeType  = "runpodserverless_queue_purge"
	runType    = "runpodserverless_job_run"
	cancelType = "runpodserverless_job_cancel"
	retryType  = "runpodserverless_job_retry"
)

// provocation does what leads to an error or a warning, and returns it.
type provocation = func(t *testing.T, s stage) acctest.Diagnostics

// provocations lead to each text that the guide "Troubleshooting" explains.
var provocations = map[string]provocation{
	// The provider block.
	"Missing API key":                 configuring(acctest.Values{"api_key": ""}),
	"Invalid API key":                 configuring(acctest.Values{"api_key": "rpa one"}),
	"Invalid base URL":                configuring(acctest.Values{"base_url": "http://api.example.com/v2"}),
	"Invalid certificate":             configuring(acctest.Values{"ca_cert_pem": "ca.pem"}),
	"Invalid client certificate":      configuring(acctest.Values{"client_cert_pem": "client.pem", "client_key_pem": "key.pem"}),
	"Invalid header":                  configuring(acctest.Values{"headers": acctest.Values{"Authorization": "x"}}),
	"Missing endpoint":                planUnconfigured(acctest.Values{"api_key": "k"}),
	"Provider not configured yet":     createUnconfigured(acctest.Values{"api_key": acctest.Unknown, "endpoint_id": "demo"}),
	"WriteOnly Attribute Not Allowed": validatingAsOlder(acctest.Values{"input": acctest.Values{"a": 1}, "input_wo": acctest.Values{"b": 2}}),

	// A configuration that is refused.
	"Empty input":                     planning(acctest.Values{"input": acctest.Values{}}),
	"Input too large":                 planning(acctest.Values{"input": acctest.Values{"a": strings.Repeat("x", 11<<20)}}),
	"Invalid Attribute Combination":   configuring(acctest.Values{"client_cert_pem": "client.pem"}),
	"Invalid Attribute Value":         planning(acctest.Values{"input": acctest.Values{"a": 1}, "max_output_bytes": -1}),
	"Invalid Attribute Value Length":  planningBatch(acctest.Values{"requests": []any{quickInput}, "results_file": ""}),
	"Invalid Attribute Value Match":   planning(acctest.Values{"input": acctest.Values{"a": 1}, "on_failure": "fail"}),
	"Invalid JMESPath expression":     planning(acctest.Values{"input": acctest.Values{"a": 1}, "output_select": acctest.Values{"name": "images[0].file-name"}}),
	"Missing Attribute Configuration": planningBatch(acctest.Values{}),
	"Null Map Value":                  planning(acctest.Values{"input": acctest.Values{"a": 1}, "output_select": acctest.Values{"name": nil}}),
	"Invalid duration":                planning(acctest.Values{"input": acctest.Values{"a": 1}, "policy": acctest.Values{"ttl": "9s"}}),
	"Invalid id":                      planning(acctest.Values{"input": acctest.Values{"a": 1}, "endpoint_id": "https://api.runpod.ai/v2/demo"}),
	"Invalid import id":               importing("demo"),
	"Invalid input":                   planning(acctest.Values{"input": `{"a":1}`}),
	"Invalid URL":                     planning(acctest.Values{"input": acctest.Values{"a": 1}, "webhook": "example.com"}),
	"Missing input":                   planning(acctest.Values{}),

	// What a request met.
	"HTTP status: 302 Found":             submitting(simulator.Fault{Kind: simulator.Redirect}),
	"HTTP status: 400 Bad Request":       submitting(simulator.Fault{Kind: simulator.StatusReply, Status: http.StatusBadRequest, Body: `{"error":"no"}`}),
	"HTTP status: 401 Unauthorized":      submitting(simulator.Fault{Kind: simulator.StatusReply, Status: http.StatusUnauthorized, Body: `{"detail":"invalid api key"}`}),
	"HTTP status: 402 Payment Required":  submitting(simulator.Fault{Kind: simulator.StatusReply, Status: http.StatusPaymentRequired, Body: `{"error":"insufficient balance"}`}),
	"HTTP status: 403 Forbidden":         submitting(simulator.Fault{Kind: simulator.StatusReply, Status: http.StatusForbidden, Body: "<html><title>Just a moment...</title></html>"}),
	"HTTP status: 404 Not Found":         submitting(simulator.Fault{Kind: simulator.StatusReply, Status: http.StatusNotFound, Body: `{"detail":"endpoint not found"}`}),
	"HTTP status: 429 Too Many Requests": submitting(simulator.Fault{Kind: simulator.TooManyRequests}),
	"HTTP status: 502 Bad Gateway":       reading(simulator.Fault{Kind: simulator.BadGatewayHTML}),
	"no answer within the request timeout": reading(simulator.Fault{
		Kind: simulator.SlowBefore, Delay: time.Hour,
	}),
	"not allowed for QB API": func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.SetEndpoint(simulator.DefaultEndpointID, simulator.Endpoint{LoadBalancer: true})
		return s.create(t, acctest.Values{"mock_return": 1}, nil)
	},
	"queued nothing":                    submitting(simulator.Fault{Kind: simulator.NotQueued}),
	"the connection failed":             reading(simulator.Fault{Kind: simulator.CutBefore}),
	"with a reply that cannot be used":  reading(simulator.Fault{Kind: simulator.CutBody}),
	"with a reply that is too large":    reading(simulator.Fault{Kind: simulator.HugeBody}),
	"Outcome of the submission unknown": submitting(simulator.Fault{Kind: simulator.CutAfter}),

	// What could not be done.
	"Job could not be cancelled":        destroying(simulator.Fault{Kind: simulator.StatusReply, Status: http.StatusNotFound, Body: `{"detail":"endpoint not found"}`}),
	"Unable to cancel the job":          destroying(simulator.Fault{Kind: simulator.StatusReply, Status: http.StatusBadRequest, Body: `{"error":"no"}`}),
	"Job to cancel was not found":       vanished,
	"Unable to read the output again":   unreadable,
	"Unable to purge the queue":         purging(simulator.Fault{Kind: simulator.CutAfter}),
	"Interrupted; the queue was purged": interruptedWhile("purge-queue", purgeType, acctest.Values{}),
	"Queue not purged again": func(t *testing.T, s stage) acctest.Diagnostics {
		t.Helper()
		config := acctest.Values{"triggers": acctest.Values{"a": "b"}}
		state, diags := s.p.CreateResource(t.Context(), purgeType, config)
		diags.RequireNone(t)
		_, diags = s.p.ReplaceForUnknownTriggers(t.Context(), purgeType, state, config)
		return diags
	},
	"Unable to read the job": func(t *testing.T, s stage) acctest.Diagnostics {
		return s.read(t, jobType, acctest.Values{"id": "unknown"})
	},
	"Unable to read the stream": func(t *testing.T, s stage) acctest.Diagnostics {
		return s.read(t, streamType, acctest.Values{"id": "unknown"})
	},
	"Unable to retry the job": func(t *testing.T, s stage) acctest.Diagnostics {
		return s.invoke(t, retryType, acctest.Values{"id": "unknown"})
	},
	"Unable to submit the job":   submitting(simulator.Fault{Kind: simulator.NotQueued}),
	"Unable to wait for the job": waiting(simulator.Fault{Kind: simulator.StatusReply, Status: http.StatusUnauthorized, Body: `{"detail":"invalid api key"}`}),
	"Job could not be read":      refreshing(simulator.Fault{Op: http.MethodGet, Kind: simulator.Unavailable}),
	"Job is not visible yet":     refreshing(simulator.Fault{Op: "status", Kind: simulator.NotVisible}),
	"Endpoint not healthy":       unhealthy,
	"Workers not ready": func(t *testing.T, s stage) acctest.Diagnostics {
		return s.read(t, "runpodserverless_endpoint_workers", acctest.Values{"wait_until": acctest.Values{"total_min": 1000}})
	},
	"Unable to read the endpoint's workers": func(t *testing.T, s stage) acctest.Diagnostics {
		return s.read(t, "runpodserverless_endpoint_workers", acctest.Values{"endpoint_id": "unknown"})
	},
	"Unable to read the worker's logs": func(t *testing.T, s stage) acctest.Diagnostics {
		return s.read(t, "runpodserverless_worker_logs", acctest.Values{"worker_id": "gone"})
	},
	"Unable to read the endpoint's health": reading(simulator.Fault{Kind: simulator.StatusReply, Status: http.StatusForbidden, Body: `{"detail":"forbidden"}`}),

	// How a job ended.
	"Job ended as CANCELLED":                      ending(acctest.Values{"sim_end_state": "CANCELLED"}, nil),
	"Job ended as FAILED":                         ending(acctest.Values{"sim_raise": "kaboom"}, nil),
	"Job ended as TIMED_OUT":                      ending(acctest.Values{"sim_end_state": "TIMED_OUT"}, nil),
	"Job has expired":                             ending(acctest.Values{"mock_delay": 3600}, acctest.Values{"policy": acctest.Values{"ttl": "10s"}}),
	"Job is still running":                        ending(acctest.Values{"mock_delay": 3600}, acctest.Values{"on_timeout": "detach"}),
	"Job timed out and could not be cancelled":    uncancellable,
	"Job timed out and was cancelled":             ending(acctest.Values{"mock_delay": 3600}, nil),
	"Interrupted; the job could not be cancelled": interrupting("cancel", simulator.Fault{Op: "cancel", Kind: simulator.InternalError}),
	"Interrupted; the job has ended": interruptedWhile("run", runType, acctest.Values{
		"input": acctest.Values{"mock_return": 1, "mock_delay": 0}, "on_interrupt": "cancel",
	}),
	"Interrupted; the job keeps running":    interrupting("detach", simulator.Fault{Op: "none"}),
	"Interrupted; the job was cancelled":    interrupting("cancel", simulator.Fault{Op: "none"}),
	"Output cannot be stored":               returning(strings.Repeat("[", 300) + strings.Repeat("]", 300)),
	"Output is no longer available":         forgotten,
	"Output too large to store":             ending(acctest.Values{"sim_output_bytes": 2_000_000}, nil),
	"Part of the output cannot be selected": ending(acctest.Values{"mock_return": acctest.Values{"n": 1}}, acctest.Values{"output_select": acctest.Values{"n": "length(n)"}}),
	"Resumes waiting for a job":             replanning(acctest.Values{"mock_delay": 3600}, acctest.Values{"wait_for_completion": false}),
	"Runs a failed job again": func(t *testing.T, s stage) acctest.Diagnostics {
		input := acctest.Values{"sim_raise": "kaboom"}
		state, diags := s.p.CreateResource(t.Context(), jobType, jobWith(input, acctest.Values{"on_failure": "warn"}))
		diags.RequireNoError(t)
		state, diags = s.p.ApplyResource(t.Context(), s.p.PlanResource(t.Context(), jobType, state, jobWith(input, nil)))
		if len(diags.Errors()) != 1 || !strings.Contains(diags.String(), "kaboom") {
			t.Errorf("the apply that makes it a failure does not fail: %s", diags)
		}
		return s.p.PlanResource(t.Context(), jobType, state, jobWith(input, nil)).Diagnostics
	},
	"Output is not JSON": waiting(simulator.Fault{Kind: simulator.StatusReply, Status: http.StatusOK, Body: `{"status":"COMPLETED","output":{"loss":[1,NaN]}}`}),
	"Chunks are not JSON": func(t *testing.T, s stage) acctest.Diagnostics {
		id, _ := s.live(t).Values["id"].(string)
		s.sim.Inject(simulator.Fault{Op: "stream", Kind: simulator.StatusReply, Status: http.StatusOK, Body: `{"status":"COMPLETED","stream":[{"output":-Infinity}]}`, Times: 1})
		s.sim.Inject(simulator.Fault{Op: "stream", Kind: simulator.StatusReply, Status: http.StatusOK, Body: `{"status":"COMPLETED","stream":[]}`})
		return s.read(t, streamType, acctest.Values{"id": id})
	},
	"Result could not be read": func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.Inject(simulator.Fault{Op: http.MethodGet, Kind: simulator.Unavailable})
		s.sim.Inject(simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: http.StatusOK, Body: `{"id":"x","status":"COMPLETED"}`})
		return s.create(t, acctest.Values{"mock_return": 1}, nil)
	},
	"Input wrapped twice": func(t *testing.T, s stage) acctest.Diagnostics {
		return s.p.ValidateResourceConfig(t.Context(), jobType, acctest.Values{"input": acctest.Values{"input": acctest.Values{"prompt": "hello"}}})
	},
}

func configuring(config acctest.Values) provocation {
	return func(t *testing.T, _ stage) acctest.Diagnostics {
		p := acctest.NewUnconfiguredProtocolServer(t)
		arguments := acctest.Values{"api_key": "rpa_x"}
		for name, value := range config {
			arguments[name] = value
		}
		if diags := p.ValidateProviderConfig(t.Context(), arguments); diags.HasError() {
			return diags
		}
		return p.Configure(t.Context(), arguments)
	}
}

// unset is a job that names no endpoint.
var unset = acctest.Values{"input": acctest.Values{"mock_return": 1}}

func planUnconfigured(config acctest.Values) provocation {
	return func(t *testing.T, _ stage) acctest.Diagnostics {
		p := acctest.NewUnconfiguredProtocolServer(t)
		p.Configure(t.Context(), config).RequireNone(t)
		return p.PlanResource(t.Context(), jobType, nil, unset).Diagnostics
	}
}

func createUnconfigured(config acctest.Values) provocation {
	return func(t *testing.T, _ stage) acctest.Diagnostics {
		p := acctest.NewUnconfiguredProtocolServer(t)
		p.Configure(t.Context(), config).RequireNone(t)
		_, diags := p.CreateResource(t.Context(), jobType, unset)
		return diags
	}
}

func validatingAsOlder(config acctest.Values) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		return s.p.ValidateResourceConfigBeforeWriteOnly(t.Context(), jobType, config)
	}
}

func planning(config acctest.Values) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		if diags := s.p.ValidateResourceConfig(t.Context(), jobType, config); diags.HasError() {
			return diags
		}
		return s.p.PlanResource(t.Context(), jobType, nil, config).Diagnostics
	}
}

func importing(id string) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		_, diags := s.p.ImportResource(t.Context(), jobType, id, nil)
		return diags
	}
}

// create runs a job with an input and further arguments.
func (s stage) create(t *testing.T, input, more acctest.Values) acctest.Diagnostics {
	_, diags := s.p.CreateResource(t.Context(), jobType, jobWith(input, more))
	return diags
}

func jobWith(input, more acctest.Values) acctest.Values {
	config := acctest.Values{"input": input, "timeouts": acctest.Values{"create": "5m"}}
	for name, value := range more {
		config[name] = value
	}
	return config
}

func (s stage) read(t *testing.T, typeName string, config acctest.Values) acctest.Diagnostics {
	_, diags := s.p.ReadDataSource(t.Context(), typeName, config)
	return diags
}

func (s stage) invoke(t *testing.T, typeName string, config acctest.Values) acctest.Diagnostics {
	_, diags := s.p.InvokeAction(t.Context(), typeName, config)
	return diags
}

func submitting(f simulator.Fault) provocation {
	f.Op = "run"
	return func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.Inject(f)
		return s.create(t, acctest.Values{"mock_return": 1}, nil)
	}
}

func reading(f simulator.Fault) provocation {
	f.Op = "health"
	return func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.Inject(f)
		return s.read(t, healthType, acctest.Values{})
	}
}

func waiting(f simulator.Fault) provocation {
	f.Op = "status-sync"
	return func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.Inject(f)
		return s.create(t, acctest.Values{"mock_delay": 60}, nil)
	}
}

func purging(f simulator.Fault) provocation {
	f.Op = "purge-queue"
	return func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.Inject(f)
		_, diags := s.p.CreateResource(t.Context(), purgeType, acctest.Values{})
		return diags
	}
}

func unhealthy(t *testing.T, s stage) acctest.Diagnostics {
	s.sim.SetEndpoint(simulator.DefaultEndpointID, simulator.Endpoint{Throttled: 3})
	return s.read(t, healthType, acctest.Values{"wait_until": acctest.Values{"workers_ready_min": 1}})
}

// live creates a job that runs for an hour and is not waited for.
func (s stage) live(t *testing.T) *acctest.ResourceState {
	state, diags := s.p.CreateResource(t.Context(), jobType, jobWith(acctest.Values{"mock_delay": 3600}, acctest.Values{"wait_for_completion": false}))
	diags.RequireNone(t)
	return state
}

func destroying(f simulator.Fault) provocation {
	f.Op = "cancel"
	return func(t *testing.T, s stage) acctest.Diagnostics {
		state := s.live(t)
		s.sim.Inject(f)
		_, diags := s.p.DestroyResource(t.Context(), jobType, state)
		return diags
	}
}

// vanished destroys a job that the API does not show.
func vanished(t *testing.T, s stage) acctest.Diagnostics {
	state := s.live(t)
	s.sim.Inject(simulator.Fault{Kind: simulator.NotVisible})
	_, diags := s.p.DestroyResource(t.Context(), jobType, state)
	return diags
}

func refreshing(f simulator.Fault) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		state := s.live(t)
		s.sim.Inject(f)
		_, diags := s.p.ReadResource(t.Context(), jobType, state)
		return diags
	}
}

func ending(input, more acctest.Values) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics { return s.create(t, input, more) }
}

// returning ends a job with an output to the letter.
func returning(output string) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		body := `{"id":"job-1","status":"COMPLETED","output":` + output + `}`
		s.sim.Inject(simulator.Fault{Op: "status-sync", Kind: simulator.StatusReply, Status: http.StatusOK, Body: body})
		return s.create(t, acctest.Values{"mock_return": 1}, nil)
	}
}

func uncancellable(t *testing.T, s stage) acctest.Diagnostics {
	s.sim.Inject(simulator.Fault{Op: "cancel", Kind: simulator.InternalError})
	return s.create(t, acctest.Values{"mock_delay": 3600}, nil)
}

// interrupting ends the wait after a minute, as Ctrl-C does.
func interrupting(choice string, f simulator.Fault) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.Inject(f)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, diags := s.p.CreateResource(ctx, jobType, jobWith(acctest.Values{"mock_delay": 3600}, acctest.Values{"on_interrupt": choice}))
		return diags
	}
}

// interruptedWhile invokes an action and interrupts it during its first request, whose
// reply arrives nevertheless.
func interruptedWhile(op, typeName string, config acctest.Values) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.Inject(simulator.Fault{Op: op, Kind: simulator.SlowAfter, Delay: 5 * time.Second, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, diags := s.p.InvokeAction(ctx, typeName, config)
		return diags
	}
}

// unreadable asks for an output that was not stored, of an API that is in trouble.
func unreadable(t *testing.T, s stage) acctest.Diagnostics {
	input := acctest.Values{"mock_return": "x"}
	state, diags := s.p.CreateResource(t.Context(), jobType, jobWith(input, acctest.Values{"max_output_bytes": 0}))
	diags.RequireNoError(t)
	s.sim.Inject(simulator.Fault{Op: http.MethodGet, Kind: simulator.Unavailable})
	_, diags = s.p.ApplyResource(t.Context(), s.p.PlanResource(t.Context(), jobType, state, jobWith(input, nil)))
	return diags
}

// forgotten asks for an output that was not stored, when the API no longer has it.
func forgotten(t *testing.T, s stage) acctest.Diagnostics {
	input := acctest.Values{"mock_return": "x"}
	state, diags := s.p.CreateResource(t.Context(), jobType, jobWith(input, acctest.Values{"max_output_bytes": 0}))
	diags.RequireNoError(t)
	s.sim.Advance(31 * time.Minute)
	_, diags = s.p.ApplyResource(t.Context(), s.p.PlanResource(t.Context(), jobType, state, jobWith(input, nil)))
	return diags
}

// replanning plans a job whose first arguments are no longer configured.
func replanning(input, before acctest.Values) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		state, diags := s.p.CreateResource(t.Context(), jobType, jobWith(input, before))
		diags.RequireNoError(t)
		return s.p.PlanResource(t.Context(), jobType, state, jobWith(input, nil)).Diagnostics
	}
}
