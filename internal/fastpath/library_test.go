package fastpath_test

import (
	"context"
	"maps"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
)

// framework counts what the framework is asked.
type framework struct {
	fastpath.Protocol
	reads, plans, validations int
	prior, proposed           *tfprotov6.DynamicValue // what it was to plan last
	applied                   *tfprotov6.DynamicValue // what it answered last
	garbled                   bool                    // nobody can read what it answers
}

func (f *framework) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := f.Protocol.ApplyResourceChange(ctx, req)
	if err == nil {
		f.applied = resp.NewState
	}
	if f.garbled {
		resp.NewState = &tfprotov6.DynamicValue{MsgPack: []byte("?")}
	}
	return resp, err
}

func (f *framework) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	f.reads++
	return f.Protocol.ReadResource(ctx, req)
}

func (f *framework) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	f.plans++
	f.prior, f.proposed = req.PriorState, req.ProposedNewState
	return f.Protocol.PlanResourceChange(ctx, req)
}

func (f *framework) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	f.validations++
	return f.Protocol.ValidateResourceConfig(ctx, req)
}

type library struct{}

func (library) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "library"
}
func (library) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse)          {}
func (library) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}
func (library) DataSources(context.Context) []func() datasource.DataSource                        { return nil }
func (library) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return book{} }}
}

// book is at rest when it is printed, passes on its text, and is refused with
// the text "wrong".
type book struct{}

var (
	_ fastpath.Noop = book{}
	_ fastpath.PassesOn = book{}
	_ fastpath.Bulky    = book{}
)

func (book) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "library_book"
}

func (book) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"text":   schema.DynamicAttribute{Optional: true},
		"index":  schema.MapAttribute{Computed: true, ElementType: types.StringType},
		"title":  schema.StringAttribute{Optional: true, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()}},
		"cover":  schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("soft")},
		"id":     schema.StringAttribute{Computed: true},
		"length": schema.Int64Attribute{Computed: true},
		"state":  schema.StringAttribute{Computed: true},
	}}
}

func (book) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{RequiredForImport: true},
	}}
}

func (book) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	config := map[string]tftypes.Value{}
	if err := req.Config.Raw.As(&config); err != nil || wrong(config) {
		resp.Diagnostics.AddAttributeError(path.Root("text"), "Wrong text", "")
	}
}

// ModifyPlan plans the index anew when the text changes, and warns when one is
// removed.
func (book) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	state := dynamicjson.Attributes(fastpath.WholeState(ctx, req.State.Raw))
	if req.Plan.Raw.IsNull() {
		if words, ok := textOf(state); ok {
			resp.Diagnostics.AddWarning("Removes a book", words)
		}
		return
	}
	whole := fastpath.WholePlan(ctx, req.Plan.Raw)
	plan := maps.Clone(dynamicjson.Attributes(whole))
	if plan == nil || wrong(plan) {
		resp.Diagnostics.AddAttributeError(path.Root("text"), "Wrong text", "")
		return
	}
	switch {
	case state == nil:
		if words, ok := textOf(plan); ok {
			plan["length"] = tftypes.NewValue(tftypes.Number, int64(len(words)))
		}
	case state["text"].Equal(plan["text"]):
		plan["index"] = state["index"]
	}
	resp.Plan.Raw = fastpath.Withhold(ctx, tftypes.NewValue(whole.Type(), plan), "text", "index")
}

func (b book) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.State.Raw = b.write(ctx, fastpath.WholePlan(ctx, req.Plan.Raw), &resp.Diagnostics)
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root("id"), "b1")...)
}

func (book) Read(ctx context.Context, _ resource.ReadRequest, resp *resource.ReadResponse) {
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root("id"), "b1")...)
}

func (b book) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = b.write(ctx, fastpath.WholePlan(ctx, req.Plan.Raw), &resp.Diagnostics)
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root("id"), "b1")...)
}

