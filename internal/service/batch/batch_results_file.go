package batch

import (
	"context"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

var pathResultsFile = path.Root("results_file")

// checkResultsFile refuses, before anything is paid for, a results file that cannot be
// written, or that would replace the requests file: its changed content would run as a
// new batch with the next apply.
func (m *resourceModel) checkResultsFile(diags *diag.Diagnostics) {
	m.checkResultsName(payload.CheckName, diags)
}

// checkResultsName is checkResultsFile with another check of the name. Validations do not
// check the disk: Terraform also validates before a destroy, which a folder in place of the
// file must not prevent.
func (m *resourceModel) checkResultsName(check func(name string) error, diags *diag.Diagnostics) {
	if !m.writesFile() {
		return
	}
	at, name := pathResultsFile, m.ResultsFile.ValueString()
	if !m.RequestsFile.IsNull() && !m.RequestsFile.IsUnknown() && sameFile(name, m.RequestsFile.ValueString()) {
		diags.Append(diagnose.ResultsReplaceRequests().ErrorAt(at))
		return
	}
	if err := check(name); err != nil {
		diags.Append(diagnose.ResultsFileRefused(err).ErrorAt(at))
	}
}

// checkWritable reports a results file that cannot be written. It is called before
// anything is sent.
func (m *resourceModel) checkWritable(diags *diag.Diagnostics) {
	if !m.writesFile() || diags.HasError() {
		return
	}
	if err := payload.CheckOutput(m.ResultsFile.ValueString()); err != nil {
		diags.Append(diagnose.ResultsFileNotWritable(err).ErrorAt(pathResultsFile))
	}
}

// writesFile reports whether the results go to a file with a known name.
func (m *resourceModel) writesFile() bool {
	return !m.ResultsFile.IsNull() && !m.ResultsFile.IsUnknown()
}

// owner returns the name under which a stored batch claims its results file.
func (m *resourceModel) owner() string {
	return "batch " + m.EndpointID.ValueString() + "/" + m.ID.ValueString()
}

// planResultsFile claims the results file of a planned batch, and refuses one that
// another resource writes.
func (r *batchResource) planResultsFile(ctx context.Context, state, plan *resourceModel, resp *resource.ModifyPlanResponse) {
	p := jobmodel.FilePlan{Names: plan.fileNames()}
	if state != nil {
		p.Stored, p.Kept = state.owner(), len(resp.RequiresReplace) == 0
	} else { // nothing names it yet; planned once more it is the same
		p.New = strings.Join([]string{"new", plan.EndpointID.String(), plan.RequestsSHA256.String(), plan.Triggers.String(), plan.ResultsFile.String()}, " ")
	}
	r.data.PlanFiles(ctx, p, resp.Private, refuseResultsFile, &resp.Diagnostics)
}

// fileNames returns the results file, if its name is known.
func (m *resourceModel) fileNames() []string {
	if !m.writesFile() {
		return nil
	}
	return []string{m.ResultsFile.ValueString()}
}

func refuseResultsFile(name string, diags *diag.Diagnostics) {
	diags.Append(diagnose.ResultsFileTaken(name).ErrorAt(pathResultsFile))
}

// sameFile reports whether two names, of which one need not exist, mean the same file,
// on any system and through links.
func sameFile(a, b string) bool {
	if payload.Canonical(a) == payload.Canonical(b) {
		return true
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
