package job

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// fileOwner returns the name under which a stored job claims its files.
func (m *resourceModel) fileOwner() string {
	return fileOwner(m.EndpointID.ValueString(), m.ID.ValueString())
}

func fileOwner(endpointID, jobID string) string { return "job " + endpointID + "/" + jobID }

// fileNames returns the paths of the files, as far as they are known.
func (m *resourceModel) fileNames() []string {
	if !m.WritesFiles() || !m.FilesKnown() {
		return nil
	}
	return jobmodel.Names(m.Targets()(""))
}

// checkFiles refuses files that cannot be written, as far as they are known.
func checkFiles(o *jobmodel.FileOutput, diags *diag.Diagnostics) {
	if o.WritesFiles() && o.FilesKnown() {
		jobmodel.CheckFiles(o.Targets()(""), diags)
	}
}

// checkFileNames reports names that no file can have, whatever is on the disk.
func checkFileNames(o *jobmodel.FileOutput, diags *diag.Diagnostics) {
	if o.WritesFiles() && o.FilesKnown() {
		jobmodel.CheckFileNames(o.Targets()(""), diags)
	}
}

// checkFilesWaited refuses files that would never be written: without a state, only
// the wait for the job writes them.
func checkFilesWaited(o *jobmodel.FileOutput, wait types.Bool, diags *diag.Diagnostics) {
	if o.WritesFiles() && !wait.IsNull() && !wait.IsUnknown() && !wait.ValueBool() {
		diags.Append(diagnose.FilesWithoutWait().ErrorAt(jobmodel.PathOutputFiles))
	}
}

// reading returns a context with which the output goes to the files.
func (m *resourceModel) reading(ctx context.Context) context.Context {
	return m.Reading(ctx, m.EndpointID.ValueString(), m.Targets()(""))
}

// missing returns the files of a stored, completed job that do not exist.
func (m *resourceModel) missing(state *resourceModel) []payload.Target {
	if !m.WritesFiles() || !m.FilesKnown() || !state.Completed() || state.OutputBytes.IsNull() {
		return nil
	}
	return jobmodel.Missing(state.Files, m.Targets()(""))
}

func (m *resourceModel) lacksFiles(state *resourceModel) bool { return len(m.missing(state)) > 0 }

func (m *resourceModel) reportUnwritten(job runpod.Job, diags *diag.Diagnostics) {
	jobmodel.WrittenOf(job).Report(diagnose.Job{Endpoint: m.EndpointID.ValueString(), ID: job.ID}, true, diags)
}

// planNewFiles claims the files of a job that is to be created.
func (r *jobResource) planNewFiles(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if resp.Diagnostics.HasError() || dynamicjson.Attributes(req.Plan.Raw)["output_files"].IsNull() {
		return
	}
	var plan resourceModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	checkFiles(&plan.FileOutput, &resp.Diagnostics)
	names := plan.fileNames()
	input, _ := dynamicjson.Encode(plan.Input) // an unknown one is like any other
	created := strings.Join([]string{"new job", plan.EndpointID.String(), plan.Triggers.String(), jobmodel.Digest(input), strings.Join(names, " ")}, " ")
	r.data.PlanFiles(ctx, jobmodel.FilePlan{New: created, Names: names}, resp.Private, jobmodel.RefuseOutputFile, &resp.Diagnostics)
}

// planStoredFiles claims the files of a stored job.
func (r *jobResource) planStoredFiles(ctx context.Context, plan, state *resourceModel, resp *resource.ModifyPlanResponse) {
	r.data.PlanFiles(ctx, jobmodel.FilePlan{Stored: state.fileOwner(), Kept: len(resp.RequiresReplace) == 0, Names: plan.fileNames()}, resp.Private, jobmodel.RefuseOutputFile, &resp.Diagnostics)
}

// takeFiles claims the files of a job that is about to be submitted, and checks
// whether they can be written.
func takeFiles(data *jobmodel.ProviderData, m *jobmodel.FileOutput, diags *diag.Diagnostics) (settle func(owner string)) {
	settle = claimFiles(data, m, diags)
	if diags.HasError() {
		return settle
	}
	if checkWritable(m, diags); diags.HasError() {
		settle("")
	}
	return settle
}

// checkWritable reports files that cannot be written.
func checkWritable(m *jobmodel.FileOutput, diags *diag.Diagnostics) {
	if m.WritesFiles() {
		jobmodel.CheckWritable(m.Targets()(""), diags)
	}
}

// claimFiles claims the files of a job that is about to be created.
func claimFiles(data *jobmodel.ProviderData, m *jobmodel.FileOutput, diags *diag.Diagnostics) (settle func(owner string)) {
	if !m.WritesFiles() {
		return func(string) {}
	}
	targets := m.Targets()("")
	jobmodel.CheckFiles(targets, diags)
	if diags.HasError() {
		return func(string) {}
	}
	return data.TakeFiles(jobmodel.Names(targets), jobmodel.RefuseOutputFile, diags)
}

// restore reads the result again and writes the missing files. If the API has
// forgotten the result, it says so once, and the state remembers it.
func (r *jobResource) restore(ctx context.Context, plan, state *resourceModel, diags *diag.Diagnostics) {
	endpointID, jobID := state.EndpointID.ValueString(), state.ID.ValueString()
	about := diagnose.Job{Endpoint: endpointID, ID: jobID}
	targets := plan.Targets()("")
	missing := jobmodel.Missing(state.Files, targets)
	job, err := r.data.Client.Status(plan.Reading(ctx, endpointID, missing), endpointID, jobID)
	w := jobmodel.WrittenOf(job)
	gone := runpod.IsJobNotFound(err) || err == nil && w == nil
	plan.Files = jobmodel.Restored(state.Files, targets, w, gone)
	switch {
	case gone:
		diags.Append(about.FilesUnrestorable(jobmodel.Names(missing)).Warning())
	case err != nil:
		diags.Append(about.FilesNotRestored(err).Error())
	default:
		w.Report(about, true, diags)
	}
}
