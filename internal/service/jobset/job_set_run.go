package jobset

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// run makes the changes of a set.
type run struct {
	*setResource
	*resourceModel
	jobs     *jobsState
	inputs   map[string]input
	report   *report
	creating bool
	// keepsArgs is set if the state keeps the previous output arguments, so that the
	// next plan shows a change.
	keepsArgs bool
	secrets   jobmodel.Secrets
	targets   func(key string) []payload.Target
	records   map[string]*ledger.Record // of what was submitted or taken over, by key
}

// readSecrets reads from the configuration what is not in the plan.
func (w *run) readSecrets(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) {
	w.secrets.Input, w.InputWO = w.InputWO, types.DynamicNull()
	diags.Append(config.GetAttribute(ctx, path.Root("s3_config"), &w.secrets.S3Config)...)
}

func (r *setResource) newRun(m *resourceModel, c *jobsState, inputs map[string]input) *run {
	return &run{setResource: r, resourceModel: m, jobs: c, inputs: inputs, report: newReport(m.EndpointID.ValueString()), targets: m.Targets(), records: make(map[string]*ledger.Record)}
}

// do makes the changes, puts every result into the jobs' state whatever happens, and
// reports once.
func (w *run) do(ctx context.Context, a *changes, timeout time.Duration, diags *diag.Diagnostics) {
	notCancelled := w.cancelOld(ctx, a, diags)
	if diags.HasError() {
		return
	}
	run := slices.DeleteFunc(slices.Clone(a.run), func(key string) bool { return notCancelled[key] })
	var retry *jobrun.RetryPolicy
	var recovered []jobrun.Task
	works := len(run)+len(a.resume) > 0
	if works {
		retry = w.RetryPolicy(ctx, diags)
		if !w.data.Ready(diags) || diags.HasError() {
			return
		}
		recovered, run = w.takeOver(ctx, run)
	}
	var refused diag.Diagnostics
	defer func() { diags.Append(refused...) }()
	if w.creating { // jobs that are taken over are kept even if their files cannot be written
		run = w.refuseUnwritable(run, &refused)
		w.restoreFiles(ctx, w.restorable(w.jobs, w.inputs, nil), diags)
	}
	end := jobrun.ManyEnd{End: jobrun.EndFinished}
	if works {
		tasks := append(recovered, w.tasks(ctx, w.submissionOrder(run, a), a.resume, diags)...)
		if diags.HasError() {
			return
		}
		end = w.runTasks(ctx, tasks, retry, timeout, diags)
	}
	w.reportEnd(ctx, end, diags)
}

// runTasks submits and waits for the jobs, and puts the result of each into the jobs'
// state.
func (w *run) runTasks(ctx context.Context, tasks []jobrun.Task, retry *jobrun.RetryPolicy, timeout time.Duration, diags *diag.Diagnostics) jobrun.ManyEnd {
	var ended atomic.Int64
	stopLog := w.logProgress(ctx, len(tasks), &ended)
	defer stopLog()
	return w.data.Runner.Many(ctx, tasks, jobrun.Many{
		EndpointID: w.EndpointID.ValueString(), MaxInFlight: int(w.MaxInFlight.ValueInt64()), Timeout: timeout, Retry: retry,
		Context:      func(ctx context.Context, t jobrun.Task) context.Context { return w.reading(ctx, w.targets(t.Key)) },
		QueueTimeout: jobmodel.Duration(w.QueueTimeout, 0, diags), MaxFailures: int(w.MaxFailures.ValueInt64()), ExpiryFails: w.ExpiryFails(),
		OnTimeout: jobmodel.Choice(w.OnTimeout, jobrun.Cancel), OnInterrupt: jobmodel.Choice(w.OnInterrupt, jobrun.Detach),
		Ended: func(e jobrun.TaskEnd) {
			w.take(e)
			ended.Add(1)
		},
	})
}

// create runs the keys of a new set, except for those that it takes from the set that
// it replaces.
func (w *run) create(ctx context.Context, timeout time.Duration, diags *diag.Diagnostics) {
	before := w.takeKept()
	a := w.changes(w.inputs, w.jobs, types.MapNull(jobEntryType))
	if before != nil {
		open := a.open()
		for key, e := range w.jobs.entries {
			if !open[key] {
				w.report.unchanged.Add(key, e.ID.ValueString(), e.Status.ValueString())
			}
		}
		if !w.KeepsSame(&before.FileOutput) {
			w.reapplyOutputArgs(ctx, a, before, diags)
		}
		if diags.HasError() {
			w.FileOutput, w.keepsArgs = before.FileOutput, true // as the outputs are stored
			w.leaveOut(ctx, a, diags)
			return
		}
	}
	w.do(ctx, a, timeout, diags)
}

