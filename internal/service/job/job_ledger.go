package job

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// fingerprint is that of the arguments that force a new job when they change. It is
// the same for a plan and for the state that results from it.
func (m *resourceModel) fingerprint() (ledger.Fingerprint, error) {
	input, err := dynamicjson.Encode(m.Input)
	if err != nil {
		return ledger.Fingerprint{}, err
	}
	return m.forcing().Fingerprint(jobmodel.LedgerJob, jobmodel.Digest(input)), nil
}

// storePlanned stores what a creation will submit, for the delete before it.
func storePlanned(ctx context.Context, plan map[string]tftypes.Value, private jobmodel.PrivateWriter, diags *diag.Diagnostics) {
	read := jobmodel.NewAttributeReader(plan)
	var m resourceModel
	m.EndpointID = jobmodel.ReadAttribute[types.String](ctx, read, "endpoint_id", types.StringType)
	m.Policy = jobmodel.ReadAttribute[types.Object](ctx, read, "policy", jobmodel.PolicyType)
	m.Webhook = jobmodel.ReadAttribute[types.String](ctx, read, "webhook", types.StringType)
	m.Input = jobmodel.ReadAttribute[types.Dynamic](ctx, read, "input", types.DynamicType)
	m.Mode = jobmodel.ReadAttribute[types.String](ctx, read, "mode", types.StringType)
	m.InputWOVersion = jobmodel.ReadAttribute[types.Int64](ctx, read, "input_wo_version", types.Int64Type)
	m.S3Config = jobmodel.ReadAttribute[types.Object](ctx, read, "s3_config", s3ConfigType)
	m.Triggers = jobmodel.ReadAttribute[types.Map](ctx, read, "triggers", types.MapType{ElemType: types.StringType})
	known := !read.Failed && m.submissionKnown()
	var planned []ledger.Fingerprint
	if known {
		f, err := m.fingerprint()
		known, planned = err == nil, []ledger.Fingerprint{f}
	}
	jobmodel.SetPlanned(ctx, private, known, planned, diags)
}

// takenOver is a job that an earlier apply had submitted.
type takenOver struct {
	job          runpod.Job
	submittedAt  time.Time
	record       *ledger.Record
	stored       *resourceModel // with the result, if a state had it
	acknowledged bool           // that it did not complete, or expired
}

// keptJob is a job of a resource that is replaced because part of its arguments
// was not known when the plan was made.
type keptJob struct {
	resourceModel
	acknowledged bool
}

// wants reports whether a kept job is what the arguments ask for. It is not if they
// run it again.
func (m *resourceModel) wants(kept *keptJob) bool {
	return kept.acknowledged || (!kept.Unsuccessful() || !m.RerunsFailed()) && (!kept.Lost() || !m.RerunsExpired())
}

// takeOver looks for a job that an earlier apply had submitted with the same
// arguments. If there is no usable one, it returns the record of the submission that
// is to be made.
func (r *jobResource) takeOver(ctx context.Context, m *resourceModel, diags *diag.Diagnostics) (*takenOver, *ledger.Record) {
	endpointID := m.EndpointID.ValueString()
	f, err := m.fingerprint()
	if err != nil {
		return nil, nil // the submission reports it
	}
	if kept := jobmodel.TakeFrom(&r.data.Handover, f, m.wants); kept != nil {
		diags.Append(diagnose.Earlier{Work: diagnose.Job{Endpoint: endpointID, ID: kept.ID.ValueString()}}.Unchanged().Warning())
		return &takenOver{job: kept.Job(), submittedAt: kept.Submitted(), stored: &kept.resourceModel, acknowledged: kept.acknowledged}, nil
	}
	claimed := r.data.Ledger.Claim(jobmodel.LedgerJob, endpointID, []ledger.Fingerprint{f})[0]
	if claimed == nil {
		return nil, r.data.Ledger.Begin(jobmodel.LedgerJob, endpointID, f)
	}
	id, at := claimed.JobID(), claimed.SubmittedAt()
	if id == "" {
		diags.Append(diagnose.Job{Endpoint: endpointID}.EarlierUnknown(at, jobmodel.BriefHealth(ctx, r.data.Client, endpointID)).Error())
		claimed.Returned()
		return nil, nil
	}
	earlier := diagnose.Earlier{Work: diagnose.Job{Endpoint: endpointID, ID: id}, SubmittedAt: at}
	if stored, ok := claimed.Result().(*resourceModel); ok {
		diags.Append(earlier.TakenOver().Warning())
		return &takenOver{job: runpod.Job{ID: id, Status: runpod.StatusCompleted}, submittedAt: at, record: claimed, stored: stored}, nil
	}
	job, recovery := r.data.Runner.Recover(m.reading(ctx), endpointID, id, at)
	switch recovery {
	case jobrun.Failed:
		earlier.State = string(job.Status)
		diags.Append(earlier.Failed().Warning())
	case jobrun.Lost:
		diags.Append(earlier.Lost().Warning())
	case jobrun.Usable:
		diags.Append(earlier.TakenOver().Warning())
		return &takenOver{job: job, submittedAt: at, record: claimed}, nil
	}
	claimed.Drop()
	return nil, r.data.Ledger.Begin(jobmodel.LedgerJob, endpointID, f)
}

