package jobmodel

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// defaultGateTimeout is how long wait_until waits unless timeouts.read says otherwise.
const defaultGateTimeout = 10 * time.Minute

// Gate holds the attributes that data sources have in common which can wait until an
// endpoint meets conditions.
type Gate struct {
	EndpointID  types.String   `tfsdk:"endpoint_id"`
	FailIfUnmet types.Bool     `tfsdk:"fail_if_unmet"`
	Unmet       types.List     `tfsdk:"unmet"`
	Timeouts    timeouts.Value `tfsdk:"timeouts"`
}

// GateAttributes returns the schema of [Gate], of wait_until with the conditions,
// which are given as descriptions by name, and of the result met, which reports
// whether they are met.
func GateAttributes(ctx context.Context, met string, conditions map[string]string) map[string]schema.Attribute {
	bounds := make(map[string]schema.Attribute, len(conditions))
	for name, description := range conditions {
		bounds[name] = schema.Int64Attribute{
			Optional: true, MarkdownDescription: description,
			Validators: []validator.Int64{int64validator.AtLeast(0)},
		}
	}
	return map[string]schema.Attribute{
		"endpoint_id": schema.StringAttribute{
			Optional: true, Computed: true, MarkdownDescription: "ID of the endpoint. Defaults to the provider's `endpoint_id`.",
			Validators: []validator.String{validators.EndpointID()},
		},
		"wait_until": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "Conditions to wait for, for up to `timeouts.read`. All of them must be met at the same time. If the API omits a count, conditions on it are not met.",
			Attributes: bounds,
		},
		"fail_if_unmet": schema.BoolAttribute{
			Optional: true, MarkdownDescription: "If `true`, conditions that are not met in time are an error. If `false`, use `" + met + "` and `unmet`. Defaults to `true`.",
		},
		met: schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether every condition of `wait_until` is met. `true` if there are none."},
		"unmet": schema.ListAttribute{
			Computed: true, ElementType: types.StringType, MarkdownDescription: "One sentence per condition that is not met.",
		},
		"timeouts": validators.DataSourceTimeouts(ctx, timeouts.Opts{ReadDescription: "How long to wait for the conditions of `wait_until`, e.g. `30s` or `2h45m`. Defaults to `10m`."}),
	}
}

// Begin sets EndpointID and returns how long to wait; ok is false if nothing can be
// read.
func (g *Gate) Begin(ctx context.Context, data *ProviderData, req datasource.ReadRequest, resp *datasource.ReadResponse) (timeout time.Duration, ok bool) {
	timeout, diags := g.Timeouts.Read(ctx, defaultGateTimeout)
	resp.Diagnostics.Append(diags...)
	g.EndpointID = data.Endpoint(g.EndpointID, &resp.Diagnostics)
	return timeout, !resp.Diagnostics.HasError() && data.ReadyToRead(g.EndpointID, req, resp)
}

// End sets Unmet from the error of the wait, and returns whether every condition is
// met, and the error unless fail_if_unmet tolerates it.
func (g *Gate) End(ctx context.Context, err error, diags *diag.Diagnostics) (met types.Bool, _ error) {
	sentences := []string{}
	var unmet *wait.UnmetError
	tolerated := !g.FailIfUnmet.IsNull() && !g.FailIfUnmet.ValueBool()
	if errors.As(err, &unmet) && tolerated && len(unmet.Unmet) > 0 {
		sentences, err = unmet.Unmet, nil
	}
	list, moreDiags := types.ListValueFrom(ctx, types.StringType, sentences)
	diags.Append(moreDiags...)
	g.Unmet = list
	return types.BoolValue(len(sentences) == 0), err
}
