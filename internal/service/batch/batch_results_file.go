package batch

import (
	"context"
	"encoding/json"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
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

// planResultsFile refuses a results file that another batch of the configuration
// writes. A batch that replaces another one claims the file under the other's name:
// Terraform plans it with the private state that the other's plan left.
func (r *batchResource) planResultsFile(ctx context.Context, state, plan *resourceModel, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if !plan.writesFile() {
		if state != nil {
			r.data.Files.Release(state.owner())
		}
		return
	}
	var owner string
	if state != nil {
		owner = state.owner()
		name, err := json.Marshal(owner)
		if err != nil {
			resp.Diagnostics.Append(diagnose.OwnerNotStored(err).Error())
			return
		}
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateOwner, name)...)
	} else {
		name, diags := req.Private.GetKey(ctx, privateOwner)
		resp.Diagnostics.Append(diags...)
		if name == nil || json.Unmarshal(name, &owner) != nil {
			// Nothing names it yet; planned once more it is the same.
			owner = strings.Join([]string{"new", plan.EndpointID.String(), plan.RequestsSHA256.String(), plan.Triggers.String(), plan.ResultsFile.String()}, " ")
		}
	}
	if kept := state != nil && len(resp.RequiresReplace) == 0; !r.claims(owner, kept, plan.ResultsFile.ValueString()) {
		plan.refuseResultsFile(&resp.Diagnostics)
	}
}

// keepResultsFile claims the results file of a stored batch in the apply, when
// its name is known for certain.
func (r *batchResource) keepResultsFile(m *resourceModel, diags *diag.Diagnostics) {
	if m.writesFile() && !r.claims(m.owner(), true, m.ResultsFile.ValueString()) {
		m.refuseResultsFile(diags)
	}
}

// takeResultsFile claims the results file of a batch that is about to be created.
// settle is called with its owner if there is one, else with "".
func (r *batchResource) takeResultsFile(m *resourceModel, diags *diag.Diagnostics) (settle func(owner string)) {
	if m.writesFile() {
		if settle, _, ok := r.data.Files.Create(m.ResultsFile.ValueString()); ok {
			return settle
		}
		m.refuseResultsFile(diags)
	}
	return func(string) {}
}

func (r *batchResource) claims(owner string, kept bool, name string) bool {
	_, ok := r.data.Files.Plan(owner, kept, name)
	return ok
}

func (m *resourceModel) refuseResultsFile(diags *diag.Diagnostics) {
	diags.Append(diagnose.ResultsFileTaken(m.ResultsFile.ValueString()).ErrorAt(pathResultsFile))
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
