package fastpath_test

import (
	"context"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/dynamicplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
)

var (
	unknownText = tftypes.NewValue(tftypes.DynamicPseudoType, tftypes.UnknownValue)
	noText      = tftypes.NewValue(tftypes.DynamicPseudoType, nil)
	partlyKnown = tftypes.NewValue(tftypes.Tuple{ElementTypes: []tftypes.Type{tftypes.String}},
		[]tftypes.Value{tftypes.NewValue(tftypes.String, tftypes.UnknownValue)})
)

// alike compares two responses of the plugin protocol, value by value.
func alike(t *testing.T, got, want any) {
	t.Helper()
	a, b := reflect.ValueOf(got).Elem(), reflect.ValueOf(want).Elem()
	for i := range a.NumField() {
		left, right := a.Field(i).Interface(), b.Field(i).Interface()
		wire, isValue := left.(*tfprotov6.DynamicValue)
		other, _ := right.(*tfprotov6.DynamicValue)
		if isValue && wire != nil && other != nil {
			if decoded(t, wire).Equal(decoded(t, other)) {
				continue
			}
			left, right = decoded(t, wire), decoded(t, other)
		} else if reflect.DeepEqual(left, right) {
			continue
		}
		t.Errorf("%s: got\n%v\nwant\n%v", a.Type().Field(i).Name, left, right)
	}
}

func attributesOf(t *testing.T, wire *tfprotov6.DynamicValue) map[string]tftypes.Value {
	t.Helper()
	return dynamicjson.Attributes(decoded(t, wire))
}

// stored returns the state of a book after its creation, with some attributes changed.
func stored(change map[string]tftypes.Value) map[string]tftypes.Value {
	all := map[string]tftypes.Value{
		"id": text("b1"), "state": text("written"), "text": text("before"), "index": indexOf("A"), "title": text("A"), "cover": text("soft"),
		"length": tftypes.NewValue(tftypes.Number, 6),
	}
	maps.Copy(all, change)
	return all
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text  tftypes.Value
		wrong int
	}{
		"valid": {text("once"), 0}, "wrong": {text("wrong"), 1}, "forbidden": {text("forbidden"), 1},
		"missing": {noText, 0}, "unknown": {unknownText, 0}, "unknown in part": {partlyKnown, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := start(t)
			req := &tfprotov6.ValidateResourceConfigRequest{TypeName: bookName, Config: encoded(t, map[string]tftypes.Value{"text": tc.text})}
			got, err := s.ValidateResourceConfig(t.Context(), req)
			if err != nil || len(got.Diagnostics) != tc.wrong {
				t.Fatal(err, got.Diagnostics)
			}
			if f.hasSeen(t) {
				t.Error("the framework has seen the text")
			}
			want, err := f.Protocol.ValidateResourceConfig(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			alike(t, got, want)
		})
	}
}

// TestPlan: the plan equals that of the framework alone, and the framework does not see
// the text.
func TestPlan(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		prior       map[string]tftypes.Value
		text        tftypes.Value
		title       string
		diagnostics int
	}{
		"creation":                     {nil, text("once"), "A", 0},
		"creation without a text":      {nil, noText, "A", 0},
		"creation with unknown text":   {nil, unknownText, "A", 0},
		"creation with some text":      {nil, partlyKnown, "A", 0},
		"creation of a wrong text":     {nil, text("wrong"), "A", 1},
		"creation left alone":          {nil, text("once"), "untouched", 0},
		"no change":                    {stored(nil), text("before"), "A", 0},
		"another text":                 {stored(nil), text("after"), "A", 0},
		"another title":                {stored(nil), text("before"), "B", 0},
		"both":                         {stored(nil), text("after"), "B", 0},
		"another type":                 {stored(nil), tftypes.NewValue(tftypes.Number, 1), "A", 0},
		"unknown text":                 {stored(nil), unknownText, "A", 0},
		"text unknown in part":         {stored(nil), partlyKnown, "A", 0},
		"no text":                      {stored(nil), noText, "A", 0},
		"first text":                   {stored(map[string]tftypes.Value{"text": noText}), text("after"), "A", 0},
		"no text as before":            {stored(map[string]tftypes.Value{"text": noText}), noText, "A", 0},
		"no index":                     {stored(map[string]tftypes.Value{"index": tftypes.NewValue(indexType, nil)}), text("before"), "B", 0},
		"wrong text":                   {stored(nil), text("wrong"), "A", 1},
		"a text like a placeholder":    {stored(map[string]tftypes.Value{"text": text("detached")}), text("detached and changed"), "A", 0},
		"a text like the placeholders": {stored(map[string]tftypes.Value{"text": text("detached and changed")}), text("detached"), "B", 0},
		"change left alone":            {stored(nil), text("after"), "untouched", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := start(t)
			config := map[string]tftypes.Value{"text": tc.text, "title": text(tc.title)}
			proposed := config
			if tc.prior != nil {
				proposed = stored(tc.prior)
				maps.Copy(proposed, config)
			}
			req := &tfprotov6.PlanResourceChangeRequest{TypeName: bookName, Config: encoded(t, config), PriorState: encoded(t, tc.prior), ProposedNewState: encoded(t, proposed)}
			got, err := s.PlanResourceChange(t.Context(), req)
			if err != nil || len(got.Diagnostics) != tc.diagnostics {
				t.Fatal(err, got.Diagnostics)
			}
			if f.hasSeen(t) {
				t.Error("the framework has seen the text or the index")
			}
			want, err := f.Protocol.PlanResourceChange(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			alike(t, got, want)
		})
	}
}

