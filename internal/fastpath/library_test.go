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

const bookName = "library_book"

// framework counts the requests to the framework and records their values.
type framework struct {
	fastpath.Protocol
	reads, plans, validations int
	config, prior, planned    *tfprotov6.DynamicValue // of the last request
	answer                    *tfprotov6.DynamicValue // of the last response
	garbled                   bool                    // whether its responses cannot be decoded
}

func (f *framework) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	f.config, f.prior, f.planned = req.Config, req.PriorState, req.PlannedState
	resp, err := f.Protocol.ApplyResourceChange(ctx, req)
	f.answer = resp.NewState
	if f.garbled {
		resp.NewState = &tfprotov6.DynamicValue{MsgPack: []byte("?")}
	}
	return resp, err
}

func (f *framework) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	f.reads++
	f.config, f.prior, f.planned = nil, req.CurrentState, nil
	resp, err := f.Protocol.ReadResource(ctx, req)
	f.answer = resp.NewState
	return resp, err
}

func (f *framework) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	f.plans++
	f.config, f.prior, f.planned = req.Config, req.PriorState, req.ProposedNewState
	resp, err := f.Protocol.PlanResourceChange(ctx, req)
	f.answer = resp.PlannedState
	return resp, err
}

func (f *framework) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	f.validations++
	f.config, f.prior, f.planned, f.answer = req.Config, nil, nil, nil
	return f.Protocol.ValidateResourceConfig(ctx, req)
}

// hasSeen reports whether a text or an index was in a request to the framework or in
// its response.
func (f *framework) hasSeen(t *testing.T) bool {
	t.Helper()
	for _, wire := range []*tfprotov6.DynamicValue{f.config, f.prior, f.planned, f.answer} {
		if wire == nil {
			continue
		}
		members := dynamicjson.Attributes(decoded(t, wire))
		if words, ok := textOf(members); ok && words != "detached" && words != "detached and changed" {
			return true
		}
		if index := members["index"]; index.IsKnown() && !index.IsNull() {
			return true
		}
	}
	return false
}

type library struct {
	resources []func() resource.Resource
}

func (library) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "library"
}
func (library) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse)          {}
func (library) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}
func (library) DataSources(context.Context) []func() datasource.DataSource                        { return nil }
func (l library) Resources(context.Context) []func() resource.Resource                            { return l.resources }

// book is a resource with a text and an index, which may be large. It rejects the text
// "wrong", behaves as its title says, and cannot be changed once it is printed.
type book struct{}

var _ fastpath.Noop = book{}

func (book) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = bookName
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

func (book) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root("id"), req, resp)
}

// ConfigValidators rejects the text "forbidden".
func (book) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{forbidden{}}
}

type forbidden struct{}

func (forbidden) Description(context.Context) string         { return "" }
func (forbidden) MarkdownDescription(context.Context) string { return "" }
func (forbidden) ValidateResource(_ context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	if words, _ := textOf(dynamicjson.Attributes(req.Config.Raw)); words == "forbidden" {
		resp.Diagnostics.AddAttributeError(path.Root("text"), "Forbidden text", "")
	}
}

func (book) ValidateConfig(_ context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	if words, _ := textOf(dynamicjson.Attributes(req.Config.Raw)); words == "wrong" {
		resp.Diagnostics.AddAttributeError(path.Root("text"), "Wrong text", "")
	}
}

// ModifyPlan plans the length and the index of the text, keeps the index if the text is
// unchanged, and warns when a text is removed.
func (book) ModifyPlan(_ context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	state, plan := dynamicjson.Attributes(req.State.Raw), maps.Clone(dynamicjson.Attributes(req.Plan.Raw))
	if plan == nil {
		words, _ := textOf(state)
		resp.Diagnostics.AddWarning("Removes a book", words)
		return
	}
	words, known := textOf(plan)
	switch {
	case words == "wrong":
		resp.Diagnostics.AddAttributeError(path.Root("text"), "Wrong text", "")
		return
	case plan["title"].Equal(text("untouched")):
		return
	case state != nil && state["text"].Equal(plan["text"]):
		plan["index"] = state["index"]
	case known:
		plan["length"] = tftypes.NewValue(tftypes.Number, int64(len(words)))
		plan["index"] = tftypes.NewValue(indexType, map[string]tftypes.Value{words: tftypes.NewValue(tftypes.String, tftypes.UnknownValue)})
	}
	resp.Plan.Raw = tftypes.NewValue(req.Plan.Raw.Type(), plan)
}

