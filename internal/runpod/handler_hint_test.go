package runpod

import (
	"context"
	"net/http"
	"testing"
)

// TestAddressHint: the hint is in the errors that a wrong address can cause, and in
// no other.
func TestAddressHint(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		e     *Error
		hints bool
	}{
		"no connection":          {&Error{Operation: OpHealth, Reason: ReasonTransport}, true},
		"no answer in time":      {&Error{Operation: OpHealth, Reason: ReasonTimeout}, true},
		"an answer in HTML":      {&Error{Operation: OpHealth, Reason: ReasonInvalidReply, StatusCode: http.StatusOK}, true},
		"the key is refused":     {&Error{Operation: OpHealth, Reason: ReasonStatus, StatusCode: http.StatusUnauthorized}, true},
		"a route is missing":     {&Error{Operation: OpHealth, Reason: ReasonStatus, StatusCode: http.StatusNotFound}, true},
		"an endpoint is missing": {&Error{Operation: OpStatus, JobID: "job-1", Reason: ReasonStatus, StatusCode: http.StatusNotFound, Message: "endpoint not found"}, true},
		"a job is missing":       {&Error{Operation: OpStatus, JobID: "job-1", Reason: ReasonStatus, StatusCode: http.StatusNotFound}, false},
		"the API is in trouble":  {&Error{Operation: OpHealth, Reason: ReasonStatus, StatusCode: http.StatusInternalServerError}, false},
		"too many requests":      {&Error{Operation: OpHealth, Reason: ReasonStatus, StatusCode: http.StatusTooManyRequests}, false},
		"interrupted":            {&Error{Operation: OpHealth, Reason: ReasonInterrupted}, false},
		"nothing":                {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := withAddressHint(func(context.Context, *call) *Error { return tc.e }, "That variable is not read.")
			got := h(t.Context(), &call{op: OpHealth})
			if got != tc.e {
				t.Fatalf("got %v, want %v", got, tc.e)
			}
			if got != nil && (got.AddressHint != "") != tc.hints {
				t.Errorf("the hint is %q", got.AddressHint)
			}
		})
	}
}
