package job

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobargs"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

type identityModel struct {
	EndpointID types.String `tfsdk:"endpoint_id"`
	ID         types.String `tfsdk:"id"`
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *jobResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"endpoint_id": identityschema.StringAttribute{RequiredForImport: true, Description: "Endpoint that runs the job."},
			"id":          identityschema.StringAttribute{RequiredForImport: true, Description: "Id of the job."},
		},
	}
}

// ImportState implements resource.ResourceWithImportState. What the job was
// made of cannot be read back: the arguments get their defaults, and what the
// configuration says is adopted by the next apply without replacing the job.
func (r *jobResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var id identityModel
	var err error
	if req.Identity != nil && req.ID == "" {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &id)...)
		err = checkIDs(id.EndpointID.ValueString(), id.ID.ValueString())
	} else {
		var endpointID, jobID string
		endpointID, jobID, err = parseImportID(req.ID)
		id = identityModel{types.StringValue(endpointID), types.StringValue(jobID)}
	}
	if err != nil {
		resp.Diagnostics.AddError("Invalid import id", "The id must have the form ENDPOINT_ID/JOB_ID: "+err.Error()+".")
	}
	if resp.Diagnostics.HasError() {
		return
	}
	mode := jobargs.ModeAsync
	if strings.HasPrefix(id.ID.ValueString(), "sync-") {
		mode = jobargs.ModeSync
	}
	for name, value := range map[string]any{
		"endpoint_id": id.EndpointID, "id": id.ID, "mode": mode,
		"wait_for_completion": true, "on_failure": jobargs.FailError, "on_timeout": string(jobrun.Cancel),
		"on_interrupt": string(jobrun.Detach), "on_destroy": string(jobrun.Cancel),
		"output_sensitive": false, "max_output_bytes": int64(jobargs.DefaultMaxOutputBytes),
		"attempts": int64(1), "expired": false,
	} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, &id)...)
	}
	for _, key := range []string{privateImported, privateAcknowledged} {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, key, []byte("true"))...)
	}
}

// parseImportID takes an import id apart.
func parseImportID(id string) (endpointID, jobID string, err error) {
	endpointID, jobID, ok := strings.Cut(id, "/")
	if !ok {
		return "", "", errors.New("there is no slash in it")
	}
	return endpointID, jobID, checkIDs(endpointID, jobID)
}

func checkIDs(endpointID, jobID string) error {
	if err := runpod.CheckID(endpointID); err != nil {
		return fmt.Errorf("endpoint: %w", err)
	}
	if err := runpod.CheckID(jobID); err != nil {
		return fmt.Errorf("job: %w", err)
	}
	return nil
}
