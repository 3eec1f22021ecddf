package fastpath_test

import (
	"maps"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

// TestPlanChange: what is planned is what the framework plans, which sees the
// text only when it is removed.
func TestPlanChange(t *testing.T) {
	t.Parallel()
	unknown := tftypes.NewValue(tftypes.DynamicPseudoType, tftypes.UnknownValue)
	none := tftypes.NewValue(tftypes.DynamicPseudoType, nil)
	for name, tc := range map[string]struct {
		text  tftypes.Value
		title string
		said  int
	}{
		"another text":  {text("after"), "A", 0},
		"another title": {text("before"), "B", 0},
		"both":          {text("after"), "B", 0},
		"unknown text":  {unknown, "A", 0},
		"no text":       {none, "A", 0},
		"wrong text":    {text("wrong"), "A", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := start(t)
			stored := map[string]tftypes.Value{"id": text("b1"), "state": text("printed"), "text": text("before"), "index": indexOf("A"), "title": text("A"), "cover": text("soft")}
			config := map[string]tftypes.Value{"text": tc.text, "title": text(tc.title)}
			proposed := maps.Clone(stored)
			maps.Copy(proposed, config)
			req := tfprotov6.PlanResourceChangeRequest{TypeName: "library_book", Config: encoded(t, config), PriorState: encoded(t, stored), ProposedNewState: encoded(t, proposed)}
			got, err := s.PlanResourceChange(t.Context(), &req)
			if err != nil {
				t.Fatal(err)
			}
			seen := dynamicjson.Attributes(decoded(t, f.proposed))
			want, err := f.Protocol.PlanResourceChange(t.Context(), &req)
			if err != nil {
				t.Fatal(err)
			}
			if planned := decoded(t, got.PlannedState); !planned.Equal(decoded(t, want.PlannedState)) {
				t.Errorf("planned %s, want %s", planned, decoded(t, want.PlannedState))
			}
			if !reflect.DeepEqual(got.RequiresReplace, want.RequiresReplace) || len(got.Diagnostics) != tc.said || len(want.Diagnostics) != tc.said {
				t.Errorf("replace %v, want %v; said %v, want %v", got.RequiresReplace, want.RequiresReplace, got.Diagnostics, want.Diagnostics)
			}
			if around := seen["index"].IsNull() && !seen["text"].Equal(tc.text); around == tc.text.IsNull() {
				t.Errorf("the framework has seen %v and %v", seen["text"], seen["index"])
			}
		})
	}
}

// TestDelete: a removal is planned with all of what is stored, and what could not
// be removed stays whole.
func TestDelete(t *testing.T) {
	t.Parallel()
	for state, said := range map[string]int{"printed": 0, "written": 1} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			s, f := start(t)
			stored := encoded(t, map[string]tftypes.Value{"id": text("b1"), "state": text(state), "text": text("before"), "index": indexOf("A")})
			plan, err := s.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{TypeName: "library_book", Config: encoded(t, nil), PriorState: stored, ProposedNewState: encoded(t, nil)})
			if err != nil || len(plan.Diagnostics) != 1 || plan.Diagnostics[0].Detail != "before" || !decoded(t, plan.PlannedState).IsNull() {
				t.Fatal(err, plan)
			}
			if seen := dynamicjson.Attributes(decoded(t, f.prior)); !seen["text"].IsNull() || !seen["index"].IsNull() {
				t.Errorf("the framework has seen %v", seen)
			}
			resp, err := s.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{TypeName: "library_book", Config: encoded(t, nil), PriorState: stored, PlannedState: encoded(t, nil)})
			if err != nil || len(resp.Diagnostics) != said {
				t.Fatal(err, resp)
			}
			left := decoded(t, resp.NewState)
			if said == 0 && !left.IsNull() || said > 0 && !left.Equal(decoded(t, stored)) {
				t.Errorf("%s is left", left)
			}
		})
	}
}

// TestApply: what is withheld is in the answer, which is what it is without a
// fastpath, and the framework has not seen it.
func TestApply(t *testing.T) {
	t.Parallel()
	stored := map[string]tftypes.Value{"id": text("b1"), "state": text("printed"), "text": text("before"), "cover": text("soft")}
	for name, tc := range map[string]struct {
		title string
		prior map[string]tftypes.Value
		said  int
		text  string // in the answer; "" when there is no book
		seen  bool   // by the framework
	}{
		"creation":                   {"A", nil, 0, "once", false},
		"change":                     {"A", stored, 0, "once", false},
		"creation that fails":        {"torn", nil, 1, "once", false},
		"change that fails":          {"torn", stored, 1, "once", false},
		"said otherwise afterwards":  {"revised", nil, 0, "once more", true},
		"creation of nothing":        {"lost", nil, 1, "", false},
		"change that leaves nothing": {"lost", stored, 1, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := start(t)
			config := map[string]tftypes.Value{"text": text("once"), "title": text(tc.title)}
			planned := map[string]tftypes.Value{"text": text("once"), "title": text(tc.title), "cover": text("soft"), "id": tftypes.NewValue(tftypes.String, tftypes.UnknownValue)}
			req := tfprotov6.ApplyResourceChangeRequest{TypeName: "library_book", Config: encoded(t, config), PriorState: encoded(t, tc.prior), PlannedState: encoded(t, planned)}
			got, err := s.ApplyResourceChange(t.Context(), &req)
			if err != nil {
				t.Fatal(err)
			}
			seen := decoded(t, f.applied)
			want, err := f.Protocol.ApplyResourceChange(t.Context(), &req)
			if err != nil {
				t.Fatal(err)
			}
			if !decoded(t, got.NewState).Equal(decoded(t, want.NewState)) || len(got.Diagnostics) != tc.said || len(want.Diagnostics) != tc.said {
				t.Errorf("got %s with %v, want %s with %v", decoded(t, got.NewState), got.Diagnostics, decoded(t, want.NewState), want.Diagnostics)
			}
			if words, _ := textOf(dynamicjson.Attributes(decoded(t, got.NewState))); words != tc.text {
				t.Errorf("the text is %q, want %q", words, tc.text)
			}
			if _, ok := textOf(dynamicjson.Attributes(seen)); ok != tc.seen {
				t.Errorf("the framework has seen %s", seen)
			}
		})
	}
}

// TestApplyNotReadable: what cannot be put together again is an error, and leaves
// what was stored.
func TestApplyNotReadable(t *testing.T) {
	t.Parallel()
	s, f := start(t)
	f.garbled = true
	prior := encoded(t, map[string]tftypes.Value{"id": text("b1"), "state": text("printed"), "text": text("before"), "cover": text("soft")})
	planned := map[string]tftypes.Value{"text": text("once"), "cover": text("soft"), "id": text("b1")}
	resp, err := s.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: "library_book", Config: encoded(t, map[string]tftypes.Value{"text": text("once")}), PriorState: prior, PlannedState: encoded(t, planned),
	})
	if err != nil || len(resp.Diagnostics) != 1 || resp.Diagnostics[0].Summary != "Unable to store the result" {
		t.Fatal(err, resp)
	}
	if left := decoded(t, resp.NewState); !left.Equal(decoded(t, prior)) {
		t.Errorf("%s is left", left)
	}
}