// restoreResult puts a result from an earlier state into the resource that takes the
// job over. It returns the plan. If the planned output arguments could not be applied
// to the result, the returned plan has those of the earlier state, so that the next
// plan shows them as changed.
func (r *jobResource) restoreResult(ctx context.Context, plan *resourceModel, raw tftypes.Value, earlier *takenOver, resp *resource.CreateResponse) tftypes.Value {
	plan.copyResult(earlier.stored)
	if earlier.acknowledged {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, jobmodel.PrivateAcknowledged, []byte("true"))...)
	}
	if earlier.stored.OutputBytes.IsNull() {
		return raw
	}
	var diags diag.Diagnostics
	r.reapplyOutputArgs(ctx, plan, earlier.stored, &diags)
	resp.Diagnostics.Append(diags...)
	if !diags.HasError() || plan.KeepsSame(&earlier.stored.FileOutput) {
		return raw
	}
	plan.copyResult(earlier.stored)
	return jobmodel.ReplaceAttributes(ctx, raw, earlier.stored.Arguments(), &resp.Diagnostics)
}

// close records in the ledger and in the model whether the creation failed.
func (m *resourceModel) close(record *ledger.Record, failed bool) {
	m.CreationFailed = types.BoolValue(failed)
	if failed && m.MayBeTakenOver() {
		record.Failed()
		return
	}
	record.Returned()
}

// offer leaves the job to the creation that follows, and reports whether it did: the
// creation would submit the same, and either the creation of this resource had failed,
// or the plan did not know that it would submit the same.
func (r *jobResource) offer(ctx context.Context, req resource.DeleteRequest, m *resourceModel, planned *jobmodel.Planned, diags *diag.Diagnostics) bool {
	undecided := planned.Undecided() && (m.Final() || m.Lost())
	if !undecided && (!m.CreationFailed.ValueBool() || !m.MayBeTakenOver()) {
		return false
	}
	f, err := m.fingerprint()
	if err != nil || !planned.Includes()(f) {
		return false
	}
	if ctx.Err() != nil {
		diags.Append(diagnose.Job{Endpoint: m.EndpointID.ValueString(), ID: m.ID.ValueString()}.KeptByInterrupt(runpod.Status(m.Status.ValueString())).Error())
		return true
	}
	if undecided {
		r.data.Handover.Keep(f, &keptJob{*m, jobmodel.Marked(ctx, req.Private, jobmodel.PrivateAcknowledged, diags)})
		return true
	}
	o := ledger.Offered{Kind: jobmodel.LedgerJob, Endpoint: m.EndpointID.ValueString(), Fingerprint: f, JobID: m.ID.ValueString(), SubmittedAt: m.Submitted()}
	if m.Completed() {
		o.Result = m
	}
	r.data.Ledger.Offer(o)
	return true
}
