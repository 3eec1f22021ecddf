package jobmodel

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
)

// EndArgs are the arguments that decide which ends of a job or a batch are errors.
type EndArgs struct {
	OnFailure types.String `tfsdk:"on_failure"`
	OnExpired types.String `tfsdk:"on_expired"`
}

// Fails reports whether a job or a batch that did not complete is an error.
func (e *EndArgs) Fails() bool { return e.OnFailure.ValueString() != FailWarn }

// ExpiryFails reports whether a job or a batch whose end was never seen is an error.
func (e *EndArgs) ExpiryFails() bool { return e.OnExpired.ValueString() != FailWarn }

// Severity returns what on_failure and on_expired are set to.
func (e *EndArgs) Severity() diagnose.Severity {
	return diagnose.Severity{Failure: e.Fails(), Expiry: e.ExpiryFails()}
}

// RerunArgs are the arguments that decide whether a stored job or batch is run again.
type RerunArgs struct {
	EndArgs
	WaitForCompletion types.Bool `tfsdk:"wait_for_completion"`
}

// RerunsFailed reports whether a job or a batch that did not complete is run again. Only
// stored values decide about what is stored: a value that becomes known with the apply
// must not turn an update into a replacement. So a change of these arguments takes
// effect with the next plan, and the apply that makes it reports the failure.
func (r *RerunArgs) RerunsFailed() bool { return r.WaitForCompletion.ValueBool() && r.Fails() }

// MayRerunFailed is RerunsFailed for arguments that may not be known yet.
func (r *RerunArgs) MayRerunFailed() bool { return r.mayWait() && r.Fails() }

// RerunsExpired is RerunsFailed for a job or a batch that expired before its end was
// seen.
func (r *RerunArgs) RerunsExpired() bool { return r.WaitForCompletion.ValueBool() && r.ExpiryFails() }

// MayRerunExpired is RerunsExpired for arguments that may not be known yet.
func (r *RerunArgs) MayRerunExpired() bool { return r.mayWait() && r.ExpiryFails() }

func (r *RerunArgs) mayWait() bool {
	return r.WaitForCompletion.IsUnknown() || r.WaitForCompletion.ValueBool()
}