// TestPlan_notDetached: a plan that placeholders cannot express goes through the
// framework unchanged.
func TestPlan_notDetached(t *testing.T) {
	t.Parallel()
	other := map[string]tftypes.Value{"text": text("after")}
	for name, tc := range map[string]struct{ config, proposed map[string]tftypes.Value }{
		"an argument that is not as configured": {other, stored(nil)},
		"a result that is not as stored":        {other, stored(map[string]tftypes.Value{"text": text("after"), "index": indexOf("B")})},
		"a configured result":                   {map[string]tftypes.Value{"text": text("after"), "index": indexOf("A")}, stored(other)},
		"no configuration":                      {nil, stored(nil)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := start(t)
			req := &tfprotov6.PlanResourceChangeRequest{TypeName: bookName, Config: encoded(t, tc.config), PriorState: encoded(t, stored(nil)), ProposedNewState: encoded(t, tc.proposed)}
			if _, err := s.PlanResourceChange(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			if f.planned != req.ProposedNewState || f.prior != req.PriorState || f.config != req.Config {
				t.Error("the request was changed")
			}
		})
	}
}

// TestApply: the new state equals that of the framework alone, and the framework does
// not see the text.
func TestApply(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		title       string
		prior       map[string]tftypes.Value
		diagnostics int
		text        string // in the response; "" for none
	}{
		"creation":                    {"A", nil, 0, "once"},
		"change":                      {"A", stored(nil), 0, "once"},
		"creation that fails":         {"torn", nil, 1, "once"},
		"change that fails":           {"torn", stored(nil), 1, "once"},
		"creation of nothing":         {"lost", nil, 1, ""},
		"change that leaves nothing":  {"lost", stored(nil), 1, ""},
		"creation of what is kept":    {"kept", nil, 1, ""},
		"change that changes nothing": {"kept", stored(nil), 1, "before"},
		"creation without the text":   {"emptied", nil, 0, ""},
		"change without the text":     {"emptied", stored(nil), 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := start(t)
			config := map[string]tftypes.Value{"text": text("once"), "title": text(tc.title)}
			planned := map[string]tftypes.Value{
				"text": text("once"), "title": text(tc.title), "cover": text("soft"), "id": tftypes.NewValue(tftypes.String, tftypes.UnknownValue),
				"index": tftypes.NewValue(indexType, map[string]tftypes.Value{"once": tftypes.NewValue(tftypes.String, tftypes.UnknownValue)}),
			}
			req := &tfprotov6.ApplyResourceChangeRequest{TypeName: bookName, Config: encoded(t, config), PriorState: encoded(t, tc.prior), PlannedState: encoded(t, planned)}
			got, err := s.ApplyResourceChange(t.Context(), req)
			if err != nil || len(got.Diagnostics) != tc.diagnostics {
				t.Fatal(err, got.Diagnostics)
			}
			if f.hasSeen(t) {
				t.Error("the framework has seen the text or the index")
			}
			want, err := f.Protocol.ApplyResourceChange(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			alike(t, got, want)
			if words, _ := textOf(attributesOf(t, got.NewState)); words != tc.text {
				t.Errorf("the text is %q, want %q", words, tc.text)
			}
		})
	}
}

