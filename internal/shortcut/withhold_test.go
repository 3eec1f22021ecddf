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
			if words, _ := textOf(rawvalue.Members(decoded(t, got.NewState))); words != tc.text {
				t.Errorf("the text is %q, want %q", words, tc.text)
			}
			if _, ok := textOf(rawvalue.Members(seen)); ok != tc.seen {
				t.Errorf("the framework has seen %s", seen)
			}
		})
	}
}