// leaveOut reports a creation that ends before it submits anything: what it has, and
// which keys are left to the next apply.
func (w *run) leaveOut(ctx context.Context, a *changes, diags *diag.Diagnostics) {
	for _, key := range a.run {
		w.take(jobrun.TaskEnd{Task: jobrun.Task{Key: key}, SubmitErr: jobrun.ErrNotSubmitted})
	}
	end := jobrun.ManyEnd{End: jobrun.EndFinished}
	if len(a.run) > 0 {
		end = jobrun.ManyEnd{End: jobrun.EndWaitFailed, Err: errOutputsUnread}
	}
	w.reportEnd(ctx, end, diags)
}

// errOutputsUnread says why a creation submits nothing; the cause has a diagnostic of
// its own.
var errOutputsUnread = errors.New("the outputs that are kept could not be read again")

// cancelOld cancels the jobs that the changes replace or remove, removes the latter
// from the jobs' state, and returns the keys whose jobs could not be cancelled. These
// stay as they are.
func (w *run) cancelOld(ctx context.Context, a *changes, diags *diag.Diagnostics) (failed map[string]bool) {
	failed = make(map[string]bool)
	live := slices.Clone(a.replace)
	for _, key := range a.remove {
		if e := w.jobs.entries[key]; e.unfinished() {
			live = append(live, key)
		}
	}
	if len(live) > 0 && w.OnDestroy.ValueString() != jobmodel.DestroyKeep {
		if !w.data.Ready(diags) {
			return failed
		}
		failed = w.cancel(ctx, live)
	}
	for _, key := range a.remove {
		if !failed[key] {
			delete(w.jobs.entries, key)
		}
	}
	return failed
}

// cancel cancels the jobs of some keys, and returns the keys for which that failed.
func (w *run) cancel(ctx context.Context, keys []string) (failed map[string]bool) {
	failed = make(map[string]bool)
	jobs := make([]jobrun.ToCancel, len(keys))
	for i, key := range keys {
		e := w.jobs.entries[key]
		jobs[i] = jobrun.ToCancel{Key: key, JobID: e.ID.ValueString(), SubmittedAt: e.Submitted()}
	}
	w.data.Runner.CancelMany(ctx, w.EndpointID.ValueString(), jobs, func(c jobrun.ToCancel, job runpod.Job, err error) {
		switch {
		case err == nil && job.Unread: // it has ended, and stays in the state to be read later
		case err == nil:
			w.setJob(w.jobs, c.Key, w.jobs.entries[c.Key], job, w.report.warnings)
			if job.Status == runpod.StatusCancelled {
				w.markCancelledByProvider(c.Key)
			}
		case runpod.IsJobNotFound(err) && job.Status == "":
			w.report.NotFound.Add(c.Key, c.JobID, "")
		default:
			failed[c.Key] = true
			w.report.CountCancelFailed(c.Key, c.JobID, err)
		}
	})
	return failed
}

// tasks returns what is to be waited for, and then what is to be submitted.
func (w *run) tasks(ctx context.Context, run, resume []string, diags *diag.Diagnostics) []jobrun.Task {
	tasks := make([]jobrun.Task, 0, len(run)+len(resume))
	for _, key := range resume {
		e := w.jobs.entries[key]
		tasks = append(tasks, jobrun.Task{Key: key, Job: e.Job(), SubmittedAt: e.Submitted(), Attempts: int(e.Attempts.ValueInt64())})
	}
	secret := jobmodel.EncodeInput(w.secrets.Input, pathInputWO, diags)
	request := w.SecretRequest(ctx, nil, w.secrets, diags)
	for _, key := range run {
		task := jobrun.Task{Key: key, Request: request, Load: func() (json.RawMessage, error) {
			raw, err := w.inputs[key].load(key)
			if err != nil {
				return nil, err
			}
			return merged(raw, secret)
		}}
		if record := w.records[key]; record != nil {
			task.Recorder = record
		}
		tasks = append(tasks, task)
	}
	return tasks
}

