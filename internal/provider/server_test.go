package provider

import (
	"context"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
)

// fakeActions is a framework that notes the calls about actions. Each returns a warning,
// and the one that fails names an error, too.
type fakeActions struct {
	fastpath.Protocol
	fails string
	calls []string
}

func (f *fakeActions) diagnostics(call string) []*tfprotov6.Diagnostic {
	f.calls = append(f.calls, call)
	found := []*tfprotov6.Diagnostic{{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: "warning of " + call}}
	if f.fails == call {
		found = append(found, &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityError, Summary: "error of " + call})
	}
	return found
}

func (f *fakeActions) ValidateActionConfig(context.Context, *tfprotov6.ValidateActionConfigRequest) (*tfprotov6.ValidateActionConfigResponse, error) {
	return &tfprotov6.ValidateActionConfigResponse{Diagnostics: f.diagnostics("validate")}, nil
}

func (f *fakeActions) PlanAction(context.Context, *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	return &tfprotov6.PlanActionResponse{Diagnostics: f.diagnostics("plan")}, nil
}

func (f *fakeActions) InvokeAction(context.Context, *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	return completed(f.diagnostics("invoke")), nil
}

// TestFinalActions: a plan and an invocation validate the configuration once, and what
// is refused is not invoked.
func TestFinalActions(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fails           string
		planned, called []string
		plan, invoked   []string // summaries
	}{
		"accepted": {
			"", []string{"plan", "validate"}, []string{"plan", "validate", "invoke"},
			[]string{"warning of plan"}, []string{"warning of invoke"},
		},
		"invalid": {
			"validate", []string{"plan", "validate"}, []string{"plan", "validate"},
			[]string{"warning of plan", "error of validate"}, []string{"error of validate"},
		},
		"refused by the plan": {
			"plan", []string{"plan"}, []string{"plan"},
			[]string{"warning of plan", "error of plan"}, []string{"error of plan"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			framework := &fakeActions{fails: tc.fails}
			plan, err := (&finalActions{framework}).PlanAction(t.Context(), &tfprotov6.PlanActionRequest{})
			if err != nil || !slices.Equal(framework.calls, tc.planned) || !slices.Equal(summaries(plan.Diagnostics), tc.plan) {
				t.Errorf("plan: calls %q, %q, %v", framework.calls, summaries(plan.Diagnostics), err)
			}
			framework = &fakeActions{fails: tc.fails}
			stream, err := (&finalActions{framework}).InvokeAction(t.Context(), &tfprotov6.InvokeActionRequest{})
			if err != nil {
				t.Fatal(err)
			}
			for event := range stream.Events {
				done, ok := event.Type.(tfprotov6.CompletedInvokeActionEventType)
				if !ok || !slices.Equal(framework.calls, tc.called) || !slices.Equal(summaries(done.Diagnostics), tc.invoked) {
					t.Errorf("invocation: calls %q, %+v", framework.calls, event)
				}
			}
		})
	}
}

func summaries(diagnostics []*tfprotov6.Diagnostic) []string {
	var found []string
	for _, d := range diagnostics {
		found = append(found, d.Summary)
	}
	return found
}