// TestDelete: a removal is planned with the complete state, and after a failed removal
// the state is complete.
func TestDelete(t *testing.T) {
	t.Parallel()
	for state, diagnostics := range map[string]int{"printed": 0, "written": 1} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			s, f := start(t)
			prior := encoded(t, stored(map[string]tftypes.Value{"state": text(state)}))
			plan, err := s.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{TypeName: bookName, Config: encoded(t, nil), PriorState: prior, ProposedNewState: encoded(t, nil)})
			if err != nil || len(plan.Diagnostics) != 1 || plan.Diagnostics[0].Detail != "before" || !decoded(t, plan.PlannedState).IsNull() {
				t.Fatal(err, plan)
			}
			if f.hasSeen(t) {
				t.Error("the framework has seen the text or the index")
			}
			resp, err := s.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{TypeName: bookName, Config: encoded(t, nil), PriorState: prior, PlannedState: encoded(t, nil)})
			if err != nil || len(resp.Diagnostics) != diagnostics || diagnostics > 0 && resp.Diagnostics[0].Detail != "before" {
				t.Fatal(err, resp.Diagnostics)
			}
			left := decoded(t, resp.NewState)
			if diagnostics == 0 && !left.IsNull() || diagnostics > 0 && !left.Equal(decoded(t, prior)) {
				t.Errorf("%s is left", left)
			}
		})
	}
}

// TestRead: the state equals that of the framework alone.
func TestRead(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{"A": "before", "read": "before, read"} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			s, f := start(t)
			req := &tfprotov6.ReadResourceRequest{TypeName: bookName, CurrentState: encoded(t, stored(map[string]tftypes.Value{"title": text(title)}))}
			got, err := s.ReadResource(t.Context(), req)
			if err != nil || len(got.Diagnostics) > 0 {
				t.Fatal(err, got)
			}
			if f.hasSeen(t) {
				t.Error("the framework has seen the text or the index")
			}
			alone, err := f.Protocol.ReadResource(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			alike(t, got, alone)
			if words, _ := textOf(attributesOf(t, got.NewState)); words != want {
				t.Errorf("the text is %q, want %q", words, want)
			}
		})
	}
}

// TestApply_undecodable: a response that cannot be decoded is an error, and the prior
// state is kept.
func TestApply_undecodable(t *testing.T) {
	t.Parallel()
	s, f := start(t)
	f.garbled = true
	prior := encoded(t, stored(nil))
	planned := map[string]tftypes.Value{"text": text("once"), "cover": text("soft"), "id": text("b1")}
	resp, err := s.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: bookName, Config: encoded(t, map[string]tftypes.Value{"text": text("once")}), PriorState: prior, PlannedState: encoded(t, planned),
	})
	if err != nil || len(resp.Diagnostics) != 1 || resp.Diagnostics[0].Summary != "Unable to store the result" {
		t.Fatal(err, resp)
	}
	if left := decoded(t, resp.NewState); !left.Equal(decoded(t, prior)) {
		t.Errorf("%s is left", left)
	}
}

// TestDetach_size: nothing is detached from small requests and responses.
func TestDetach_size(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		threshold int
		text      string
		seen      bool
	}{
		"all small":     {1 << 12, "once", true},
		"large request": {1 << 12, strings.Repeat("x", 1<<12), false},
		"no size":       {0, "once", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := startWith(t, tc.threshold)
			req := &tfprotov6.ApplyResourceChangeRequest{
				TypeName: bookName, Config: encoded(t, map[string]tftypes.Value{"text": text(tc.text)}),
				PriorState: encoded(t, nil), PlannedState: encoded(t, map[string]tftypes.Value{"text": text(tc.text), "cover": text("soft")}),
			}
			resp, err := s.ApplyResourceChange(t.Context(), req)
			if err != nil || len(resp.Diagnostics) > 0 {
				t.Fatal(err, resp.Diagnostics)
			}
			if f.hasSeen(t) != tc.seen {
				t.Errorf("the framework has seen it: %t", !tc.seen)
			}
			if words, _ := textOf(attributesOf(t, resp.NewState)); words != tc.text {
				t.Errorf("the text is %q", words)
			}
		})
	}
}

