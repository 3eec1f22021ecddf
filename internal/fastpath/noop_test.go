package fastpath_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
)

// TestRead: what is at rest is given back, with its identity; anything else is
// for the framework.
func TestRead(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		state string
		asked int
	}{
		"at rest": {"printed", 0},
		"live":    {"written", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := start(t)
			state := encoded(t, map[string]tftypes.Value{"id": text("b1"), "state": text(tc.state)})
			resp, err := s.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: "library_book", CurrentState: state, Private: []byte("{}")})
			if err != nil || len(resp.Diagnostics) > 0 {
				t.Fatal(err, resp)
			}
			if f.reads != tc.asked {
				t.Errorf("the framework was asked %d times, want %d", f.reads, tc.asked)
			}
			if resp.NewIdentity == nil || resp.NewIdentity.IdentityData == nil {
				t.Error("there is no identity")
			}
		})
	}
}

// TestPlanNoop: only a plan that cannot change anything is answered without
// the framework.
func TestPlanNoop(t *testing.T) {
	t.Parallel()
	stored := map[string]tftypes.Value{"id": text("b1"), "state": text("printed"), "title": text("A"), "cover": text("hard")}
	with := func(name, value string) map[string]tftypes.Value {
		changed := map[string]tftypes.Value{}
		for k, v := range stored {
			changed[k] = v
		}
		changed[name] = text(value)
		return changed
	}
	for name, tc := range map[string]struct {
		config, prior, proposed map[string]tftypes.Value
		asked                   int
	}{
		"nothing changed":                 {map[string]tftypes.Value{"title": text("A"), "cover": text("hard")}, stored, stored, 0},
		"an argument changed":             {map[string]tftypes.Value{"title": text("B"), "cover": text("hard")}, stored, with("title", "B"), 1},
		"one with a default went":         {map[string]tftypes.Value{"title": text("A")}, stored, stored, 1},
		"one with a default was never":    {map[string]tftypes.Value{"title": text("A")}, with("cover", "soft"), with("cover", "soft"), 0},
		"something may still come of it":  {map[string]tftypes.Value{"title": text("A"), "cover": text("hard")}, with("state", "written"), with("state", "written"), 1},
		"it is to go":                     {nil, stored, nil, 1},
		"there is neither one nor to be ": {nil, nil, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := start(t)
			_, err := s.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
				TypeName: "library_book", Config: encoded(t, tc.config), PriorState: encoded(t, tc.prior), ProposedNewState: encoded(t, tc.proposed),
			})
			if err != nil {
				t.Fatal(err)
			}
			if f.plans != tc.asked {
				t.Errorf("the framework was asked %d times, want %d", f.plans, tc.asked)
			}
		})
	}
}

// plan plans a new book and returns its attributes, or what was said about it.
func plan(t *testing.T, s *fastpath.Server, config map[string]tftypes.Value) (map[string]tftypes.Value, []*tfprotov6.Diagnostic) {
	t.Helper()
	wire := encoded(t, config)
	resp, err := s.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: "library_book", Config: wire, PriorState: encoded(t, nil), ProposedNewState: wire,
	})
	if err != nil {
		t.Fatal(err)
	}
	value, err := resp.PlannedState.Unmarshal(bookType)
	if err != nil {
		t.Fatal(err)
	}
	members := map[string]tftypes.Value{}
	if err := value.As(&members); err != nil {
		t.Fatal(err)
	}
	return members, resp.Diagnostics
}

// TestPlanOfMany: of books that differ in their text only, the framework is
// asked once, about none of them.
func TestPlanOfMany(t *testing.T) {
	t.Parallel()
	s, f := start(t)
	for _, words := range []string{"once", "upon", "a time"} {
		planned, diags := plan(t, s, map[string]tftypes.Value{"text": text(words), "title": text("A")})
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		for name, want := range map[string]tftypes.Value{
			"text": text(words), "title": text("A"), "cover": text("soft"),
			"length": tftypes.NewValue(tftypes.Number, int64(len(words))), "id": tftypes.NewValue(tftypes.String, tftypes.UnknownValue),
		} {
			if !planned[name].Equal(want) {
				t.Errorf("%s of %q is %s, want %s", name, words, planned[name], want)
			}
		}
	}
	if f.plans != 1 {
		t.Errorf("the framework was asked %d times, want 1", f.plans)
	}
	plan(t, s, map[string]tftypes.Value{"text": text("once"), "title": text("B")})
	if f.plans != 2 {
		t.Error("the framework was not asked about another title")
	}
	if _, err := s.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{}); err != nil {
		t.Fatal(err)
	}
	plan(t, s, map[string]tftypes.Value{"text": text("once"), "title": text("A")})
	if f.plans != 3 {
		t.Error("what was planned with another configuration of the provider was used again")
	}
}

// TestPlanOfOne: what is not known, not there, or wrong is for the framework.
func TestPlanOfOne(t *testing.T) {
	t.Parallel()
	list := tftypes.Tuple{ElementTypes: []tftypes.Type{tftypes.String}}
	for name, tc := range map[string]struct {
		text tftypes.Value
		said int
	}{
		"unknown":         {tftypes.NewValue(tftypes.DynamicPseudoType, tftypes.UnknownValue), 0},
		"unknown in part": {tftypes.NewValue(list, []tftypes.Value{tftypes.NewValue(tftypes.String, tftypes.UnknownValue)}), 0},
		"missing":         {tftypes.NewValue(tftypes.DynamicPseudoType, nil), 0},
		"wrong":           {text("wrong"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := start(t)
			config := map[string]tftypes.Value{"text": tc.text}
			planned, diags := plan(t, s, config)
			if len(diags) != tc.said || !planned["text"].Equal(tc.text) {
				t.Errorf("got %v and %v", planned["text"], diags)
			}
			if f.plans == 0 {
				t.Error("the framework was not asked")
			}
			asked := f.validations
			resp, err := s.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: "library_book", Config: encoded(t, config)})
			if err != nil || len(resp.Diagnostics) != tc.said || f.validations == asked {
				t.Errorf("validation said %v, %v", resp, err)
			}
		})
	}
}

// TestValidateMany: the framework is asked once about all that is the same.
func TestValidateMany(t *testing.T) {
	t.Parallel()
	s, f := start(t)
	for _, words := range []string{"once", "upon", "wrong", "a time"} {
		resp, err := s.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
			TypeName: "library_book", Config: encoded(t, map[string]tftypes.Value{"text": text(words)}),
		})
		if err != nil || (len(resp.Diagnostics) > 0) != (words == "wrong") {
			t.Errorf("%q: %v, %v", words, resp.Diagnostics, err)
		}
	}
	if f.validations != 2 {
		t.Errorf("the framework was asked %d times, want 2: about all, and about the wrong one", f.validations)
	}
}
