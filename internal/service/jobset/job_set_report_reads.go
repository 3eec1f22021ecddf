package jobset

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

const titleUnread = "Jobs could not be read"

// countRead takes into the report what a refresh could not see.
func (r *report) countRead(key string, e jobEntry, result jobrun.ReadResult, err error) {
	id, last := e.ID.ValueString(), "last seen as "+e.Status.ValueString()
	switch result {
	case jobrun.Expired:
		r.expired.add(key, id, last)
	case jobrun.NotYetVisible:
		r.notYetVisible.add(key, id, last)
	case jobrun.Unauthorized:
		r.readErr = err
	default:
		if err != nil {
			r.unavailableErr = err
			last += "; " + diagnose.Cause(err)
		}
		r.unavailable.add(key, id, last)
	}
}

// reportReads reports what a refresh found.
func (r *report) reportReads(expiryFails bool, diags *diag.Diagnostics) {
	if r.readErr != nil {
		diags.AddError("Unable to read the jobs", diagnose.Error(r.endpointID, "", r.readErr))
		return
	}
	r.warnings.report(diags)
	expired := expiredText + adviceExpiredKept
	if expiryFails {
		expired = expiredText + " The plan runs their keys again if there are more than min_success_ratio allows, because on_expired is \"error\"."
	}
	for _, of := range []struct {
		title, advice string
		list          list
	}{
		{"Jobs have expired", expired, r.expired},
		{"Jobs are not visible yet", "The API does not show the jobs yet; they were submitted a short while ago. The state is kept as it was.", r.notYetVisible},
		{titleUnread, "The state is kept as it was; the next refresh looks again.", r.unavailable},
	} {
		if len(of.list) > 0 {
			text := diagnose.Job(r.endpointID, "").Field("Jobs", fmt.Sprintf("%d of %d", len(of.list), r.reads))
			advice := of.advice
			if of.title == titleUnread {
				text.Field("Cause", r.cut)
				switch what := diagnose.Advice(r.unavailableErr); {
				case r.cut != "":
					advice += "\n\nTo fix this: raise timeouts.read."
				case what != "":
					advice += "\n\nTo fix this: " + what
				}
			}
			of.list.on(text, "Keys")
			diags.AddWarning(of.title, text.Paragraph("%s", advice).String())
		}
	}
}

// reportDestroy reports the jobs that a destroy could not cancel.
func (r *report) reportDestroy(diags *diag.Diagnostics) {
	if len(r.notFound) > 0 {
		text := diagnose.Job(r.endpointID, "")
		r.notFound.on(text, titleNotFound)
		diags.AddWarning("Jobs to cancel were not found", text.Paragraph("They are removed from the state.").String())
	}
	if len(r.cancelFailed) == 0 {
		return
	}
	text := diagnose.Job(r.endpointID, "")
	r.cancelFailed.on(text, "Not cancelled")
	if runpod.IsEndpointNotFound(r.cancelErr) {
		diags.AddWarning("Jobs could not be cancelled", text.Paragraph("The endpoint is gone, or hidden from this key; the set is removed from the state.").String())
		return
	}
	diags.AddError("Unable to cancel the jobs", text.Paragraph("To fix this: %s", orElse(diagnose.Advice(r.cancelErr), "destroy again, or set on_destroy = \"keep\" and apply, to remove the set without cancelling its jobs.")).String())
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
