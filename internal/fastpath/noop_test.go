package fastpath_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// TestReadNoop: a resource that nothing can change is returned with its identity; the
// framework answers for any other.
func TestReadNoop(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		state string
		asked int
	}{
		"nothing can change it": {"printed", 0},
		"it may change":         {"written", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := start(t)
			state := encoded(t, map[string]tftypes.Value{"id": text("b1"), "state": text(tc.state)})
			resp, err := s.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: bookName, CurrentState: state, Private: []byte("{}")})
			if err != nil || len(resp.Diagnostics) > 0 {
				t.Fatal(err, resp)
			}
			if f.reads != tc.asked {
				t.Errorf("%d requests to the framework, want %d", f.reads, tc.asked)
			}
			if resp.NewIdentity == nil || resp.NewIdentity.IdentityData == nil {
				t.Error("there is no identity")
			}
		})
	}
}

// TestPlanNoop: only a plan that changes nothing is answered without the framework.
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
		"nothing changed":               {map[string]tftypes.Value{"title": text("A"), "cover": text("hard")}, stored, stored, 0},
		"an argument changed":           {map[string]tftypes.Value{"title": text("B"), "cover": text("hard")}, stored, with("title", "B"), 1},
		"an argument was removed":       {map[string]tftypes.Value{"title": text("A")}, stored, stored, 1},
		"a default was always used":     {map[string]tftypes.Value{"title": text("A")}, with("cover", "soft"), with("cover", "soft"), 0},
		"the resource may still change": {map[string]tftypes.Value{"title": text("A"), "cover": text("hard")}, with("state", "written"), with("state", "written"), 1},
		"it is removed":                 {nil, stored, nil, 1},
		"there was none, and will be":   {map[string]tftypes.Value{"title": text("A")}, nil, map[string]tftypes.Value{"title": text("A")}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := start(t)
			_, err := s.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
				TypeName: bookName, Config: encoded(t, tc.config), PriorState: encoded(t, tc.prior), ProposedNewState: encoded(t, tc.proposed),
			})
			if err != nil {
				t.Fatal(err)
			}
			if f.plans != tc.asked {
				t.Errorf("%d requests to the framework, want %d", f.plans, tc.asked)
			}
		})
	}
}
