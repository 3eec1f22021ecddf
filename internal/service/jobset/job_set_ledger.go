package jobset

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// fingerprints returns a function from a key and the digest of its input to the
// fingerprint of everything that runs the key again when it changes.
func (m *resourceModel) fingerprints() func(key, digest string) ledger.Fingerprint {
	all := m.forcing().Fingerprint(jobmodel.LedgerKey).String()
	return func(key, digest string) ledger.Fingerprint { return ledger.NewFingerprint(all, key, digest) }
}

// storePlanned stores what a creation will submit, for the delete before it.
func (m *resourceModel) storePlanned(ctx context.Context, inputs map[string]input, private jobmodel.PrivateWriter, diags *diag.Diagnostics) {
	known := inputs != nil && m.forcing().Known()
	fingerprint := m.fingerprints()
	planned := make([]ledger.Fingerprint, 0, len(inputs))
	for _, key := range slices.Sorted(maps.Keys(inputs)) {
		known = known && !inputs[key].unknown
		planned = append(planned, fingerprint(key, inputs[key].digest))
	}
	jobmodel.SetPlanned(ctx, private, known, planned, diags)
}

// forcing returns the values of the arguments that force a new set when they change.
func (m *resourceModel) forcing() jobmodel.Forcing {
	return m.Forcing(m.Triggers, m.InputWOVersion, m.S3Config)
}

// storedJob is a job that has ended, with what the state has of it.
type storedJob struct {
	entry  jobEntry
	output attr.Value // nil when nothing is stored
	args   jobmodel.FileOutput
}

// offers returns the jobs that the creation which follows may take over: the creation
// of this set had failed, and the new set would submit the same.
func (w *run) offers(planned *jobmodel.Planned, taken map[string]bool) []ledger.Offered {
	if planned == nil || !w.CreationFailed.ValueBool() {
		return nil
	}
	includes, fingerprint := planned.Includes(), w.fingerprints()
	var offers []ledger.Offered
	for _, key := range w.jobs.keys((*jobEntry).MayBeTakenOver) {
		e := w.jobs.entries[key]
		f := fingerprint(key, e.InputSHA256.ValueString())
		if taken[e.ID.ValueString()] || !includes(f) {
			continue
		}
		o := ledger.Offered{Kind: jobmodel.LedgerKey, Endpoint: w.EndpointID.ValueString(), Fingerprint: f, JobID: e.ID.ValueString(), SubmittedAt: e.Submitted()}
		if e.Completed() {
			o.Result = &storedJob{e, w.jobs.outputs[key], w.FileOutput}
		}
		offers = append(offers, o)
	}
	return offers
}

// keptJob is a job that has ended, of a set that is replaced because part of its
// arguments was not known when the plan was made.
type keptJob struct {
	entry  jobEntry
	output attr.Value     // nil when nothing is stored
	set    *resourceModel // that it was in
}

// keep leaves the finished jobs to the set that is created in place of this one, if
// the plan did not know that it would submit the same.
func (w *run) keep(planned *jobmodel.Planned, taken map[string]bool) (keep func(), jobs int) {
	if !planned.Undecided() {
		return func() {}, 0
	}
	keys := w.jobs.keys(func(e *jobEntry) bool { return e.hasJob() && (e.Final() || e.Lost()) && !taken[e.ID.ValueString()] })
	return func() {
		fingerprint := w.fingerprints()
		for _, key := range keys {
			e := w.jobs.entries[key]
			w.data.Handover.Keep(fingerprint(key, e.InputSHA256.ValueString()), &keptJob{e, w.jobs.outputs[key], w.resourceModel})
		}
	}, len(keys)
}

// takeKept takes the finished jobs of the set that this one replaces, and returns that
// set, nil if there is none.
func (w *run) takeKept() (before *resourceModel) {
	fingerprint := w.fingerprints()
	for _, key := range slices.Sorted(maps.Keys(w.inputs)) {
		ofOneSet := func(kept *keptJob) bool { return before == nil || kept.set == before }
		kept := jobmodel.TakeFrom(&w.data.Handover, fingerprint(key, w.inputs[key].digest), ofOneSet)
		if kept == nil {
			continue
		}
		before = kept.set
		kept.entry.Files, _ = jobmodel.WithoutDrifted(kept.entry.Files)
		w.jobs.entries[key] = kept.entry
		if kept.output != nil {
			w.jobs.outputs[key] = kept.output
		}
	}
	return before
}

// released returns the jobs of a deleted set that no other set takes over.
func (w *run) released(offers []ledger.Offered, taken map[string]bool) map[string]bool {
	released := make(map[string]bool)
	for _, id := range w.jobs.ids() {
		released[id] = !taken[id]
	}
	for _, o := range offers {
		released[o.JobID] = false
	}
	maps.DeleteFunc(released, func(_ string, is bool) bool { return !is })
	return released
}

func reportKept(m *resourceModel, jobs int, diags *diag.Diagnostics) {
	diags.Append(diagnose.Set{Endpoint: m.EndpointID.ValueString()}.KeptByInterrupt(jobs).Error())
}

// ids returns the ids of all known jobs.
func (c *jobsState) ids() []string {
	ids := make([]string, 0, len(c.entries))
	for _, e := range c.entries {
		if e.hasJob() {
			ids = append(ids, e.ID.ValueString())
		}
	}
	return ids
}

// seen tells the ledger which jobs a state has.
func (r *setResource) seen(creationFailed bool, stored *jobsState) {
	if r.data.Ledger.HasOrphans() {
		r.data.Ledger.Seen(creationFailed, stored.ids()...)
	}
}

