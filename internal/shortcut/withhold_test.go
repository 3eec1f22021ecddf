package shortcut_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/rawvalue"
)

// TestApply: what is withheld is in the answer, which is what it is without a
// shortcut, and the framework has not seen it.
func TestApply(t *testing.T) {
	t.Parallel()
	stored := map[string]tftypes.Value{"id": text("b1"), "state": text("printed"), "text": text("before"), "cover": text("soft")}
	for name, tc := range map[string]struct {
		title       string
		prior       map[string]tftypes.Value
		said        int
		nothingLeft bool
	}{
		"creation":                   {"A", nil, 0, false},
		"change":                     {"A", stored, 0, false},
		"creation that fails":        {"torn", nil, 1, false},
		"change that fails":          {"torn", stored, 1, false},
		"creation of nothing":        {"lost", nil, 1, true},
		"change that leaves nothing": {"lost", stored, 1, true},
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
			if tc.nothingLeft {
				if !seen.IsNull() {
					t.Errorf("the framework has %s, want nothing", seen)
				}
				return
			}
			if words, _ := textOf(rawvalue.Members(decoded(t, got.NewState))); words != "once" {
				t.Errorf("the text is %q", words)
			}
			if !rawvalue.Members(seen)["text"].IsNull() {
				t.Error("the framework has seen the text")
			}
		})
	}
}
