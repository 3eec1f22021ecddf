package jobset

import (
	"context"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// fileOwner returns the name under which a stored set claims its files.
func (m *resourceModel) fileOwner() string { return "job set " + m.ID.ValueString() }

// allTargets returns the files of all keys, as far as they are known.
func (m *resourceModel) allTargets(inputs map[string]input) []payload.Target {
	if !m.WritesFiles() || !m.FilesKnown() {
		return nil
	}
	of := m.Targets()
	var all []payload.Target
	for _, key := range slices.Sorted(maps.Keys(inputs)) {
		all = append(all, of(key)...)
	}
	return all
}

func (m *resourceModel) fileNames(inputs map[string]input) []string {
	return jobmodel.Names(m.allTargets(inputs))
}

// checkFileArgs refuses paths that are the same for all keys.
func (m *resourceModel) checkFileArgs(diags *diag.Diagnostics) {
	if !m.WritesFiles() || m.OutputFiles.IsUnknown() {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(m.OutputFiles.Elements())) {
		if !strings.Contains(name, jobmodel.KeyPlaceholder) {
			diags.Append(diagnose.OutputFileForAllKeys(name).ErrorAt(jobmodel.PathOutputFiles.AtMapKey(name)))
		}
	}
}

// checkFiles refuses files that cannot be written, or that would replace the inputs.
func (m *resourceModel) checkFiles(inputs map[string]input, diags *diag.Diagnostics) {
	if !m.WritesFiles() || !m.FilesKnown() || diags.HasError() {
		return
	}
	if m.checkFileArgs(diags); diags.HasError() {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(inputs)) {
		if reason := jobmodel.CheckKey(key); reason != "" {
			diags.Append(diagnose.OutputFileForKey{Key: key, Reason: reason}.Message().ErrorAt(jobmodel.PathOutputFiles))
			return
		}
	}
	targets := m.allTargets(inputs)
	if !m.InputsFile.IsNull() && !m.InputsFile.IsUnknown() {
		inputsFile := payload.Canonical(m.InputsFile.ValueString())
		if i := slices.Index(payload.CanonicalAll(jobmodel.Names(targets)), inputsFile); i >= 0 {
			diags.Append(diagnose.OutputFileIsInputsFile(filepath.Clean(targets[i].Path)).ErrorAt(jobmodel.PathOutputFiles))
			return
		}
	}
	jobmodel.CheckFiles(targets, diags)
}

// planFiles claims the files of a planned set; state is nil for a creation.
func (r *setResource) planFiles(ctx context.Context, plan, state *resourceModel, inputs map[string]input, resp *resource.ModifyPlanResponse) {
	p := jobmodel.FilePlan{Names: plan.fileNames(inputs)}
	if state != nil {
		p.Stored, p.Kept = state.fileOwner(), len(resp.RequiresReplace) == 0 && plan.submitsAs(state)
	} else {
		p.New = strings.Join([]string{"new job set", plan.EndpointID.String(), plan.Triggers.String(), jobmodel.Digest([]byte(strings.Join(p.Names, "\n")))}, " ")
	}
	r.data.PlanFiles(ctx, p, resp.Private, jobmodel.RefuseOutputFile, &resp.Diagnostics)
}

// claimFiles claims the files of a set that is about to be created.
func (r *setResource) claimFiles(m *resourceModel, inputs map[string]input, diags *diag.Diagnostics) (settle func(owner string)) {
	targets := m.allTargets(inputs)
	if len(targets) == 0 {
		return func(string) {}
	}
	return r.data.TakeFiles(jobmodel.Names(targets), jobmodel.RefuseOutputFile, diags)
}

// checkWritable reports files of some keys that cannot be written. It is called before
// these keys are submitted.
func (w *run) checkWritable(keys []string, diags *diag.Diagnostics) {
	if !w.WritesFiles() {
		return
	}
	var targets []payload.Target
	for _, key := range keys {
		targets = append(targets, w.targets(key)...)
	}
	jobmodel.CheckWritable(targets, diags)
}

// refuseUnwritable returns the keys if all their files can be written. Otherwise it reports
// the files, records the keys as not submitted, and returns no keys.
func (w *run) refuseUnwritable(keys []string, diags *diag.Diagnostics) []string {
	if w.checkWritable(keys, diags); !diags.HasError() {
		return keys
	}
	for _, key := range keys {
		w.take(jobrun.TaskEnd{Task: jobrun.Task{Key: key}, SubmitErr: jobrun.ErrNotSubmitted})
	}
	return nil
}

// reading returns a context with which an output goes to its files.
func (w *run) reading(ctx context.Context, targets []payload.Target) context.Context {
	return w.Reading(ctx, w.EndpointID.ValueString(), targets)
}

// dropDrifted removes files that have changed from the jobs' state, and reports
// whether there are any. It reads every file, on all processors.
func (c *jobsState) dropDrifted() bool {
	type files struct {
		key     string
		kept    types.Map
		drifted bool
	}
	var all []*files
	for key, e := range c.entries {
		if !e.Files.IsNull() {
			all = append(all, &files{key: key})
		}
	}
	jobrun.InParallel(all, runtime.GOMAXPROCS(0), func(f *files) {
		f.kept, f.drifted = jobmodel.WithoutDrifted(c.entries[f.key].Files)
	})
	found := false
	for _, f := range all {
		if f.drifted {
			found = true
			e := c.entries[f.key]
			e.Files = f.kept
			c.entries[f.key] = e
		}
	}
	return found
}

// recognize notes in the jobs' state which files are back that could not be written
// any more, and reports whether there are any.
func (m *resourceModel) recognize(c *jobsState) bool {
	found := false
	of := m.Targets()
	for key, e := range c.entries {
		if files, back := jobmodel.Recognized(e.Files, of(key), e.OutputSHA256); back {
			found = true
			e.Files = files
			c.entries[key] = e
		}
	}
	return found
}

// restorable returns the unchanged keys with missing files, sorted.
func (m *resourceModel) restorable(c *jobsState, inputs map[string]input, open map[string]bool) []string {
	if !m.WritesFiles() || !m.FilesKnown() {
		return nil
	}
	of := m.Targets()
	var keys []string
	for _, key := range c.keys(func(e *jobEntry) bool { return e.Completed() && e.hasOutput() }) {
		if _, stays := inputs[key]; stays && !open[key] && len(jobmodel.Missing(c.entries[key].Files, of(key))) > 0 {
			keys = append(keys, key)
		}
	}
	return keys
}

// plannedRestore returns the keys whose files are unknown in the plan, sorted.
func (m *resourceModel) plannedRestore() []string {
	var keys []string
	for key, value := range m.Jobs.Elements() {
		if entry, ok := value.(types.Object); ok && !entry.IsUnknown() && entry.Attributes()["files"].IsUnknown() {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// restoreFiles reads the results of some keys again and writes their missing files. If
// the API has forgotten a result, it says so once, and the state remembers it.
func (w *run) restoreFiles(ctx context.Context, keys []string, diags *diag.Diagnostics) {
	if len(keys) == 0 || !w.data.Ready(diags) {
		return
	}
	endpointID := w.EndpointID.ValueString()
	w.jobs.readEach(keys, func(key string, e jobEntry) (store func()) {
		targets := w.targets(key)
		missing := jobmodel.Missing(e.Files, targets)
		job, err := w.data.Client.Status(w.reading(ctx, missing), endpointID, e.ID.ValueString())
		return func() {
			written := jobmodel.WrittenOf(job)
			gone := runpod.IsJobNotFound(err) || err == nil && written == nil
			e.Files = jobmodel.Restored(e.Files, targets, written, gone)
			w.jobs.entries[key] = e
			w.report.countFiles(key, job)
			switch {
			case gone:
				w.report.unrestorable.Add(key, e.ID.ValueString(), "")
			case err != nil:
				w.report.Unwritten.Add(key, e.ID.ValueString(), diagnose.Cause(err))
				w.report.restoreErr = err
			}
		}
	})
	set := diagnose.Set{Endpoint: endpointID}
	if len(w.report.unrestorable) > 0 {
		diags.Append(set.FilesUnrestorable(w.report.unrestorable).Warning())
	}
	if w.report.restoreErr != nil {
		diags.Append(set.FilesNotRestored(w.report.restoreErr).Error())
		w.report.Unwritten = nil
	}
}

// countFiles adds the files of a key that could not be written to the report.
func (r *report) countFiles(key string, job runpod.Job) {
	if written := jobmodel.WrittenOf(job); written != nil {
		for _, f := range written.Failed {
			r.Unwritten.Add(key, job.ID, f.Path+": "+f.Err.Error())
		}
	}
}