// rememberFailed remembers for the plan the jobs of a set whose creation failed.
func (r *setResource) rememberFailed(m *resourceModel, stored *jobsState) {
	if !m.CreationFailed.ValueBool() {
		return
	}
	fingerprint := m.fingerprints()
	for key, e := range stored.entries {
		if e.MayBeTakenOver() {
			r.data.TaintedJobs.Add(fingerprint(key, e.InputSHA256.ValueString()), e.Live())
		}
	}
}

// warnKept warns in the plan of a creation about what it takes over from a failed one.
// The plan itself shows every key as to be run, because Terraform plans it like that
// of a new set.
func (r *setResource) warnKept(m *resourceModel, inputs map[string]input, diags *diag.Diagnostics) {
	fingerprint := m.fingerprints()
	completed, live := 0, 0
	var left []string
	for _, key := range slices.Sorted(maps.Keys(inputs)) {
		isLive, found := r.data.TaintedJobs.Find(fingerprint(key, inputs[key].digest))
		switch {
		case !found:
			left = append(left, key)
		case isLive:
			live++
		default:
			completed++
		}
	}
	if completed+live == 0 {
		return
	}
	diags.Append(diagnose.Set{Endpoint: m.EndpointID.ValueString()}.KeepsResults(completed, live, left).Warning())
}

// takeOver looks for jobs that an earlier apply had submitted for some keys. It
// returns the tasks that wait for them and the keys that are left to submit, and opens
// a record for each of these keys.
func (w *run) takeOver(ctx context.Context, keys []string) (recovered []jobrun.Task, left []string) {
	if len(keys) == 0 {
		return nil, keys
	}
	endpointID := w.EndpointID.ValueString()
	fingerprint := w.fingerprints()
	wanted := make([]ledger.Fingerprint, len(keys))
	for i, key := range keys {
		wanted[i] = fingerprint(key, w.inputs[key].digest)
	}
	type claim struct {
		key      string
		record   *ledger.Record
		job      runpod.Job
		recovery jobrun.Recovery
	}
	var claims []*claim
	for i, record := range w.data.Ledger.Claim(jobmodel.LedgerKey, endpointID, wanted) {
		switch key := keys[i]; {
		case record == nil:
			w.records[key] = w.data.Ledger.Begin(jobmodel.LedgerKey, endpointID, wanted[i])
			left = append(left, key)
		case record.JobID() == "":
			w.records[key] = record
			w.markEarlierUnknown(key, record)
		default:
			w.records[key] = record
			if !w.restore(key, record) {
				claims = append(claims, &claim{key: key, record: record})
			}
		}
	}
	jobrun.InParallel(claims, readAtOnce, func(c *claim) {
		c.job, c.recovery = w.data.Runner.Recover(w.reading(ctx, w.targets(c.key)), endpointID, c.record.JobID(), c.record.SubmittedAt())
	})
	for _, c := range claims {
		id, at := c.record.JobID(), c.record.SubmittedAt()
		if c.recovery == jobrun.Usable {
			e := jobEntry{Files: jobmodel.NullFiles()}
			e.SetSubmitted(c.job, at)
			e.InputSHA256 = types.StringValue(w.inputs[c.key].digest)
			w.jobs.entries[c.key] = e
			delete(w.jobs.outputs, c.key)
			w.report.takenOver.Add(c.key, id, string(c.job.Status))
			recovered = append(recovered, jobrun.Task{Key: c.key, Job: c.job, SubmittedAt: at, Attempts: 1})
			continue
		}
		if c.recovery == jobrun.Failed {
			w.report.earlierFailed.Add(c.key, id, string(c.job.Status))
		} else {
			w.report.earlierLost.Add(c.key, id, "")
		}
		c.record.Drop()
		w.records[c.key] = w.data.Ledger.Begin(jobmodel.LedgerKey, endpointID, fingerprint(c.key, w.inputs[c.key].digest))
		left = append(left, c.key)
	}
	slices.Sort(left)
	return recovered, left
}

// restore takes the result of a completed job from the set that had it, and reports
// whether nothing is left to do for the key.
func (w *run) restore(key string, record *ledger.Record) bool {
	stored, ok := record.Result().(*storedJob)
	if !ok || !w.KeepsSame(&stored.args) {
		return false
	}
	stored.entry.Files, _ = jobmodel.WithoutDrifted(stored.entry.Files)
	w.jobs.entries[key] = stored.entry
	delete(w.jobs.outputs, key)
	if stored.output != nil {
		w.jobs.outputs[key] = stored.output
	}
	w.report.takenOver.Add(key, record.JobID(), string(runpod.StatusCompleted))
	return true
}

// markEarlierUnknown notes that an earlier apply may have submitted a key.
func (w *run) markEarlierUnknown(key string, record *ledger.Record) {
	e := jobEntry{Files: jobmodel.NullFiles()}
	e.SetNull()
	e.Error = ownError(typeOutcomeUnknown, diagnose.EarlierUnknownText)
	delete(w.jobs.outputs, key)
	w.jobs.entries[key] = e
	w.report.earlierUnknown.Add(key, "", "submitted "+record.SubmittedAt().Format("2006-01-02T15:04:05Z"))
}

// close records in the ledger how the run ended. The jobs of a tainted set may be
// taken over.
func (w *run) close(tainted bool) {
	for key, record := range w.records {
		if e := w.jobs.entries[key]; tainted && e.MayBeTakenOver() {
			record.Failed()
		} else {
			record.Returned()
		}
	}
}
