// Package identity is how what an endpoint runs is named outside the state: by
// the endpoint and an id of its own, in imports and in resource identities.
package identity

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// Model is an identity.
type Model struct {
	EndpointID types.String `tfsdk:"endpoint_id"`
	ID         types.String `tfsdk:"id"`
}

// Schema returns the schema of the identities of a noun, such as "job".
func Schema(noun string) identityschema.Schema {
	return identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"endpoint_id": identityschema.StringAttribute{RequiredForImport: true, Description: "Endpoint that runs the " + noun + "."},
			"id":          identityschema.StringAttribute{RequiredForImport: true, Description: "Id of the " + noun + "."},
		},
	}
}

// FromImport reads what is to be imported: an id of the form
// ENDPOINT_ID/NOUN_ID, or an identity. It reports what is wrong with it.
func FromImport(ctx context.Context, req resource.ImportStateRequest, noun string, diags *diag.Diagnostics) Model {
	form := fmt.Sprintf("The id must have the form ENDPOINT_ID/%s_ID", strings.ToUpper(noun))
	var id Model
	if req.ID != "" {
		endpointID, ownID, ok := strings.Cut(req.ID, "/")
		if !ok {
			diags.AddError("Invalid import id", form+".")
			return id
		}
		id = Model{types.StringValue(endpointID), types.StringValue(ownID)}
	} else if req.Identity != nil {
		diags.Append(req.Identity.Get(ctx, &id)...)
	}
	for _, part := range []types.String{id.EndpointID, id.ID} {
		if err := runpod.CheckID(part.ValueString()); err != nil {
			diags.AddError("Invalid import id", form+": "+err.Error()+".")
		}
	}
	return id
}