func (b book) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root("id"), "b1")...)
	b.write(req.Config.Raw, req.Plan.Raw, &resp.State.Raw, &resp.Diagnostics)
}

func (book) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root("id"), "b1")...)
	members := maps.Clone(dynamicjson.Attributes(req.State.Raw))
	if words, ok := textOf(members); ok && members["title"].Equal(text("read")) {
		members["text"], members["index"] = text(words+", read"), indexOf("read")
		resp.State.Raw = tftypes.NewValue(req.State.Raw.Type(), members)
	}
}

func (b book) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.Diagnostics.Append(resp.Identity.SetAttribute(ctx, path.Root("id"), "b1")...)
	if words, ok := textOf(dynamicjson.Attributes(req.State.Raw)); ok && words != "before" {
		resp.Diagnostics.AddError("Another book", words)
		return
	}
	b.write(req.Config.Raw, req.Plan.Raw, &resp.State.Raw, &resp.Diagnostics)
}

// write stores the book. A torn book is stored with an error, a lost one leaves no
// state, and a kept one leaves the prior state.
func (book) write(config, plan tftypes.Value, state *tftypes.Value, diags *diag.Diagnostics) {
	members := maps.Clone(dynamicjson.Attributes(plan))
	if !members["text"].Equal(dynamicjson.Attributes(config)["text"]) {
		diags.AddError("The text is not what is configured", members["text"].String())
	}
	members["id"], members["state"] = text("b1"), text("written")
	members["length"], members["index"] = tftypes.NewValue(tftypes.Number, 1), indexOf("Z")
	switch {
	case members["title"].Equal(text("lost")):
		diags.AddError("Lost", "")
		*state = tftypes.NewValue(plan.Type(), nil)
		return
	case members["title"].Equal(text("kept")):
		diags.AddError("Kept", "")
		return
	case members["title"].Equal(text("torn")):
		diags.AddError("Torn", "")
	case members["title"].Equal(text("emptied")):
		members["text"] = tftypes.NewValue(tftypes.DynamicPseudoType, nil)
	}
	*state = tftypes.NewValue(plan.Type(), members)
}

// Delete fails, with the text in the error, for a book that is not printed.
func (b book) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	if state := dynamicjson.Attributes(req.State.Raw); !b.NoopRead(ctx, state) {
		words, _ := textOf(state)
		resp.Diagnostics.AddError("Not printed", words)
	}
}

func (book) NoopRead(_ context.Context, state map[string]tftypes.Value) bool {
	return state["state"].Equal(text("printed"))
}

func (b book) NoopPlan(ctx context.Context, _, state map[string]tftypes.Value) bool {
	return b.NoopRead(ctx, state)
}

func text(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

func textOf(members map[string]tftypes.Value) (words string, ok bool) {
	v := members["text"]
	return words, v.IsKnown() && !v.IsNull() && v.As(&words) == nil
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

// encoded returns an encoded book with some attributes; null if with is nil.
func encoded(t *testing.T, with map[string]tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()
	value := tftypes.NewValue(bookType, nil)
	if with != nil {
		all := make(map[string]tftypes.Value)
		for name, typ := range bookType.AttributeTypes {
			all[name] = tftypes.NewValue(typ, nil)
		}
		maps.Copy(all, with)
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

// start returns a server with detached books, and the framework that it wraps.
func start(t *testing.T) (*fastpath.Server, *framework) {
	t.Helper()
	return startWith(t, 0)
}

func startWith(t *testing.T, threshold int) (*fastpath.Server, *framework) {
	t.Helper()
	l := library{[]func() resource.Resource{fastpath.Detach(func() resource.Resource { return book{} }, "text", "index")}}
	inner, ok := providerserver.NewProtocol6(l)().(fastpath.Protocol)
	if !ok {
		t.Fatal("the framework's server lacks actions or lists")
	}
	f := &framework{Protocol: inner}
	s, err := fastpath.New(f, "library", l.resources, func() any { return nil }, threshold)
	if err != nil {
		t.Fatal(err)
	}
	return s, f
}