// TestDetach_largeResponse: attributes are detached from a large response to a small
// request, too.
func TestDetach_largeResponse(t *testing.T) {
	t.Parallel()
	const threshold = 1 << 10
	s, f := startWith(t, threshold)
	words := strings.Repeat("x", threshold/2)
	read := func() map[string]tftypes.Value {
		resp, err := s.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
			TypeName: bookName, CurrentState: encoded(t, map[string]tftypes.Value{"text": text(words), "title": text("read")}),
		})
		if err != nil || len(resp.Diagnostics) > 0 {
			t.Fatal(err, resp)
		}
		return attributesOf(t, resp.NewState)
	}
	inAnswer := func() bool {
		_, ok := textOf(attributesOf(t, f.answer))
		return ok
	}
	if got, _ := textOf(read()); got != words+", read" || !inAnswer() {
		t.Errorf("small: got %q, and the framework has seen it: %t", got, inAnswer())
	}
	words = strings.Repeat("x", threshold-60) // the response is a few bytes longer
	if got, _ := textOf(read()); got != words+", read" || inAnswer() {
		t.Errorf("large: got %q, and the framework has seen it: %t", got, inAnswer())
	}
}

// TestImport: the adapter forwards methods that have nothing to detach.
func TestImport(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	resp, err := s.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: bookName, ID: "b1"})
	if err != nil || len(resp.Diagnostics) > 0 || len(resp.ImportedResources) != 1 {
		t.Fatal(err, resp)
	}
	if id := attributesOf(t, resp.ImportedResources[0].State)["id"]; !id.Equal(text("b1")) {
		t.Errorf("imported %s", id)
	}
}

// pamphlet is a book with other attributes.
type pamphlet struct {
	book
	attributes map[string]schema.Attribute
}

func (p pamphlet) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: p.attributes}
}

// edition is a book with a state upgrader.
type edition struct{ book }

func (edition) UpgradeState(context.Context) map[int64]resource.StateUpgrader { return nil }

// TestDetach_notAllowed: an attribute that the framework inspects cannot be detached.
func TestDetach_notAllowed(t *testing.T) {
	t.Parallel()
	of := func(a schema.Attribute) resource.Resource {
		return pamphlet{attributes: map[string]schema.Attribute{"text": a}}
	}
	nested := func(a schema.Attribute) resource.Resource {
		return of(schema.MapNestedAttribute{Computed: true, NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{"x": a}}})
	}
	for name, tc := range map[string]struct {
		of   resource.Resource
		want string
	}{
		"missing":                 {pamphlet{}, "not in the schema"},
		"typed argument":          {of(schema.StringAttribute{Optional: true}), "neither"},
		"argument and result":     {of(schema.DynamicAttribute{Optional: true, Computed: true}), "neither"},
		"plan modifier":           {of(schema.DynamicAttribute{Optional: true, PlanModifiers: []planmodifier.Dynamic{dynamicplanmodifier.RequiresReplace()}}), "PlanModifiers"},
		"default":                 {of(schema.MapAttribute{Computed: true, ElementType: types.StringType, Default: mapdefault.StaticValue(types.MapNull(types.StringType))}), "Default"},
		"write-only":              {of(schema.DynamicAttribute{Optional: true, WriteOnly: true}), "WriteOnly"},
		"nested plan modifier":    {nested(schema.StringAttribute{Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()}}), "PlanModifiers"},
		"deep plan modifier":      {nested(schema.SingleNestedAttribute{Computed: true, Attributes: map[string]schema.Attribute{"y": schema.StringAttribute{Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()}}}}), "PlanModifiers"},
		"a state to be upgraded":  {edition{}, "upgrade"},
		"argument that is fine":   {of(schema.DynamicAttribute{Required: true}), ""},
		"result that is fine":     {nested(schema.StringAttribute{Computed: true}), ""},
		"result of any type":      {of(schema.DynamicAttribute{Computed: true}), ""},
		"result of a simple type": {of(schema.StringAttribute{Computed: true}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := library{[]func() resource.Resource{fastpath.Detach(func() resource.Resource { return tc.of }, "text")}}
			inner, _ := providerserver.NewProtocol6(l)().(fastpath.Protocol)
			_, err := fastpath.New(inner, "library", l.resources, func() any { return nil }, 0)
			if (err != nil) != (tc.want != "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}