// write withholds the text of the result; it does not where the book is revised
// afterwards. A torn book is an error, and there is a result all the same, unless
// it is lost.
func (book) write(ctx context.Context, plan tftypes.Value, diags *diag.Diagnostics) tftypes.Value {
	members := maps.Clone(dynamicjson.Attributes(plan))
	members["id"], members["state"] = text("b1"), text("written")
	members["length"] = tftypes.NewValue(tftypes.Number, 1)
	members["index"] = indexOf("Z")
	result := fastpath.Withhold(ctx, tftypes.NewValue(plan.Type(), members), "text", "index")
	switch {
	case members["title"].Equal(text("revised")):
		members["text"] = text("once more")
		return tftypes.NewValue(plan.Type(), members)
	case members["title"].Equal(text("torn")):
		diags.AddError("Torn", "")
	case members["title"].Equal(text("lost")):
		diags.AddError("Lost", "")
		return tftypes.NewValue(plan.Type(), nil)
	}
	return result
}

// Delete removes a book that is at rest.
func (b book) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	if !b.NoopRead(ctx, dynamicjson.Attributes(fastpath.WholeState(ctx, req.State.Raw))) {
		resp.Diagnostics.AddError("Not printed", "")
	}
}

// Bulky implements fastpath.Bulky.
func (book) Bulky() []string { return []string{"text", "index"} }

func (book) NoopRead(_ context.Context, state map[string]tftypes.Value) bool {
	return state["state"].Equal(text("printed"))
}

func (b book) NoopPlan(ctx context.Context, _, state map[string]tftypes.Value) bool {
	return b.NoopRead(ctx, state)
}

func (book) PassedOn() (string, tftypes.Value) { return "text", text("x") }

func (book) ValidPassedOn(_ context.Context, config map[string]tftypes.Value) bool {
	return !wrong(config)
}

func (book) PlanPassedOn(_ context.Context, plan map[string]tftypes.Value) bool {
	words, ok := textOf(plan)
	plan["length"] = tftypes.NewValue(tftypes.Number, int64(len(words)))
	return ok && !wrong(plan)
}

func text(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

func textOf(members map[string]tftypes.Value) (words string, ok bool) {
	v := members["text"]
	return words, v.IsKnown() && !v.IsNull() && v.As(&words) == nil
}

func wrong(members map[string]tftypes.Value) bool {
	words, ok := textOf(members)
	return ok && words == "wrong"
}

var indexType = tftypes.Map{ElementType: tftypes.String}

// indexOf returns an index with one entry.
func indexOf(word string) tftypes.Value {
	return tftypes.NewValue(indexType, map[string]tftypes.Value{word: text("1")})
}

var bookType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{
	"text": tftypes.DynamicPseudoType, "index": indexType, "title": tftypes.String, "cover": tftypes.String,
	"id": tftypes.String, "length": tftypes.Number, "state": tftypes.String,
}}

// encoded returns a book with some attributes; nil stands for no book.
func encoded(t *testing.T, with map[string]tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()
	value := tftypes.NewValue(bookType, nil)
	if with != nil {
		all := make(map[string]tftypes.Value)
		for name, typ := range bookType.AttributeTypes {
			all[name] = tftypes.NewValue(typ, nil)
		}
		for name, v := range with {
			all[name] = v
		}
		value = tftypes.NewValue(bookType, all)
	}
	wire, err := tfprotov6.NewDynamicValue(bookType, value)
	if err != nil {
		t.Fatal(err)
	}
	return &wire
}

func decoded(t *testing.T, wire *tfprotov6.DynamicValue) tftypes.Value {
	t.Helper()
	value, err := wire.Unmarshal(bookType)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func start(t *testing.T) (*fastpath.Server, *framework) {
	t.Helper()
	inner, ok := providerserver.NewProtocol6(library{})().(fastpath.Protocol)
	if !ok {
		t.Fatal("the framework's server lacks actions or lists")
	}
	f := &framework{Protocol: inner}
	return fastpath.New(f, "library", library{}.Resources(t.Context()), func() any { return nil }), f
}
