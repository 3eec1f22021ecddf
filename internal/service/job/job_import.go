package job

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
)

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *jobResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = jobmodel.IdentitySchema("job")
}

// ImportState implements resource.ResourceWithImportState. The API does not return the
// arguments: they get their defaults, and the next apply adopts those of the
// configuration without replacing the job.
func (r *jobResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := jobmodel.IdentityFromImport(ctx, req, "job", &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	mode := jobmodel.ModeAsync
	if strings.HasPrefix(id.ID.ValueString(), "sync-") {
		mode = jobmodel.ModeSync
	}
	for name, value := range map[string]any{
		"endpoint_id": id.EndpointID, "id": id.ID, "mode": mode,
		"wait_for_completion": true, "on_failure": jobmodel.FailError, "on_expired": jobmodel.FailError, "on_timeout": string(jobrun.Cancel),
		"on_interrupt": string(jobrun.Detach), "on_destroy": string(jobrun.Cancel),
		"output_sensitive": false, "max_output_bytes": int64(jobmodel.DefaultMaxOutputBytes),
		"attempts": int64(1), "expired": false, "creation_failed": false,
	} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, &id)...)
	}
	for _, key := range []string{jobmodel.PrivateImported, jobmodel.PrivateAcknowledged} {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, key, []byte("true"))...)
	}
}