// take puts the outcome of one task into the jobs' state.
func (w *run) take(end jobrun.TaskEnd) {
	key := end.Task.Key
	e, stored := w.jobs.entries[key]
	w.report.Count(key, end)
	if end.SubmitErr != nil {
		unknown := runpod.OutcomeUnknown(end.SubmitErr)
		if stored && !unknown {
			return // the earlier job of the key, or none, stays
		}
		kind := ""
		if unknown {
			kind = typeOutcomeUnknown
		}
		e = jobEntry{Files: jobmodel.NullFiles()}
		e.SetNull()
		e.Error = ownError(kind, end.SubmitErr.Error())
		delete(w.jobs.outputs, key)
		w.jobs.entries[key] = e
		return
	}
	if end.Task.Load != nil {
		e.SetSubmitted(end.Task.Job, end.Task.SubmittedAt)
		e.InputSHA256 = types.StringValue(w.inputs[key].digest)
	}
	e.Attempts = types.Int64Value(int64(end.Attempts))
	e.Expired = types.BoolValue(end.End == jobrun.EndExpired)
	w.setJob(w.jobs, key, e, end.Job, w.report.warnings)
	w.report.countFiles(key, end.Job)
	if end.Cancelled {
		w.markCancelledByProvider(key)
	}
}

// markCancelledByProvider notes that the provider cancelled a key's job.
func (w *run) markCancelledByProvider(key string) {
	e := w.jobs.entries[key]
	e.Error = cancelledByProvider
	w.jobs.entries[key] = e
}

// progressInterval is how often the progress of a run is logged.
const progressInterval = 30 * time.Second

// logProgress logs how many jobs have ended, at intervals, until stop is called.
func (w *run) logProgress(ctx context.Context, total int, ended *atomic.Int64) (stop func()) {
	logf := func(message string) {
		tflog.Info(ctx, message, map[string]any{"endpoint_id": w.EndpointID.ValueString(), "jobs": total, "ended": ended.Load()})
	}
	logf("Running jobs")
	done := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		ticker := time.NewTicker(progressInterval)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				logf("Still running jobs")
			}
		}
	}()
	return func() {
		close(done)
		<-finished
		logf("Run of jobs is over")
	}
}

// reapplyOutputArgs stores the outputs of unchanged keys by changed arguments. They
// are read again, because parts that were too large or not selected are not in the
// state. If a result has expired, the arguments are applied to what is stored.
func (w *run) reapplyOutputArgs(ctx context.Context, a *changes, before *resourceModel, diags *diag.Diagnostics) {
	open := a.open()
	var keys []string
	for _, key := range w.jobs.keys((*jobEntry).hasOutput) {
		if _, stays := w.inputs[key]; stays && !open[key] {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 || !w.data.Ready(diags) {
		return
	}
	endpointID := w.EndpointID.ValueString()
	type fit struct {
		key   string
		value types.Dynamic
		files types.Map
		diags diag.Diagnostics
	}
	fits := make([]fit, len(keys))
	indices := make([]int, len(keys))
	for i := range indices {
		indices[i] = i
	}
	jobrun.InParallel(indices, readAtOnce, func(i int) {
		f := fit{key: keys[i]}
		e := w.jobs.entries[f.key]
		targets := w.targets(f.key)
		job, err := w.data.Client.Status(w.reading(ctx, targets), endpointID, e.ID.ValueString())
		job.ID = e.ID.ValueString()
		stored := jobmodel.Stored{Output: dynamic(w.jobs.outputs[f.key]), Files: e.Files, Args: &before.FileOutput}
		f.value, f.files = w.ReapplyArgs(endpointID, job, err, stored, targets, &f.diags)
		fits[i] = f
	})
	for _, f := range fits {
		if f.diags.HasError() { // most likely for the others, too
			diags.Append(f.diags...)
			return
		}
	}
	for _, f := range fits {
		e := w.jobs.entries[f.key]
		e.Files = f.files
		w.jobs.entries[f.key] = e
		w.setOutput(w.jobs, f.key, f.value)
		w.report.warnings.take(f.key, e.ID.ValueString(), f.diags)
	}
}

func dynamic(v attr.Value) types.Dynamic {
	if v == nil {
		return types.DynamicNull()
	}
	return types.DynamicValue(v)
}
