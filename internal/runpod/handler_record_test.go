package runpod

import (
	"context"
	"slices"
	"testing"
)

type notes []string

func (n *notes) Sending()     { *n = append(*n, "sending") }
func (n *notes) NotAccepted() { *n = append(*n, "not accepted") }

// TestRecorder: a submission is recorded before it is sent, and removed from the
// record only if it has certainly created no job. Nothing else is recorded.
func TestRecorder(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		op   Operation
		e    *Error
		want []string
	}{
		"accepted":        {OpRun, nil, []string{"sending", "sent"}},
		"refused":         {OpRun, &Error{Reason: ReasonStatus, StatusCode: 400}, []string{"sending", "sent", "not accepted"}},
		"unknown":         {OpRunSync, &Error{Reason: ReasonTransport, Unknown: true}, []string{"sending", "sent"}},
		"no submission":   {OpStatus, nil, []string{"sent"}},
		"one that failed": {OpStatus, &Error{Reason: ReasonStatus, StatusCode: 400}, []string{"sent"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got notes
			h := withRecorder(func(context.Context, *call) *Error { got = append(got, "sent"); return tc.e })
			if e := h(WithRecorder(t.Context(), &got), &call{op: tc.op}); e != tc.e {
				t.Errorf("got %v", e)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	if e := withRecorder(func(context.Context, *call) *Error { return nil })(t.Context(), &call{op: OpRun}); e != nil {
		t.Errorf("without a recorder: %v", e)
	}
}
