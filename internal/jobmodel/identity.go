package jobmodel

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// Identity identifies a job or a batch outside the state, in imports and in resource
// identities: by its endpoint and its id.
type Identity struct {
	EndpointID types.String `tfsdk:"endpoint_id"`
	ID         types.String `tfsdk:"id"`
}

// IdentitySchema returns the identity schema for a noun, such as "job".
func IdentitySchema(noun string) identityschema.Schema {
	return identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"endpoint_id": identityschema.StringAttribute{RequiredForImport: true, Description: "ID of the endpoint that runs the " + noun + "."},
			"id":          identityschema.StringAttribute{RequiredForImport: true, Description: "ID of the " + noun + "."},
		},
	}
}

// IdentityFromImport reads what is to be imported: an import id of the form
// ENDPOINT_ID/NOUN_ID, or an identity.
func IdentityFromImport(ctx context.Context, req resource.ImportStateRequest, noun string, diags *diag.Diagnostics) Identity {
	var id Identity
	var err error
	if req.ID == "" && req.Identity != nil && !req.Identity.Raw.IsFullyNull() {
		diags.Append(req.Identity.Get(ctx, &id)...)
		err = checkImportID(id.EndpointID.ValueString(), id.ID.ValueString())
	} else {
		var endpointID, ownID string
		endpointID, ownID, err = parseImportID(req.ID)
		id = Identity{types.StringValue(endpointID), types.StringValue(ownID)}
	}
	if err != nil {
		diags.Append(diagnose.ImportID(noun, err).Error())
	}
	return id
}

// parseImportID splits an import id at its first slash: an endpoint's id has none, and
// the API decides about the other id.
func parseImportID(id string) (endpointID, ownID string, err error) {
	endpointID, ownID, ok := strings.Cut(id, "/")
	if !ok {
		return "", "", errors.New("there is no slash in it")
	}
	return endpointID, ownID, checkImportID(endpointID, ownID)
}

func checkImportID(endpointID, ownID string) error {
	if err := runpod.CheckID(endpointID); err != nil {
		return fmt.Errorf("before the slash: %w", err)
	}
	if err := runpod.CheckJobID(ownID); err != nil {
		return fmt.Errorf("after the slash: %w", err)
	}
	return nil
}
