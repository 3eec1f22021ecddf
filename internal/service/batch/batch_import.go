package batch

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
)

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *batchResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = jobmodel.IdentitySchema("batch")
}

// ImportState implements resource.ResourceWithImportState. The API does not return the
// arguments: they get their defaults, and the next apply adopts those of the
// configuration without replacing the batch.
func (r *batchResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := jobmodel.IdentityFromImport(ctx, req, "batch", &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	for name, value := range defaults() {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("endpoint_id"), id.EndpointID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id.ID)...)
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, &id)...)
	}
	for _, key := range []string{jobmodel.PrivateImported, jobmodel.PrivateAcknowledged} {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, key, []byte("true"))...)
	}
}

// defaults are the arguments that have a default.
func defaults() map[string]any {
	return map[string]any{
		"wait_for_completion": true, "on_failure": jobmodel.FailError, "on_expired": jobmodel.FailError, "on_timeout": string(jobrun.Cancel),
		"on_interrupt": string(jobrun.Detach), "on_destroy": string(jobrun.Cancel),
		"max_output_bytes": int64(jobmodel.DefaultMaxOutputBytes), "creation_failed": false,
	}
}
