package jobset

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
)

// A creation that ends with an error leaves a tainted set, which the next apply
// removes and creates anew. That must not run again what completed: the removal
// hands it over, and the creation takes it.
//
// That a creation failed is an attribute and no mark in the private state: what
// Terraform plans in place of a tainted resource it plans without its private
// state, and the removal is given that of the plan.

// terms are what decides about the results of the set.
func (m *resourceModel) terms() jobmodel.HandoverTerms {
	return jobmodel.HandoverTerms{SubmitArgs: m.SubmitArgs, FileOutput: m.FileOutput, Triggers: m.Triggers, InputWOVersion: m.InputWOVersion, S3Config: m.S3Config}
}

// finished are the results of jobs that completed.
func (c *jobsState) finished() map[string]jobmodel.HandoverResult {
	finished := make(map[string]jobmodel.HandoverResult)
	for key, e := range c.entries {
		if e.Completed() {
			finished[key] = jobmodel.HandoverResult{Record: e.Record, InputSHA256: e.InputSHA256, Files: e.Files, Output: c.outputs[key]}
		}
	}
	return finished
}

// takeOver puts into the contents what a set that was removed in this run has
// handed over.
func (w *run) takeOver(diags *diag.Diagnostics) {
	digests := make(map[string]string, len(w.inputs))
	for key, in := range w.inputs {
		digests[key] = in.digest
	}
	taken := w.data.Handover.Take(w.terms(), digests)
	if len(taken) == 0 {
		return
	}
	for key, r := range taken {
		w.jobs.entries[key] = jobEntry{Record: r.Record, InputSHA256: r.InputSHA256, Files: r.Files}
		if r.Output != nil {
			w.jobs.outputs[key] = r.Output
		}
	}
	keys := slices.Sorted(maps.Keys(taken))
	diags.AddWarning("Kept results of a creation that failed", diagnose.Job(w.EndpointID.ValueString(), "").
		Field("Keys", fmt.Sprintf("%d: %s", len(keys), firstOf(keys))).
		Paragraph("The plan had to show these keys as to run, because Terraform replaces a set whose creation failed. Their jobs had completed with the same inputs and arguments, so their results are kept and nothing is submitted for them.\n\n"+
			"What to do: nothing. To run them again on purpose, change a value in triggers.").String())
}

// handOver leaves what completed to the set that is created in this one's place.
// A run that was interrupted creates none, so the set has to stay in the state.
func (w *run) handOver(interrupted bool, diags *diag.Diagnostics) {
	finished := w.jobs.finished()
	if w.data == nil || !w.CreationFailed.ValueBool() || len(finished) == 0 {
		return
	}
	if interrupted {
		diags.AddError("Interrupted; the set is kept", diagnose.Job(w.EndpointID.ValueString(), "").
			Field("Jobs", fmt.Sprintf("%d completed", len(finished))).
			Paragraph("The set's creation had failed, and the interrupt came before another set could take over what completed. The set stays in the state.\n\nWhat to do: apply again, or destroy again.").String())
		return
	}
	w.data.Handover.Offer(w.terms(), finished)
}
